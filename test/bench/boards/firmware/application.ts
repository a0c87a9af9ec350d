/**
 * The firmware of the bench on boards: what it is given on port 7001 it reads, on port 7002 it writes without end, on port 7003 it answers
 * a request and closes. It does so where applications belong, between the stack's input and its output.
 */
import {
  AddressRecord,
  Errno,
  Family,
  input,
  Level,
  nextEvent,
  output,
  Owner,
  SocketOption,
  SocketType,
} from "../../../../assembly/index";
import { scratch } from "../../../../assembly/exports";
import { accept, bind, close, listen, recv, send, setsockopt, socketOf } from "../../../../assembly/socket/calls";

export * from "../../../../assembly/exports";

const SINK: u32 = 7001;
const SOURCE: u32 = 7002;
const SERVER: u32 = 7003;
/** Octets of the buffers of a connection, and of what is read at once; in `scratch` they are followed by how many it was. */
const BUFFER: u32 = 4096;
/** The text repeats after so many octets. */
const PATTERN: u32 = 251;
const RESPONSE: u32 = 200;
const END_OF_REQUEST: u32 = 0x0a0d0a0d;
const MAX_FD: u32 = 32;

/** What each descriptor is for: one of the three ports. */
const roles = memory.data(MAX_FD * 2, 2);
const address = memory.data(AddressRecord.size, 4);
const word = memory.data(4, 4);
const written = memory.data(4, 4);
const listeners = memory.data(4, 4);
const block = memory.data(BUFFER + PATTERN, 4);

// prettier-ignore
@inline function roleOf(fd: i32): u32 { return load<u16>(roles + (fd << 1)); }

function set(fd: i32, name: u32, value: u32): void {
  store<u32>(word, value);
  setsockopt(fd, Level.SOL_SOCKET, name, word, 4);
}

function open(port: u32): i32 {
  const fd = socketOf(Owner.App, Family.AF_INET, SocketType.SOCK_STREAM, 0);
  if (fd < 0) return fd;
  store<u16>(address, Family.AF_INET, AddressRecord.family);
  store<u16>(address, <u16>port, AddressRecord.port);
  set(fd, SocketOption.SO_RCVBUF, BUFFER);
  set(fd, SocketOption.SO_SNDBUF, BUFFER);
  store<u16>(roles + (fd << 1), <u16>port);
  store<u32>(listeners, load<u32>(listeners) | (1 << fd));
  const result = bind(fd, address);
  return result < 0 ? result : listen(fd, 4);
}

/** Open the three listeners. 0 or -errno. */
export function serve(): i32 {
  for (let i: u32 = 0; i < BUFFER + PATTERN; i++) store<u8>(block + i, <u8>(i % PATTERN));
  const sink = open(SINK);
  const source = open(SOURCE);
  const server = open(SERVER);
  return min(sink, min(source, server));
}

export function poll(now: u32): u32 {
  input(now);
  for (let fd = nextEvent(Owner.App); fd >= 0; fd = nextEvent(Owner.App)) {
    if (load<u32>(listeners) & (1 << fd)) greet(fd);
    else attend(fd, roleOf(fd));
  }
  return output();
}

function greet(listener: i32): void {
  const port = roleOf(listener);
  for (let fd = accept(listener, 0); fd >= 0; fd = accept(listener, 0)) {
    store<u16>(roles + (fd << 1), <u16>port);
    store<u32>(listeners, load<u32>(listeners) & ~(1 << fd));
    if (port == SOURCE) store<u32>(written, 0);
    if (port == SOURCE) write(fd);
  }
}

function attend(fd: i32, role: u32): void {
  if (role == SOURCE) write(fd);
  else if (role == SERVER) answer(fd);
  else if (!read(fd)) close(fd);
}

/** As much as there is room for; news come when there is room again. */
function write(fd: i32): void {
  for (;;) {
    const at = load<u32>(written);
    const sent = send(fd, block + (at % PATTERN), BUFFER, 0);
    if (sent <= 0) return;
    store<u32>(written, at + sent);
  }
}

/** Read all there is; false when the stream is over. */
function read(fd: i32): bool {
  const buffer = scratch();
  let count: i32 = 0;
  do {
    const length = load<u32>(buffer, BUFFER);
    count = recv(fd, buffer + length, BUFFER - length, 0);
    if (count > 0) store<u32>(buffer, length + count, BUFFER);
  } while (count > 0);
  return count == -Errno.EAGAIN;
}

function answer(fd: i32): void {
  const buffer = scratch();
  const start = load<u32>(buffer, BUFFER);
  const open = read(fd);
  const end = load<u32>(buffer, BUFFER);
  const whole = end - start >= 4 && load<u32>(buffer + end - 4) == END_OF_REQUEST;
  if (open && !whole) return;
  if (whole) send(fd, block, RESPONSE, 0);
  close(fd);
}
