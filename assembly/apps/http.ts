import { Errno, Owner } from "../abi";
import { due, NEVER, until } from "../clock";
import { SOMAXCONN } from "../config";
import { wouldBlock } from "../lib/result";
import { TcpListener } from "../lib/tcp";
import { nextEvent } from "../socket/calls";
import { prepareCrc32 } from "./crc32";
import { assign, Client, clientAt, enlist, Flag, initClients, oldest, Phase, Queue } from "./http_client";
import { expectRequest, take } from "./http_request";
import { writeResponse } from "./http_response";
import { refuse } from "./http_rules";
import { openSpan, spanRoom } from "./http_writer";
import { preparePattern } from "./pattern";
import { startUptime, tick } from "./uptime";

/**
 * The web server of this board: HTTP/1.1 on port 80 for HTTP_CLIENTS clients at once, each with a record of 88 bytes and no other
 * memory than its connection's buffers. When all records are in use, further clients wait in the accept queue.
 *
 * A client has IDLE ms for its next request and HURRY ms for the head of one; a body or a response has to move CREDIT octets every
 * IDLE ms. Heads are limited to 4 KiB, targets to 1 KiB, uploads to 2^32-1 octets.
 */
const PORT: u32 = 80;
const IDLE: u32 = 60000;
const HURRY: u32 = 10000;
const CREDIT: u32 = 1024;

@unmanaged
class Server {
  listener: TcpListener;
  /** 1 while clients may wait in the accept queue for a record or a descriptor. */
  crowded: u32;
}
const server = changetype<Server>(memory.data(8, 4));

/** Forget all clients: their connections are gone. */
export function stopHttp(): void {
  initClients();
  server.crowded = 0;
}

/** Listen. Returns 0 or -errno. */
export function startHttp(): i32 {
  stopHttp();
  prepareCrc32();
  preparePattern();
  startUptime();
  server.listener = TcpListener.bind(Owner.Http, PORT, SOMAXCONN);
  return server.listener.result;
}

/** Serve every client something happened to. Returns the milliseconds until it has to be called again. */
export function http(): u32 {
  tick();
  for (let fd = nextEvent(Owner.Http); fd >= 0; fd = nextEvent(Owner.Http)) {
    if (server.listener.is(fd)) welcome();
    else serveClient(clientAt(fd));
  }
  expire();
  if (server.crowded != 0) welcome();
  return min(min(left(Queue.Waiting, IDLE), left(Queue.Busy, IDLE)), left(Queue.Hurried, HURRY));
}

/** Take clients in while there are records. */
function welcome(): void {
  for (;;) {
    const client = oldest(Queue.Free);
    server.crowded = client ? 0 : 1;
    if (!client) return;
    const stream = server.listener.accept();
    if (!stream.isOpen && !wouldBlock(stream.fd)) server.crowded = 1;
    if (!stream.isOpen) return;
    if (!assign(client, stream)) stream.close();
    else greet(client);
  }
}

/** Of those that were served and ask for nothing, the last record in use costs the one who does so longest its connection. */
function greet(client: Client): void {
  expectRequest(client);
  enlist(client, Queue.Busy);
  serveClient(client);
  if (oldest(Queue.Free)) return;
  const idle = oldest(Queue.Waiting);
  if (idle) leave(idle);
}

/** The connection is no longer ours; what is queued is still sent. */
function leave(client: Client): void {
  client.stream.close();
  enlist(client, Queue.Free);
}

/** Read and answer until there is nothing to read or no room to write. */
function serveClient(client: Client): void {
  for (;;) {
    const result = isAnswering(client) ? write(client) : read(client);
    if (wouldBlock(result)) return;
    if (result <= 0) return leave(client);
    if (client.phase == Phase.Done) finish(client);
  }
}

// prettier-ignore
@inline function isAnswering(client: Client): bool { return client.phase >= Phase.Continue && client.phase < Phase.Done; }

/** Octets used; 0 at the end of the stream; -errno. */
function read(client: Client): i32 {
  const ready = client.stream.readable;
  if (ready <= 0) return ready;
  const used = client.phase == Phase.Linger ? <u32>ready : take(client, client.stream.readPtr, ready);
  client.stream.release(used);
  progress(client, used);
  return used;
}

/** Free octets of the send buffer that were looked at; -errno. */
function write(client: Client): i32 {
  const room = client.stream.writable;
  if (room <= 0) return room < 0 ? room : -Errno.EAGAIN;
  openSpan(client.stream.writePtr, room);
  writeResponse(client);
  const written = <u32>room - spanRoom();
  progress(client, written);
  const result = client.stream.commit(written);
  return result < 0 ? result : room;
}

/** A body or a response moves on: the client has earned more time. */
function progress(client: Client, moved: u32): void {
  if (client.phase < Phase.Body || client.phase >= Phase.Done) return;
  if (client.credit + moved >= CREDIT) enlist(client, Queue.Busy);
  else client.credit += <u16>moved;
}

/**
 * The response is out. Before a connection is closed, what the client still sends has to be read: closing over unread octets
 * resets the connection, and the client might lose the response with it (RFC 9112 §9.6).
 */
function finish(client: Client): void {
  if (!client.has(Flag.Close)) return expectRequest(client);
  client.stream.shutdown();
  client.phase = Phase.Linger;
  enlist(client, Queue.Hurried);
}

/** True when the oldest client of a list has been in it for `limit` ms. */
function overdue(queue: Queue, limit: u32): Client | null {
  const client = oldest(queue);
  return client && due(client.since + limit) ? client : null;
}

/** Part with those whose time is up. */
function expire(): void {
  for (let client = overdue(Queue.Waiting, IDLE); client; client = overdue(Queue.Waiting, IDLE)) leave(client);
  for (let client = overdue(Queue.Hurried, HURRY); client; client = overdue(Queue.Hurried, HURRY)) giveUp(client);
  for (let client = overdue(Queue.Busy, IDLE); client; client = overdue(Queue.Busy, IDLE)) giveUp(client);
}

function giveUp(client: Client): void {
  if (client.phase == Phase.Start || client.phase == Phase.Linger) return leave(client);
  if (!isAnswering(client)) {
    refuse(client, 408);
    return serveClient(client);
  }
  client.stream.abort();
  enlist(client, Queue.Free);
}

function left(queue: Queue, limit: u32): u32 {
  const client = oldest(queue);
  return client ? until(client.since + limit) : NEVER;
}
