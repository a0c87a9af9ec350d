import { now } from "../clock";
import { HTTP_CLIENTS, MAX_SOCKETS } from "../config";
import { TcpStream } from "../lib/tcp";

/** Where a client's conversation stands. The order matters: the head of a request, its body, the response. */
export const enum Phase {
  Start,
  // The head of a request
  Method,
  Target,
  Authority,
  Path,
  Number,
  Query,
  Version,
  LineEnd,
  FieldStart,
  FieldName,
  FieldBlank,
  FieldValue,
  FieldEnd,
  HeadEnd,
  // Its body
  Body,
  ChunkSize,
  ChunkExtension,
  ChunkSizeEnd,
  ChunkData,
  ChunkDataEnd,
  ChunkDataEnd2,
  TrailerStart,
  Trailer,
  TrailerEnd,
  BodyEnd,
  // The response
  Continue,
  Head,
  Entity,
  Bytes,
  Padding,
  LastChunk,
  Done,
  /** The last response is out: wait for the client to close. */
  Linger,
}

/** What the head of a request said, and how it is answered. */
export const enum Flag {
  /** HTTP/1.1 or later. */
  V11 = 1,
  Close = 2,
  Host = 4,
  Length = 8,
  Coding = 0x10,
  Chunked = 0x20,
  /** A transfer coding other than "chunked". */
  CodingUnknown = 0x40,
  Expect = 0x80,
  /** An expectation other than "100-continue". */
  ExpectUnknown = 0x100,
  /** The response goes out in chunks. */
  Framed = 0x200,
  /** The next item of a list is its first: no comma. */
  First = 0x400,
}

/** One client: 88 bytes. */
@final
@unmanaged
export class Client {
  /** Neighbours in the list the client is in. */
  next: u16;
  prev: u16;
  /** When it entered that list. */
  since: u32;
  fd: u16;
  flags: u16;
  /** Status code of the response. */
  status: u16;
  /** Octets of the present request's head, chunk extensions and trailers. */
  headOctets: u16;
  phase: Phase;
  /** Method and Route of the request, and the Header field being read (http_words.ts). */
  method: i32;
  route: i32;
  header: i32;
  /** Octets of the word being read, and which words it may still be. */
  position: u16;
  alive: u16;
  /** How the value being written is written: a Format (http_values.ts). */
  format: i32;
  /** Octets of the body, or of its chunk, still to come. */
  length: u32;
  /** Octets of the body that have come, or of /bytes that have gone. */
  count: u32;
  crc: u32;
  /** The N of /bytes/N. */
  number: u32;
  /** The template being written: the next octet, and where the present loop starts. */
  pc: u32;
  loop: u32;
  /** Item of the loop: which counter, and where its name is; or which row of the socket listing. */
  item: u32;
  cursor: u32;
  /** Octets of chunks written, headers and all. */
  framed: u32;
  /** Octets written of the field, and the value it shows. */
  offset: u16;
  /** Octets moved since the client last counted as alive. */
  credit: u16;
  value: u64;

  // prettier-ignore
  @inline get stream(): TcpStream { return TcpStream.of(this.fd); }
  // prettier-ignore
  @inline has(flag: Flag): bool { return (this.flags & flag) != 0; }
  // prettier-ignore
  @inline mark(flag: i32): void { this.flags |= <u16>flag; }
}

/**
 * Every client is in one of four lists, oldest first. A timeout is the same for all clients of a list, so only the oldest one's is
 * ever looked at. Lists are rings of links: node n < HTTP_CLIENTS is a client, the nodes behind are the heads.
 */
export const enum Queue {
  Free,
  /** Waits for a request: the first to go when room is short. */
  Waiting,
  /** Is sending the head of a request, or is to close the connection. */
  Hurried,
  /** Is sending a body or taking a response. */
  Busy,
  count,
}

const STRIDE: usize = (offsetof<Client>() + 7) & ~7;
const clients = memory.data(<i32>(HTTP_CLIENTS * <u32>STRIDE), 8);
const heads = memory.data(Queue.count * 4, 2);
const clientOf = memory.data(MAX_SOCKETS * 2, 2);

// prettier-ignore
@inline export function at(index: u32): Client { return changetype<Client>(clients + <usize>index * STRIDE); }
// prettier-ignore
@inline function indexOf(client: Client): u32 { return <u32>((changetype<usize>(client) - clients) / STRIDE); }

// prettier-ignore
@inline function headOf(queue: Queue): u32 { return HTTP_CLIENTS + <u32>queue; }

/** Address of a node's `next`, with its `prev` behind it. */
function node(index: u32): usize {
  return index < HTTP_CLIENTS ? clients + <usize>index * STRIDE : heads + ((<usize>index - HTTP_CLIENTS) << 2);
}

function link(before: u32, after: u32): void {
  store<u16>(node(before), <u16>after);
  store<u16>(node(after), <u16>before, 2);
}

/** Put the client at the end of a list, out of the one it is in; it counts as seen now. */
export function enlist(client: Client, queue: Queue): void {
  const index = indexOf(client);
  const head = headOf(queue);
  link(client.prev, client.next);
  link(load<u16>(node(head), 2), index);
  link(index, head);
  client.since = now();
  client.credit = 0;
}

/** The client that is longest in a list, or null. */
export function oldest(queue: Queue): Client | null {
  const first: u32 = load<u16>(node(headOf(queue)));
  return first < HTTP_CLIENTS ? at(first) : null;
}

/** All clients free. */
export function initClients(): void {
  for (let queue = 0; queue < Queue.count; queue++) link(headOf(queue), headOf(queue));
  for (let index: u32 = 0; index < HTTP_CLIENTS; index++) {
    link(index, index);
    enlist(at(index), Queue.Free);
  }
}

/** Remember that the connection is the client's. False when there is no place for such a descriptor. */
export function assign(client: Client, stream: TcpStream): bool {
  const fd = <u32>stream.fd;
  if (fd >= MAX_SOCKETS) return false;
  client.fd = <u16>fd;
  store<u16>(clientOf + ((<usize>fd) << 1), <u16>indexOf(client));
  return true;
}

/** The client a descriptor was assigned to. */
export function clientAt(fd: u32): Client {
  return at(load<u16>(clientOf + ((<usize>fd) << 1)));
}
