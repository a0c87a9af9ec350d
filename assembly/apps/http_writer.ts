import { octets, size } from "../lib/text";
import { Client, Flag } from "./http_client";

/**
 * Writing straight into the free span of a send buffer, which may end at any octet. Whoever writes says what comes next and is told
 * how much of it there was room for; the rest is offered again when there is more room.
 */
const cursor = memory.data(8, 8);
const limit = memory.data(8, 8);

/**
 * A response of unknown length goes out in chunks (RFC 9112 §7.1) of always the same size, the last filled up with blanks: so the
 * number of octets written says where in a chunk we are. What is here called a frame is the end of the last chunk's data, the
 * chunk's size, and its data. CHUNK is the 100 (hexadecimal) of FRAME_HEAD.
 */
const FRAME_HEAD: usize = text("\r\n100\r\n");
const CHUNK: u32 = 256;
const FRAME: u32 = CHUNK + 7;
const LAST_CHUNK: usize = text("\r\n0\r\n\r\n$.");
const BLANKS: usize = text("                ");

/** Write to `length` octets at `at`. */
export function openSpan(at: usize, length: u32): void {
  store<usize>(cursor, at);
  store<usize>(limit, at + length);
}

/** Where the next octet goes. */
// prettier-ignore
@inline export function spanAt(): usize { return load<usize>(cursor); }
// prettier-ignore
@inline export function spanRoom(): u32 { return <u32>(load<usize>(limit) - load<usize>(cursor)); }

/** `length` octets were written at spanAt(). */
// prettier-ignore
@inline export function advance(length: u32): void { store<usize>(cursor, load<usize>(cursor) + length); }

/** Write what there is room for. Returns how many octets that was. */
function plain(from: usize, length: u32): u32 {
  const taken = min(length, spanRoom());
  memory.copy(spanAt(), from, taken);
  advance(taken);
  return taken;
}

/** The response begins its chunks: the first has no data before it. */
export function beginFrames(client: Client): void {
  client.mark(Flag.Framed);
  client.framed = 2;
}

/** Write what there is room for, in chunks where the response is in chunks. Returns how many of the octets are out. */
export function emit(client: Client, from: usize, length: u32): u32 {
  if (!client.has(Flag.Framed)) return plain(from, length);
  let taken: u32 = 0;
  while (taken < length) {
    const place = client.framed % FRAME;
    const inHead = place < FRAME - CHUNK;
    const wrote = inHead
      ? plain(octets(FRAME_HEAD) + place, FRAME - CHUNK - place)
      : plain(from + taken, min(length - taken, FRAME - place));
    if (wrote == 0) return taken;
    client.framed += wrote;
    if (!inHead) taken += wrote;
  }
  return taken;
}

/** Fill the last chunk up with blanks. False when there was no room for all. */
export function padFrame(client: Client): bool {
  while (client.framed % FRAME != 0) {
    const left = FRAME - (client.framed % FRAME);
    if (emit(client, octets(BLANKS), min(left, size(BLANKS))) == 0) return false;
  }
  return true;
}

/** The template that ends the chunks. */
export function lastChunk(): usize {
  return octets(LAST_CHUNK);
}
