import { SEQPACKET } from "../config";
import { Tcb } from "../tcp/tcb";
import { refusal, streamOf } from "./descriptor";
import {
  streamReceivePtr,
  streamReceiveReady,
  streamReceiveRelease,
  streamSendCommit,
  streamSendPtr,
  streamSendRoom,
} from "./stream";

/** Send and receive without a copy: contiguous spans of a stream's own buffers. Records have none: they may lie in two pieces. */

/** The Tcb of a stream of octets; 0 if it is none, and then `refusal(fd)` is the errno. */
// prettier-ignore
@inline function octetsOf(fd: i32): usize {
  const at = streamOf(fd);
  return SEQPACKET && at && changetype<Tcb>(at).records ? 0 : at;
}

/** Octets that may be written at `send_ptr`; -EAGAIN when the buffer is full (news follow when there is room), -EPIPE ... */
export function send_room(fd: i32): i32 {
  const at = octetsOf(fd);
  return at ? streamSendRoom(changetype<Tcb>(at)) : refusal(fd);
}

/** Where there is room for `send_room` octets; 0 for what is no stream. */
export function send_ptr(fd: i32): usize {
  const at = octetsOf(fd);
  return at ? streamSendPtr(changetype<Tcb>(at)) : 0;
}

/** `octets` of the span have been written: queue them. Returns `octets`; -EINVAL if that is more than the span. */
export function send_commit(fd: i32, octets: u32): i32 {
  const at = octetsOf(fd);
  return at ? streamSendCommit(changetype<Tcb>(at), octets) : refusal(fd);
}

/** Octets that can be read at `recv_ptr`; 0 at the end of the stream, -EAGAIN when there is nothing yet, or the error. */
export function recv_ready(fd: i32): i32 {
  const at = octetsOf(fd);
  return at ? streamReceiveReady(changetype<Tcb>(at)) : refusal(fd);
}

/** Where the octets of `recv_ready` lie; 0 for what is no stream. */
export function recv_ptr(fd: i32): usize {
  const at = octetsOf(fd);
  return at ? streamReceivePtr(changetype<Tcb>(at)) : 0;
}

/** `octets` of the span have been read: the peer may send as many more. */
export function recv_release(fd: i32, octets: u32): i32 {
  const at = octetsOf(fd);
  return at ? streamReceiveRelease(changetype<Tcb>(at), octets) : refusal(fd);
}
