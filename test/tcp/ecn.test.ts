import { describe, expect, test } from "vitest";
import { CaState, Level, TcpInfoRecord, TcpOption } from "../../host/node/abi";
import { Flag, pattern, text } from "../support/packet";
import type { Flow, Heard } from "../support/flow";
import { connecting, passive, PORT, type Connection } from "../support/states";
import { world, type World, type WorldOptions } from "../support/world";

/** RFC 3168. "E" is ECE, "C" is CWR; a packet is CE when its type of service ends in 3. */

const MSS = 1460;
const CE = { tos: 3 };
const NOT_ECT = 0;
const ECT0 = 2;

const letters = ({ flags }: Heard): string => (flags & Flag.E ? "E" : "") + (flags & Flag.C ? "C" : "");
const count = (made: Connection, name: string): number => made.board.counters()[name];
const cwnd = ({ board, fd }: Connection): number => board.row(fd)!.cwnd / MSS;

/** A field of TCP_INFO, as a word. */
function info({ board, fd }: Connection, field: keyof typeof TcpInfoRecord): number {
  const at = board.calls.scratch();
  board.calls.getsockopt(fd, Level.IPPROTO_TCP, TcpOption.TCP_INFO, at, TcpInfoRecord.size);
  return new DataView(board.board.memory.buffer).getUint32(at + TcpInfoRecord[field], true);
}

/** A world whose board accepts ECN, and asks for it unless told otherwise. */
function marked(more: WorldOptions = {}): Promise<World> {
  return world({ profile: "host", settings: { Ecn: 1 }, ...more });
}

/** The peer opened a connection and asked; both agreed. */
async function accepted(more: WorldOptions = {}): Promise<Connection> {
  const w = await marked(more);
  return greeted(w, "SEC", "SAE");
}

function greeted(w: World, asks: string, answer: string): Connection {
  const listener = w.board.listen(PORT);
  const peer = w.peer();
  const flow = peer.flow({ to: PORT, win: 65535 });
  flow.send({ flags: asks, mss: MSS, wscale: 7 });
  expect(flow.expect({ flags: answer }).ecn).toBe(NOT_ECT);
  flow.send({ flags: "A" });
  const fd = w.accepted(w.board, listener);
  const state = () => w.board.stateOf(flow.port);
  return { world: w, board: w.board, peer, flow, fd, listener, state };
}

/** The board has sent `octets`, which have arrived. */
function written(made: Connection, octets: number): Heard[] {
  made.board.send(made.fd, pattern(octets));
  made.world.run(5);
  return all(made.flow);
}

function all(flow: Flow): Heard[] {
  const heard: Heard[] = [];
  while (flow.inbox.length) heard.push(flow.expect({}));
  return heard;
}

describe("the handshake (3168-1, 3168-2)", () => {
  test("a SYN asks with ECE and CWR, the SYN-ACK answers with ECE, neither is ECT; data then is", async () => {
    const w = await marked();
    const made = connecting(w);
    expect(made.flow.expect({ flags: "SEC" }).ecn).toBe(NOT_ECT);
    made.flow.send({ flags: "SAE", mss: MSS });
    expect(made.flow.expect({ flags: "A" }).ecn).toBe(NOT_ECT);
    expect(written(made, 100).map(({ ecn }) => ecn)).toEqual([ECT0]);
  });

  test.each([
    ["asks", "SEC", "SAE", ECT0],
    ["does not ask", "S", "SA", NOT_ECT],
    ["sets ECE alone", "SE", "SA", NOT_ECT],
    ["sets CWR alone", "SC", "SA", NOT_ECT],
  ])("a peer that %s", async (_, asks, answer, codepoint) => {
    const made = greeted(await marked({ settings: { Ecn: 2 } }), asks, answer);
    expect(written(made, 100).map(({ ecn }) => ecn)).toEqual([codepoint]);
  });

  test.each([
    ["SA", NOT_ECT],
    ["SAE", ECT0],
    ["SAC", NOT_ECT],
    ["SAEC", NOT_ECT],
  ])("our SYN asked and the answer is %s", async (answer, codepoint) => {
    const w = await marked();
    const made = connecting(w);
    made.flow.expect({ flags: "SEC" });
    made.flow.send({ flags: answer, mss: MSS });
    made.flow.expect({ flags: "A" });
    expect(written(made, 100).map(({ ecn }) => ecn)).toEqual([codepoint]);
  });

  test("who accepts only does not ask, and believes no answer to a question it did not put", async () => {
    const w = await marked({ settings: { Ecn: 2 } });
    const made = connecting(w);
    made.flow.expect({ flags: "S" });
    made.flow.send({ flags: "SAE", mss: MSS });
    made.flow.expect({ flags: "A" });
    expect(written(made, 100).map(({ ecn }) => ecn)).toEqual([NOT_ECT]);
  });

  test.each([
    ["the setting is 0", { settings: { Ecn: 0 } }],
    ["it was left out of the module", { profile: "tiny" as const, settings: {} }],
  ])("nothing of it when %s", async (_, more) => {
    const w = await marked(more);
    const made = greeted(w, "SEC", "SA");
    expect(written(made, 100).map(({ ecn }) => ecn)).toEqual([NOT_ECT]);
    made.flow.send({ flags: "PA", data: text("marked"), ack: 101 }, CE);
    made.flow.expect({ flags: "A", ack: 7 });
  });

  test("3168-3: a SYN that is repeated asks no more, and an answer to the first is no agreement", async () => {
    const w = await marked();
    const made = connecting(w);
    made.flow.expect({ flags: "SEC" });
    made.flow.expect({ flags: "S" }, 1500);
    made.flow.send({ flags: "SAE", mss: MSS });
    made.flow.expect({ flags: "A" });
    expect(written(made, 100).map(({ ecn }) => ecn)).toEqual([NOT_ECT]);
  });

  test("a SYN that comes again without asking is answered so", async () => {
    const w = await marked();
    w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT });
    flow.send({ flags: "SEC", mss: MSS });
    flow.expect({ flags: "SAE" });
    flow.send({ flags: "S", seq: 0, mss: MSS });
    flow.expect({ flags: "SA" });
  });

  test("a SYN-ACK that is repeated says the same", async () => {
    const w = await marked();
    w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT });
    flow.send({ flags: "SEC", mss: MSS });
    flow.expect({ flags: "SAE" });
    flow.expect({ flags: "SAE" }, 1500);
  });

  test("a simultaneous open agrees where both ask", async () => {
    const w = await marked();
    const made = connecting(w);
    made.flow.expect({ flags: "SEC" });
    made.flow.send({ flags: "SEC", mss: MSS });
    made.flow.expect({ flags: "SAE" });
    made.flow.send({ flags: "SAE", seq: 0, mss: MSS });
    made.flow.nxt = 1;
    made.world.run(5);
    all(made.flow);
    expect(written(made, 100).map(({ ecn }) => ecn)).toEqual([ECT0]);
  });

  test("the lower two bits of IP_TOS are not the user's", async () => {
    const made = await accepted();
    made.board.setIp(made.fd, "IP_TOS", 0xbb);
    expect(made.board.option(made.fd, Level.IPPROTO_IP, 1)).toBe(0xb8);
    const plain = passive(made.world, { peer: made.peer });
    made.board.setIp(plain.fd, "IP_TOS", 3);
    expect(written(plain, 10).map(({ ecn }) => ecn)).toEqual([NOT_ECT]);
  });
});

describe("the receiver (3168-4)", () => {
  test("after CE every segment carries ECE until CWR comes", async () => {
    const made = await accepted();
    const { flow } = made;
    flow.send({ flags: "A", data: pattern(MSS) }, { tos: ECT0 });
    flow.send({ flags: "A", data: pattern(MSS) }, { tos: ECT0 });
    expect(letters(flow.expect({ ack: 1 + 2 * MSS }))).toBe("");
    flow.send({ flags: "A", data: pattern(MSS) }, CE);
    flow.send({ flags: "A", data: pattern(MSS) }, { tos: ECT0 });
    expect(letters(flow.expect({ ack: 1 + 4 * MSS }))).toBe("E");
    flow.send({ flags: "A", data: pattern(MSS) });
    flow.send({ flags: "A", data: pattern(MSS) });
    expect(letters(flow.expect({ ack: 1 + 6 * MSS }))).toBe("E");
    expect(letters(written(made, 10)[0])).toBe("E");
    flow.send({ flags: "AC", ack: 11, data: pattern(MSS) });
    expect(letters(flow.expect({ ack: 1 + 7 * MSS }, 5))).toBe("");
    expect(count(made, "TcpEcnMarks")).toBe(1);
  });

  test("a delayed acknowledgement tells of the mark, though CWR came in between", async () => {
    const { flow } = await accepted();
    flow.send({ flags: "A", data: pattern(100) }, CE);
    flow.send({ flags: "AC", data: pattern(100) });
    expect(letters(flow.expect({ ack: 201 }))).toBe("E");
    flow.send({ flags: "A", data: pattern(100) });
    expect(letters(flow.expect({ ack: 301 }))).toBe("");
  });

  test("CWR on a marked packet begins a new echo", async () => {
    const { flow } = await accepted();
    flow.send({ flags: "A", data: pattern(100) }, CE);
    expect(letters(flow.expect({ ack: 101 }))).toBe("E");
    flow.send({ flags: "AC", data: pattern(100) }, CE);
    expect(letters(flow.expect({ ack: 201 }))).toBe("E");
    flow.send({ flags: "A", data: pattern(100) });
    expect(letters(flow.expect({ ack: 301 }))).toBe("E");
  });

  test("3168-7: a mark outside the window, on a pure ACK, or where nothing was agreed, means nothing", async () => {
    const made = await accepted();
    const { flow } = made;
    flow.send({ flags: "A", seq: 1_000_000, data: pattern(100) }, CE);
    expect(letters(flow.expect({ flags: "A", ack: 1 }))).toBe("");
    flow.send({ flags: "A" }, CE);
    flow.send({ flags: "A", data: pattern(100) });
    expect(letters(flow.expect({ ack: 101 }))).toBe("");
    expect(count(made, "TcpEcnMarks")).toBe(0);
    const plain = passive(made.world, { peer: made.peer });
    plain.flow.send({ flags: "A", data: pattern(100) }, CE);
    expect(letters(plain.flow.expect({ ack: 101 }))).toBe("");
  });
});

describe("the sender (3168-5, 3168-6, 3168-7)", () => {
  test("an echo reduces the window at once, once for a window of data; CWR is on the first new text", async () => {
    const made = await accepted();
    const { flow } = made;
    expect(written(made, 40 * MSS)).toHaveLength(10);
    flow.send({ flags: "AE", ack: 1 + MSS });
    made.world.run(5);
    expect(cwnd(made)).toBe(7);
    expect(all(flow)).toEqual([]);
    for (let n = 2; n <= 9; n++) flow.send({ flags: "AE", ack: 1 + n * MSS });
    made.world.run(5);
    expect(cwnd(made)).toBe(7);
    const news = all(flow);
    expect(news.map(letters)).toEqual(["C", "", "", "", "", ""]);
    expect(news.every(({ ecn }) => ecn === ECT0)).toBe(true);
    // All that was in flight then is acknowledged: the echo may still be the old one, for CWR has only just left.
    flow.send({ flags: "AE", ack: 1 + 10 * MSS });
    made.world.run(5);
    expect(cwnd(made)).toBe(7);
    expect(count(made, "TcpEcnReductions")).toBe(1);
    // Beyond it, it is a new one.
    flow.send({ flags: "AE", ack: 1 + 11 * MSS });
    made.world.run(5);
    expect(cwnd(made)).toBeCloseTo(4.9);
    expect(count(made, "TcpEcnReductions")).toBe(2);
    expect(count(made, "TcpRetransmits")).toBe(0);
  });

  test("the window does not grow by an echo", async () => {
    const made = await accepted();
    written(made, 60 * MSS);
    made.flow.send({ flags: "AE", ack: 1 + MSS });
    for (let n = 2; n <= 10; n++) made.flow.send({ flags: "AE", ack: 1 + n * MSS });
    made.world.run(5);
    expect(cwnd(made)).toBe(7);
    for (let n = 11; n <= 30; n++) {
      made.flow.send({ flags: "A", ack: 1 + n * MSS });
      made.world.run(3);
    }
    expect(cwnd(made)).toBeGreaterThan(7.5);
  });

  test("TCP_INFO calls it CWR until it is over", async () => {
    const made = await accepted();
    const state = () => info(made, "caState") & 0xff;
    written(made, 40 * MSS);
    expect(state()).toBe(CaState.Open);
    made.flow.send({ flags: "AE", ack: 1 + MSS });
    made.world.run(5);
    expect(state()).toBe(CaState.CWR);
    made.flow.send({ flags: "A", ack: 1 + 10 * MSS });
    made.world.run(5);
    made.flow.send({ flags: "A", ack: 1 + 11 * MSS });
    made.world.run(5);
    expect(state()).toBe(CaState.Open);
  });

  test("a loss is told by CWR too, on the first new text, never on what is sent again, which is not ECT either", async () => {
    const made = await accepted();
    const { flow } = made;
    written(made, 60 * MSS);
    const heard: Heard[] = [];
    for (let i = 0; i < 9; i++) {
      flow.send({ flags: "A", ack: 1 });
      made.world.run(5);
      heard.push(...all(flow));
    }
    const again = heard.filter(({ seq }) => seq === 1);
    const news = heard.filter(({ seq }) => seq > 1);
    expect(again.map(({ ecn }) => ecn)).toEqual([NOT_ECT]);
    expect(again.map(letters)).toEqual([""]);
    // Two by limited transmit, before the loss was noticed.
    expect(news.map(letters).slice(0, 3)).toEqual(["", "", "C"]);
    expect(
      news
        .map(letters)
        .slice(3)
        .every((marks) => marks === ""),
    ).toBe(true);
    expect(news.every(({ ecn }) => ecn === ECT0)).toBe(true);
    expect(count(made, "TcpEcnReductions")).toBe(0);
  });

  test("so is a timeout", async () => {
    const made = await accepted();
    const { flow } = made;
    written(made, 40 * MSS);
    const again = flow.expect({ seq: 1 }, 3000);
    expect([again.ecn, letters(again)]).toEqual([NOT_ECT, ""]);
    flow.send({ flags: "A", ack: 1 + 10 * MSS });
    made.world.run(5);
    const news = all(flow);
    expect(news.map(letters)).toEqual(["C", ""]);
    expect(news.map(({ ecn }) => ecn)).toEqual([ECT0, ECT0]);
  });

  test("a loss in a window that a mark has reduced is no second reason", async () => {
    const made = await accepted();
    const { flow } = made;
    written(made, 60 * MSS);
    flow.send({ flags: "AE", ack: 1 + MSS });
    for (let i = 0; i < 3; i++) flow.send({ flags: "A", ack: 1 + MSS });
    made.world.run(5);
    expect(count(made, "TcpFastRetransmits")).toBe(1);
    expect(info(made, "sndSsthresh")).toBe(7);
  });

  test("a loss of what was sent after the reduction is one, also of the very first segment", async () => {
    const made = await accepted();
    const { flow } = made;
    written(made, 60 * MSS);
    for (let n = 1; n <= 10; n++) flow.send({ flags: "AE", ack: 1 + n * MSS });
    made.world.run(5);
    expect(all(flow).map(letters)).toEqual(["C", "", "", "", "", "", ""]);
    for (let i = 0; i < 3; i++) flow.send({ flags: "A", ack: 1 + 10 * MSS });
    made.world.run(5);
    expect(count(made, "TcpFastRetransmits")).toBe(1);
    expect(info(made, "sndSsthresh")).toBe(4); // 0.7 of seven, whole segments
  });

  test("down to one segment; then each echo makes it wait for the retransmission timer", async () => {
    const made = await accepted();
    const { flow, world: w } = made;
    let sent = written(made, 60 * MSS);
    for (let round = 0; round < 30 && cwnd(made) > 1; round++) {
      for (const { seq, len } of sent) flow.send({ flags: "AE", ack: seq + len });
      w.run(5);
      sent = all(flow);
    }
    expect(cwnd(made)).toBe(1);
    for (let round = 0; round < 4; round++) {
      if (!sent.length) sent = [flow.expect({ len: MSS }, 2000)];
      const at = w.now;
      flow.send({ flags: "AE", ack: sent.at(-1).seq + sent.at(-1).len });
      sent = [flow.expect({ len: MSS }, 2000)];
      expect(sent[0].at - at, `round ${round}`).toBeGreaterThanOrEqual(200);
      expect(sent[0].ecn).toBe(ECT0);
      flow.expectNothing(100);
    }
    // Without an echo it goes on, and a window update has not let it out before.
    flow.send({ flags: "A", ack: sent[0].seq + MSS });
    expect(flow.next(5)?.len).toBe(MSS);
    expect(count(made, "TcpPersistProbes")).toBe(0);
    expect(count(made, "TcpTimeouts")).toBe(0);
  });

  test("a window update does not end that wait", async () => {
    const made = await accepted({ settings: { Ecn: 1, InitialWindow: 1 } });
    const { flow } = made;
    const [first] = written(made, 10 * MSS);
    flow.send({ flags: "AE", ack: first.seq + MSS, win: 500 });
    flow.send({ flags: "A", ack: first.seq + MSS, win: 600 });
    flow.expectNothing(150);
    expect(flow.expect({ len: MSS }, 2000).ecn).toBe(ECT0);
  });

  test("nor does a window that closes meanwhile: with nothing queued, nothing is sent", async () => {
    const made = await accepted({ settings: { Ecn: 1, InitialWindow: 1 } });
    const { flow } = made;
    const [only] = written(made, MSS);
    flow.send({ flags: "AE", ack: only.seq + MSS, win: 0 });
    flow.expectNothing(3000);
    made.board.send(made.fd, pattern(100));
    const probe = flow.expect({ seq: 1 + MSS }, 2000);
    expect(probe.len).toBe(1);
    flow.send({ flags: "A", ack: 1 + MSS, win: 65535 });
    expect(flow.expect({ seq: 1 + MSS }).len).toBe(100);
  });

  test("a window probe is not ECT, nor is a keep-alive", async () => {
    const made = await accepted();
    const { flow } = made;
    flow.send({ flags: "A", win: 0 });
    made.world.run(5);
    made.board.send(made.fd, pattern(100));
    const probe = flow.expect({ seq: 1 }, 2000);
    expect(probe.len).toBeGreaterThan(0);
    expect([probe.ecn, letters(probe)]).toEqual([NOT_ECT, ""]);
  });
});

describe("two boards", () => {
  test("agree; text is ECT(0) and acknowledgements are not; where nothing is marked, nothing is reduced", async () => {
    const w = await marked({ boards: 2, latency: 10 });
    const [a, b] = w.stations;
    const listener = b.listen(80);
    const fd = a.open(b.ip, 80);
    const other = w.accepted(b, listener);
    const data = pattern(300_000);
    let sent = 0;
    for (let received = 0; received < data.length; received += b.read(other).data.length) {
      sent += Math.max(0, a.send(fd, data.subarray(sent, sent + 30_000)));
      w.run(5);
    }
    const segments = w.ladder.sightings.flatMap(({ packet: { tcp } }) => (tcp ? [tcp] : []));
    expect(segments.filter(({ data: { length } }) => length).every(({ ecn }) => ecn === ECT0)).toBe(true);
    expect(segments.some(({ data: { length } }) => !length)).toBe(true); // the referee looks at these
    expect(a.counters()).toMatchObject({ TcpRetransmits: 0, TcpEcnReductions: 0 });
  });
});
