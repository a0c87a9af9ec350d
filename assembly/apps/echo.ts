import { Owner } from "../abi";
import { scratch, scratch_size } from "../exports";
import { aside } from "../lib/address";
import { wouldBlock } from "../lib/result";
import { TcpListener, TcpStream } from "../lib/tcp";
import { UdpSocket } from "../lib/udp";
import { nextEvent } from "../socket/calls";

/** Echo, RFC 862: what comes to port 7 goes back to where it came from, over TCP and over UDP. */
const PORT: u32 = 7;
const BACKLOG: u32 = 4;
/**
 * Datagrams from ports below this are not answered: another echo, chargen, time or DNS server would answer the answer, and two
 * machines would talk for ever at the command of one forged datagram.
 */
const SERVICE_PORTS: u32 = 1024;

@unmanaged
class Service {
  streams: TcpListener;
  datagrams: UdpSocket;
}
const service = changetype<Service>(memory.data(8, 4));

/** Open the two sockets. Returns 0 or -errno. */
export function startEcho(): i32 {
  service.streams = TcpListener.bind(Owner.Echo, PORT, BACKLOG);
  service.datagrams = UdpSocket.bind(Owner.Echo, PORT);
  return min(service.streams.result, service.datagrams.result);
}

/** Look at every socket something happened to. */
export function echo(): void {
  for (let fd = nextEvent(Owner.Echo); fd >= 0; fd = nextEvent(Owner.Echo)) {
    if (service.streams.is(fd)) welcome(service.streams);
    else if (service.datagrams.is(fd)) answer(service.datagrams);
    else reflect(TcpStream.of(fd));
  }
}

function welcome(listener: TcpListener): void {
  for (let stream = listener.accept(); stream.isOpen; stream = listener.accept()) {
    stream.keepAlive();
    reflect(stream);
  }
}

/**
 * Copy from the receive span to the send span until one of them is used up; an event follows when there is more. The end of the
 * peer's stream is seen only after all of it was copied, and `close` still sends what is queued.
 */
function reflect(stream: TcpStream): void {
  let ready = stream.readable;
  while (ready > 0) {
    const room = stream.writable;
    if (room <= 0) return blocked(stream, room);
    const length = min(ready, room);
    memory.copy(stream.writePtr, stream.readPtr, length);
    stream.commit(length);
    stream.release(length);
    ready = stream.readable;
  }
  blocked(stream, ready);
}

/** Nothing to do for now; or, after the end or an error, ever. */
function blocked(stream: TcpStream, why: i32): void {
  if (!wouldBlock(why)) stream.close();
}

/** Datagrams pass through the scratch region, which hosts do not count on from one call to the next. */
function answer(socket: UdpSocket): void {
  let length = receive(socket);
  while (length >= 0) {
    if (aside.port >= SERVICE_PORTS) socket.send(scratch(), length, aside);
    length = receive(socket);
  }
}

/** The next datagram and where it came from; its length, or -errno. */
function receive(socket: UdpSocket): i32 {
  return socket.receive(scratch(), scratch_size(), aside);
}
