import { Owner, SocketType } from "../abi";
import { accept, close, nextEvent, recv_ready, recv_release, recvfrom } from "../socket/calls";
import { serveOn } from "./listen";
import { isLater, keepAlive } from "./options";

/** Discard, RFC 863: whatever comes to port 9 is thrown away, over TCP and over UDP. */
const PORT: u32 = 9;
const BACKLOG: u32 = 4;
const listener = memory.data(4, 4);
const datagrams = memory.data(4, 4);

/** Open the two sockets. Returns 0 or -errno. */
export function startDiscard(): i32 {
  const stream = serveOn(Owner.Discard, SocketType.SOCK_STREAM, PORT, BACKLOG);
  const datagram = serveOn(Owner.Discard, SocketType.SOCK_DGRAM, PORT, 0);
  store<i32>(listener, stream);
  store<i32>(datagrams, datagram);
  return min(0, min(stream, datagram));
}

/** Look at every socket something happened to. */
export function discard(): void {
  for (let fd = nextEvent(Owner.Discard); fd >= 0; fd = nextEvent(Owner.Discard)) {
    if (fd == load<i32>(listener)) welcome(fd);
    else if (fd == load<i32>(datagrams)) while (recvfrom(fd, 0, 0, 0, 0) >= 0);
    else swallow(fd);
  }
}

function welcome(from: i32): void {
  for (let fd = accept(from, 0); fd >= 0; fd = accept(from, 0)) {
    keepAlive(fd);
    swallow(fd);
  }
}

/** Throw away what has arrived; at the end of the stream, or after an error, close. */
function swallow(fd: i32): void {
  let ready = recv_ready(fd);
  while (ready > 0) {
    recv_release(fd, ready);
    ready = recv_ready(fd);
  }
  if (!isLater(ready)) close(fd);
}
