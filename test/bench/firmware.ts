/**
 * The firmware of the benchmark: a source, a sink, an echo server and clients, inside the module, on the socket calls. Both ends
 * of the wire run it; the host only moves frames. `limit` does the least work any stack must do for the same octets.
 */
export * from "../../assembly/exports";
import { AddressRecord, Errno, Family, Level, Owner, SocketOption, SocketType, TcpOption } from "../../assembly/abi";
import {
  accept,
  bind,
  close,
  connect,
  listen,
  nextEvent,
  recv,
  recv_ptr,
  recv_ready,
  recv_release,
  send,
  send_commit,
  send_ptr,
  send_room,
  setsockopt,
  socketOf,
} from "../../assembly/socket/calls";
import { input, output } from "../../assembly/stack";
import { sum } from "../../assembly/wire/checksum";

const enum Role {
  Idle,
  Source,
  Sink,
  Echo,
  ConnectAndClose,
  RoundTrips,
}

/** Octets of a segment, of a request. */
const BLOCK: u32 = 1460;
const REQUEST: u32 = 64;
const MAX_CLIENTS: u32 = 16384;

@final
@unmanaged
class Bench {
  role: u32;
  server: i32;
  /** Octets received, connections or round trips completed. */
  done: u64;
  /** Sum over everything received: proof that each octet was read. */
  sum: u64;
  /** The round-robin client whose turn it is, and how many there are. */
  turn: u32;
  clients: u32;
  waiting: u32;
  foreign: u32;
  errors: u32;
}
const bench = changetype<Bench>(memory.data(64, 8));
const address = memory.data(AddressRecord.size, 4);
const word = memory.data(4, 4);
const block = memory.data(65536, 8);
const fds = memory.data(MAX_CLIENTS * 2, 2);

export function serve(): i32 {
  return 0;
}

export function poll(now: u32): u32 {
  input(now);
  const role = bench.role;
  if (role == Role.Source) source();
  else if (role == Role.Sink) sink();
  else if (role == Role.Echo) echo();
  else if (role == Role.ConnectAndClose) connectAndClose();
  else if (role == Role.RoundTrips) roundTrip();
  return output();
}

export function done(): f64 {
  return <f64>bench.done;
}
export function total(): f64 {
  return <f64>(bench.sum & 0xffffffff);
}
export function errors(): u32 {
  return bench.errors;
}

function endpoint(ip: u32, port: u32): usize {
  store<u16>(address, Family.AF_INET, AddressRecord.family);
  store<u16>(address, <u16>port, AddressRecord.port);
  store<u32>(address, bswap<u32>(ip), AddressRecord.addr);
  return address;
}

function set(fd: i32, level: u32, name: u32, value: u32): void {
  store<u32>(word, value);
  setsockopt(fd, level, name, word, 4);
}

function stream(buffer: u32): i32 {
  const fd = socketOf(Owner.App, Family.AF_INET, SocketType.SOCK_STREAM, 0);
  if (buffer) {
    set(fd, Level.SOL_SOCKET, SocketOption.SO_RCVBUF, buffer);
    set(fd, Level.SOL_SOCKET, SocketOption.SO_SNDBUF, buffer);
  }
  set(fd, Level.IPPROTO_TCP, TcpOption.TCP_NODELAY, 1);
  return fd;
}

/** Listen on port 5000 and be a sink (role 2) or an echo server (role 3); `buffer` octets each way, 0 for the default. */
export function listen_as(role: u32, buffer: u32): i32 {
  bench.role = role;
  bench.server = stream(buffer);
  bind(bench.server, endpoint(0, 5000));
  return listen(bench.server, 0x7fffffff);
}

/** Open a connection to the other end; becomes the next client. */
export function open(ip: u32, buffer: u32): i32 {
  const fd = stream(buffer);
  if (fd < 0) return fd;
  const result = connect(fd, endpoint(ip, 5000));
  if (result != -Errno.EINPROGRESS) return result;
  store<u16>(fds + (bench.clients++ << 1), <u16>fd);
  return fd;
}

/** Start to be a source (role 1) on the first connection, or a round-robin client (role 5) on all. */
export function start_as(role: u32): void {
  bench.role = role;
  bench.done = 0;
  bench.waiting = 0;
  for (let i: u32 = 0; i < 65536; i++) store<u8>(block + i, <u8>(i % 251));
}

/** Connect, send an octet, get it back, close: `many` at a time, over and over (role 4). */
export function churn(ip: u32, many: u32): void {
  bench.role = Role.ConnectAndClose;
  bench.foreign = ip;
  for (let i: u32 = 0; i < many; i++) again();
}

// ---- The roles -----------------------------------------------------------------------------------------------------------

function source(): void {
  const fd = <i32>load<u16>(fds);
  for (let room = send_room(fd); room > 0; room = send_room(fd)) {
    memory.copy(send_ptr(fd), block, room);
    send_commit(fd, room);
  }
}

function sink(): void {
  for (let fd = nextEvent(Owner.App); fd >= 0; fd = nextEvent(Owner.App)) {
    if (fd == bench.server) accept(fd, 0);
    else swallow(fd);
  }
}

function swallow(fd: i32): void {
  for (let n = recv_ready(fd); n > 0; n = recv_ready(fd)) {
    bench.sum += sum(recv_ptr(fd), n);
    bench.done += n;
    recv_release(fd, n);
  }
}

function echo(): void {
  for (let fd = nextEvent(Owner.App); fd >= 0; fd = nextEvent(Owner.App)) {
    if (fd != bench.server) answer(fd);
    else for (let taken = accept(fd, 0); taken >= 0; taken = accept(fd, 0)) answer(taken);
  }
}

function answer(fd: i32): void {
  let n = recv(fd, block, 65536, 0);
  for (; n > 0; n = recv(fd, block, 65536, 0)) send(fd, block, n, 0);
  if (n == 0) close(fd);
}

function again(): void {
  const fd = stream(0);
  if (fd < 0 || connect(fd, endpoint(bench.foreign, 5000)) != -Errno.EINPROGRESS) {
    bench.errors++;
    if (fd >= 0) close(fd);
    return;
  }
  send(fd, block, 1, 0); // travels with the third segment of the handshake
}

function connectAndClose(): void {
  for (let fd = nextEvent(Owner.App); fd >= 0; fd = nextEvent(Owner.App)) {
    const n = recv(fd, block, 65536, 0);
    if (n == -Errno.EAGAIN) continue;
    if (n == 1) bench.done++;
    else bench.errors++;
    close(fd);
    again();
  }
}

function roundTrip(): void {
  for (let fd = nextEvent(Owner.App); fd >= 0; fd = nextEvent(Owner.App)) {
    const n = recv(fd, block, 65536, 0);
    if (n <= 0) continue;
    bench.waiting -= n;
    if (bench.waiting == 0) bench.done++;
  }
  if (bench.waiting) return;
  bench.waiting = REQUEST;
  if (send(load<u16>(fds + (bench.turn << 1)), block, REQUEST, 0) != REQUEST) bench.errors++;
  bench.turn = bench.turn + 1 == bench.clients ? 0 : bench.turn + 1;
}

// ---- The limit -----------------------------------------------------------------------------------------------------------

const slots = memory.data(64 * 1536, 8);

/** For each block: copied in, checksummed, checksummed again, copied out, and every octet summed by the reader. */
export function limit(blocks: u32): void {
  for (let n: u32 = 0; n < blocks; n++) {
    const slot = slots + <usize>(n & 63) * 1536;
    const at = block + <usize>(n % 44) * BLOCK;
    memory.copy(slot, at, BLOCK);
    bench.sum += sum(slot, BLOCK);
    bench.sum += sum(slot, BLOCK);
    memory.copy(at, slot, BLOCK);
    bench.sum += sum(at, BLOCK);
    bench.done += BLOCK;
  }
}
