import { AddressRecord, Owner, SocketType } from "../abi";
import { scratch, scratch_size } from "../exports";
import {
  accept,
  close,
  nextEvent,
  recv_ptr,
  recv_ready,
  recv_release,
  recvfrom,
  send_commit,
  send_ptr,
  send_room,
  sendto,
} from "../socket/calls";
import { serveOn } from "./listen";
import { isLater, keepAlive } from "./options";

/** Echo, RFC 862: what comes to port 7 goes back to where it came from, over TCP and over UDP. */
const PORT: u32 = 7;
const BACKLOG: u32 = 4;
/**
 * Datagrams from ports below this are not answered: another echo, chargen, time or DNS server would answer the answer, and two
 * machines would talk for ever at the command of one forged datagram.
 */
const SERVICE_PORTS: u32 = 1024;

const listener = memory.data(4, 4);
const datagrams = memory.data(4, 4);
const peer = memory.data(AddressRecord.size, 4);

/** Open the two sockets. Returns 0 or -errno. */
export function startEcho(): i32 {
  const streams = serveOn(Owner.Echo, SocketType.SOCK_STREAM, PORT, BACKLOG);
  const packets = serveOn(Owner.Echo, SocketType.SOCK_DGRAM, PORT, 0);
  store<i32>(listener, streams);
  store<i32>(datagrams, packets);
  return min(0, min(streams, packets));
}

/** Look at every socket something happened to. */
export function echo(): void {
  for (let fd = nextEvent(Owner.Echo); fd >= 0; fd = nextEvent(Owner.Echo)) {
    if (fd == load<i32>(listener)) welcome(fd);
    else if (fd == load<i32>(datagrams)) answer(fd);
    else reflect(fd);
  }
}

function welcome(from: i32): void {
  for (let fd = accept(from, 0); fd >= 0; fd = accept(from, 0)) {
    keepAlive(fd);
    reflect(fd);
  }
}

/**
 * Copy from the receive span to the send span until one of them is used up; an event follows when there is more. The end of the
 * peer's stream is seen only after all of it was copied, and `close` still sends what is queued.
 */
function reflect(fd: i32): void {
  let ready = recv_ready(fd);
  while (ready > 0) {
    const room = send_room(fd);
    if (room <= 0) return blocked(fd, room);
    const length = min(ready, room);
    memory.copy(send_ptr(fd), recv_ptr(fd), length);
    send_commit(fd, length);
    recv_release(fd, length);
    ready = recv_ready(fd);
  }
  if (!isLater(ready)) close(fd);
}

function blocked(fd: i32, why: i32): void {
  if (!isLater(why)) close(fd);
}

/** Datagrams pass through the scratch region, which hosts do not count on from one call to the next. */
function answer(fd: i32): void {
  let length = receive(fd);
  while (length >= 0) {
    const answerable = load<u16>(peer + AddressRecord.port) >= SERVICE_PORTS;
    if (answerable) sendto(fd, scratch(), length, 0, peer);
    length = receive(fd);
  }
}

/** The next datagram and where it came from; its length, or -errno. */
function receive(fd: i32): i32 {
  return recvfrom(fd, scratch(), scratch_size(), 0, peer);
}
