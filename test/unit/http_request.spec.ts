import { at, Client, Flag, initClients, Phase } from "../../assembly/apps/http_client";
import { expectRequest, take } from "../../assembly/apps/http_request";
import { writeResponse } from "../../assembly/apps/http_response";
import { openSpan, spanAt } from "../../assembly/apps/http_writer";
import { octets, size } from "../../assembly/lib/text";
import { start } from "../../assembly/stack";
import { Dice, HELD } from "./support/dice";

const ROOM: u32 = 8192;
const input = memory.data(ROOM, 8);
const whole = memory.data(ROOM, 8);
const pieces = memory.data(ROOM, 8);
const before = memory.data(256, 8);
/** A client's record begins with its links to others. */
const LINKS: usize = 4;

const UPLOAD: usize = text(
  "PUT /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n3;a=b\r\nabc\r\n0a\r\n0123456789\r\n0\r\nA: b\r\n\r\n",
);
const BYTES: usize = text("GET http://board/bytes/700?q HTTP/1.1\nhost:x\nConnection: Close\n\n");
const PAGE: usize = text("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
const STATS: usize = text("GET /stats.json HTTP/1.1\r\nHost: x\r\n\r\n");
const BAD: usize = text("GET / HTTP/1.1\r\nHost : x\r\n\r\n");

function fresh(): Client {
  start(1, 2, 3, 4);
  initClients();
  const client = at(0);
  expectRequest(client);
  return client;
}

/** Send a request in pieces of at most `most` octets, answer it in spans of at most `most`; octets of the answer. */
function converse(request: usize, most: u32, dice: Dice, answer: usize): u32 {
  const client = fresh();
  let read: u32 = 0;
  let out = answer;
  while (client.phase != Phase.Done) {
    if (client.phase < Phase.Continue) {
      if (read == size(request)) return 0;
      read += take(client, octets(request) + read, min(size(request) - read, 1 + dice.below(most)));
      continue;
    }
    const room = 1 + dice.below(most);
    openSpan(out, room);
    writeResponse(client);
    if (spanAt() > out + room) return 0;
    out = spanAt();
  }
  return <u32>(out - answer);
}

/** However a request is cut and however little room there is for the answer, the answer is the same. */
function sameInPieces(request: usize, seed: u32): i32 {
  const dice = new Dice(seed);
  const length = converse(request, ROOM, dice, whole);
  if (length == 0) return 0;
  for (let most: u32 = 1; most < 300; most += 1 + dice.below(20)) {
    memory.fill(pieces, 0, ROOM);
    if (converse(request, most, dice, pieces) != length) return most;
    if (memory.compare(whole, pieces, length) != 0) return most;
  }
  return HELD;
}

/** Octets likely to mean something to the parser. */
const SPICE: usize = text("GET PUT / HTTP/1.1 \r\n\r\n:;,0123456789abcdefContent-Length: Transfer-Encoding: chunked /upload ");

/** A valid beginning, then anything: the parser uses what it is given and no more, and touches no other client. */
function survives(seed: u32): i32 {
  const dice = new Dice(seed);
  const client = fresh();
  const other = changetype<usize>(at(1)) + LINKS;
  const guarded = other - LINKS - changetype<usize>(client) - LINKS;
  memory.copy(before, other, guarded);
  for (let step = 0; step < 400; step++) {
    if (client.phase >= Phase.Continue) expectRequest(client);
    const length = dice.below(64);
    for (let i: u32 = 0; i < length; i++) {
      const octet = dice.below(8) == 0 ? <u8>dice.next() : load<u8>(octets(SPICE) + dice.below(size(SPICE)));
      store<u8>(input + i, octet);
    }
    if (dice.below(3) == 0 && client.phase == Phase.Start) take(client, octets(UPLOAD), dice.below(size(UPLOAD)));
    const used = client.phase < Phase.Continue ? take(client, input, length) : 0;
    if (used > length) return step;
    if (client.phase < Phase.Continue && used < length && client.phase != Phase.Start) return step;
    if (client.phase < Phase.Body && client.headOctets > 4096) return step;
    if (memory.compare(before, other, guarded) != 0) return step;
  }
  return HELD;
}

describe("a request", () => {
  it("is read the same however it is cut, and answered the same however little room there is", () => {
    for (let seed: u32 = 1; seed <= 5; seed++) {
      expect(sameInPieces(UPLOAD, seed)).toBe(HELD, "upload, seed " + seed.toString());
      expect(sameInPieces(BYTES, seed)).toBe(HELD, "bytes, seed " + seed.toString());
      expect(sameInPieces(PAGE, seed)).toBe(HELD, "page, seed " + seed.toString());
      expect(sameInPieces(STATS, seed)).toBe(HELD, "stats, seed " + seed.toString());
      expect(sameInPieces(BAD, seed)).toBe(HELD, "refusal, seed " + seed.toString());
    }
  });

  it("of any octets at all does no harm", () => {
    for (let seed: u32 = 1; seed <= 100; seed++) expect(survives(seed)).toBe(HELD, "seed " + seed.toString());
  });

  it("leaves what follows it for later", () => {
    const client = fresh();
    memory.copy(input, octets(PAGE), size(PAGE));
    memory.copy(input + size(PAGE), octets(PAGE), size(PAGE));
    expect(take(client, input, 2 * size(PAGE))).toBe(size(PAGE));
    expect(client.status).toBe(200);
    expect(client.has(Flag.Close)).toBe(false);
  });

  it("in chunks may be 2^32-1 octets long and not one more", () => {
    const client = fresh();
    take(client, octets(UPLOAD), size(UPLOAD) - 44);
    client.phase = Phase.ChunkSize;
    client.position = 0;
    client.length = 0;
    client.count = 0xfffffff0;
    const fits = text("f\r\n");
    take(client, octets(fits), size(fits));
    expect(client.phase).toBe(Phase.ChunkData);
    client.phase = Phase.ChunkSize;
    client.position = 0;
    client.length = 0;
    const tooMuch = text("10\r\n");
    take(client, octets(tooMuch), size(tooMuch));
    expect(client.status).toBe(413);
  });
});
