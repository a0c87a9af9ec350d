/**
 * The module's border: what hosts call. `poll` and `serve` are the firmware's own (apps/), everything else is here. Results are
 * a count, 0, or a negative errno with Linux's numbers; no call blocks.
 */
import { Abi, Owner } from "./abi";
import { SCRATCH } from "./config";
import { macAt } from "./driver/mac_ring";
import * as iface from "./ip/iface";
import { arpSet } from "./link/arp";
import * as calls from "./socket/calls";
import { describe } from "./socket/listing";
import { start } from "./stack";
import { statsAt } from "./stats";
import * as ring from "./trace";

const region = memory.data(SCRATCH, 8);

/** Start, or start over, with 128 bits of entropy: the secret behind sequence numbers, ports and hashes. */
export function init(s0: u32, s1: u32, s2: u32, s3: u32): i32 {
  start(s0, s1, s2, s3);
  return 0;
}
/** Version of this border (Abi.version). */
export function version(): u32 {
  return Abi.version;
}
/** Address of interface i's MacRecord, 0 if there is none. */
export function mac(i: u32): usize {
  return macAt(i);
}
/** Address of the counters: Drop.count words, then Counter.count words. */
export function stats(): usize {
  return statsAt();
}
/** A region the host may use to pass addresses and data, `scratch_size` octets. */
export function scratch(): usize {
  return region;
}
export function scratch_size(): u32 {
  return SCRATCH;
}
/** Address, prefix length and gateway (0: none) of interface i; address 0 takes it down. -EINVAL. */
export function ifconfig(i: u32, address: u32, prefix: u32, gateway: u32): i32 {
  return iface.ifconfig(i, address, prefix, gateway);
}
/** A neighbour that is not asked for: its IPv4 address and the place of its MAC address. -EINVAL, -ENOBUFS. */
export function arp_set(address: u32, macAddress: usize): i32 {
  return arpSet(address, macAddress);
}
/** Debug builds: the ring of the newest trace records, and how many were ever written. 0 in release builds. */
export function trace(): usize {
  return ring.traceAt();
}
export function traced(): u32 {
  return ring.traced();
}

/** socket(2): a descriptor, -EAFNOSUPPORT, -ESOCKTNOSUPPORT, -EPROTONOSUPPORT, -EMFILE, -ENOBUFS. */
export function socket(family: u32, type: u32, protocol: u32): i32 {
  return calls.socketOf(Owner.Host, family, type, protocol);
}
/** bind(2): -EBADF, -EINVAL if bound already, -EADDRINUSE, -EADDRNOTAVAIL, -EAFNOSUPPORT. */
export function bind(fd: i32, address: usize): i32 {
  return calls.bind(fd, address);
}
/** listen(2); the completed queue holds min(backlog, SOMAXCONN). -EADDRINUSE, -EINVAL, -EOPNOTSUPP. */
export function listen(fd: i32, backlog: i32): i32 {
  return calls.listen(fd, backlog);
}
/** accept(2): a descriptor, or -EAGAIN; the peer's address goes to `address` unless that is 0. */
export function accept(fd: i32, address: usize): i32 {
  return calls.accept(fd, address);
}
/** connect(2): -EINPROGRESS while the handshake goes on; POLLOUT and SO_ERROR tell how it ended. */
export function connect(fd: i32, address: usize): i32 {
  return calls.connect(fd, address);
}
/** send(2): how many octets were queued; -EAGAIN, -EPIPE, -ECONNRESET, -ETIMEDOUT ... */
export function send(fd: i32, from: usize, length: u32, flags: u32): i32 {
  return calls.send(fd, from, length, flags);
}
/** recv(2): how many octets were read; 0 at the end of the stream; -EAGAIN, -ENOTCONN, -ECONNRESET ... */
export function recv(fd: i32, to: usize, length: u32, flags: u32): i32 {
  return calls.recv(fd, to, length, flags);
}
/** sendto(2). -EMSGSIZE, -EDESTADDRREQ, -ENETUNREACH, -EACCES for a broadcast without SO_BROADCAST. */
export function sendto(fd: i32, from: usize, length: u32, flags: u32, address: usize): i32 {
  return calls.sendto(fd, from, length, flags, address);
}
/** recvfrom(2). */
export function recvfrom(fd: i32, to: usize, length: u32, flags: u32, address: usize): i32 {
  return calls.recvfrom(fd, to, length, flags, address);
}
/** shutdown(2): SHUT_WR sends a FIN behind what is queued; SHUT_RD has no effect on the wire until data comes. */
export function shutdown(fd: i32, how: u32): i32 {
  return calls.shutdown(fd, how);
}
/** close(2): the last descriptor ends the socket; queued data and the FIN still go out. */
export function close(fd: i32): i32 {
  return calls.close(fd);
}
/** dup(2): another descriptor for the same socket. */
export function dup(fd: i32): i32 {
  return calls.dup(fd);
}
export function getsockname(fd: i32, address: usize): i32 {
  return calls.getsockname(fd, address);
}
export function getpeername(fd: i32, address: usize): i32 {
  return calls.getpeername(fd, address);
}
/** getsockopt(2): octets written to `value`, 4 or 8. -ENOPROTOOPT, -EINVAL. */
export function getsockopt(fd: i32, level: u32, name: u32, value: usize, length: u32): i32 {
  return calls.getsockopt(fd, level, name, value, length);
}
export function setsockopt(fd: i32, level: u32, name: u32, value: usize, length: u32): i32 {
  return calls.setsockopt(fd, level, name, value, length);
}
/** What can be done with a descriptor now: a Poll mask. */
export function ready(fd: i32): u32 {
  return calls.ready(fd);
}
/** The next descriptor of the host's something happened to, or -EAGAIN. News come once: use it until -EAGAIN. */
export function next_event(): i32 {
  return calls.nextEvent(Owner.Host);
}
/** Octets of the free span at `send_ptr`; -EAGAIN when the buffer is full (news follow when there is room), -EPIPE ... */
export function send_room(fd: i32): i32 {
  return calls.send_room(fd);
}
export function send_ptr(fd: i32): usize {
  return calls.send_ptr(fd);
}
/** The first `octets` of the span are written: queue them. */
export function send_commit(fd: i32, octets: u32): i32 {
  return calls.send_commit(fd, octets);
}
/** Octets of the span at `recv_ptr`; 0 at the end of the stream, -EAGAIN when there is nothing yet, or the error. */
export function recv_ready(fd: i32): i32 {
  return calls.recv_ready(fd);
}
export function recv_ptr(fd: i32): usize {
  return calls.recv_ptr(fd);
}
/** The first `octets` of the span have been read. */
export function recv_release(fd: i32, octets: u32): i32 {
  return calls.recv_release(fd, octets);
}
/** netstat: the row at or after `index` goes to `record`; returns the index to ask next, -ENOENT when there are no more. */
export function sockets(index: u32, record: usize): i32 {
  return describe(index, record);
}
