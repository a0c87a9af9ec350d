/**
 * Ping on a raw socket: the program writes the ICMP message itself and reads whole IP datagrams (RFC 792).
 *
 *     npx tsx examples/node/ping.ts 3          pings a board of its own three times
 */
import { AF_INET, type Board, type Clock, IPPROTO_ICMP, isSystemError, SOCK_RAW, Socket } from "sandwire";
import { boards, run } from "./lab";

const ECHO_REPLY = 0;
const ECHO_REQUEST = 8;
const DATA = 56;

/** What came of one request; without `ttl` and `ms` nothing came in time. */
export interface Pong {
  sequence: number;
  ttl?: number;
  /** The round trip. */
  ms?: number;
}

export interface PingOptions {
  /** Requests to send (default 4), and milliseconds from one to the next (default 1000). */
  count?: number;
  interval?: number;
  /** Milliseconds to wait for a reply (default 1000). */
  timeout?: number;
}

/** Send echo requests, one after another. Throws EHOSTUNREACH and its like when the network says so. */
export async function* ping(board: Board, address: string, options: PingOptions = {}): AsyncGenerator<Pong> {
  const { count = 4, interval = 1000, timeout = 1000 } = options;
  const { clock } = board;
  const socket = new Socket(board, AF_INET, SOCK_RAW, IPPROTO_ICMP);
  const identifier = Math.floor(Math.random() * 65536);
  try {
    await socket.connect({ address, port: 0 }); // only what that host sends is heard
    for (let sequence = 1; sequence <= count; sequence++) {
      const sent = clock.now;
      await socket.send(request(identifier, sequence));
      yield (await reply(socket, identifier, sequence, clock, sent, timeout)) ?? { sequence };
      if (sequence < count) await until(clock, sent + interval);
    }
  } finally {
    await socket.close();
  }
}

/** An echo request: type, code, checksum, identifier, sequence number, data. */
function request(identifier: number, sequence: number): Uint8Array {
  const message = Buffer.alloc(8 + DATA, "sandwire");
  message.writeUInt32BE(ECHO_REQUEST << 24);
  message.writeUInt16BE(identifier, 4);
  message.writeUInt16BE(sequence, 6);
  message.writeUInt16BE(checksum(message), 2);
  return message;
}

/** The Internet checksum (RFC 1071) of an even number of octets; 0 when they hold a right one. */
function checksum(octets: Buffer): number {
  let sum = 0;
  for (let i = 0; i < octets.length; i += 2) sum += octets.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

async function reply(socket: Socket, identifier: number, sequence: number, clock: Clock, sent: number, timeout: number) {
  const ends = sent + timeout;
  while (clock.now < ends) {
    socket.setTimeout(ends - clock.now);
    const datagram = await socket.recv(2048).catch(nothing);
    if (!datagram) return undefined;
    const octets = Buffer.from(datagram);
    const message = octets.subarray(4 * (octets[0] & 15)); // behind the IP header
    const ours = message[0] === ECHO_REPLY && message.readUInt16BE(4) === identifier && message.readUInt16BE(6) === sequence;
    if (ours && message.length === 8 + DATA && checksum(message) === 0) return { sequence, ttl: octets[8], ms: clock.now - sent };
  }
  return undefined;
}

function nothing(error: unknown): undefined {
  if (!isSystemError(error, "ETIMEDOUT")) throw error;
}

function until(clock: Clock, when: number): Promise<void> {
  return new Promise((resolve) => void clock.at(when, resolve));
}

run(import.meta.url, async ([count = "4"]) => {
  const [here] = await boards(2);
  for await (const { sequence, ttl, ms } of ping(here, "10.0.0.3", { count: Number(count) })) {
    if (ms === undefined) console.log(`10.0.0.3: seq=${sequence} nothing came back`);
    else console.log(`10.0.0.3: seq=${sequence} ttl=${ttl} time=${ms.toFixed(1)} ms`);
  }
});
