import { Owner } from "../abi";
import { wouldBlock } from "../lib/result";
import { TcpListener, TcpStream } from "../lib/tcp";
import { UdpSocket } from "../lib/udp";
import { nextEvent } from "../socket/calls";

/** Discard, RFC 863: whatever comes to port 9 is thrown away, over TCP and over UDP. */
const PORT: u32 = 9;
const BACKLOG: u32 = 4;

@unmanaged
class Service {
  streams: TcpListener;
  datagrams: UdpSocket;
}
const service = changetype<Service>(memory.data(8, 4));

/** Open the two sockets. Returns 0 or -errno. */
export function startDiscard(): i32 {
  service.streams = TcpListener.bind(Owner.Discard, PORT, BACKLOG);
  service.datagrams = UdpSocket.bind(Owner.Discard, PORT);
  return min(service.streams.result, service.datagrams.result);
}

/** Look at every socket something happened to. */
export function discard(): void {
  for (let fd = nextEvent(Owner.Discard); fd >= 0; fd = nextEvent(Owner.Discard)) {
    if (service.streams.is(fd)) welcome(service.streams);
    else if (service.datagrams.is(fd)) while (service.datagrams.receive(0, 0) >= 0);
    else swallow(TcpStream.of(fd));
  }
}

function welcome(listener: TcpListener): void {
  for (let stream = listener.accept(); stream.isOpen; stream = listener.accept()) {
    stream.keepAlive();
    swallow(stream);
  }
}

/** Throw away what has arrived; at the end of the stream, or after an error, close. */
function swallow(stream: TcpStream): void {
  let ready = stream.readable;
  while (ready > 0) {
    stream.release(ready);
    ready = stream.readable;
  }
  if (!wouldBlock(ready)) stream.close();
}
