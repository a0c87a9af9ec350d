/**
 * An echo server for many clients (RFC 862) as firmware: what comes to TCP port 7 goes back, without memory of its own.
 *
 *     npx sandwire build examples/echo.ts
 */
import { input, nextEvent, output, Owner, TcpListener, TcpStream, wouldBlock } from "sandwire/assembly";

export * from "sandwire/assembly/exports";

const PORT: u32 = 7;
const BACKLOG: u32 = 8;
/** The listener's descriptor. */
const listener = memory.data(4, 4);

/** Open the listening socket. Returns 0 or -errno. */
export function serve(): i32 {
  const opened = TcpListener.bind(Owner.App, PORT, BACKLOG);
  store<i32>(listener, opened.fd);
  return opened.result;
}

/** One turn for every socket something happened to: no client waits for another. */
export function poll(now: u32): u32 {
  input(now);
  for (let fd = nextEvent(Owner.App); fd >= 0; fd = nextEvent(Owner.App)) {
    if (fd == load<i32>(listener)) welcome(TcpListener.of(fd));
    else reflect(TcpStream.of(fd));
  }
  return output();
}

function welcome(from: TcpListener): void {
  for (let client = from.accept(); client.isOpen; client = from.accept()) {
    client.keepAlive();
    reflect(client);
  }
}

/** Copy from the connection's receive buffer to its send buffer until one of them is used up; an event follows when there is more. */
function reflect(client: TcpStream): void {
  let ready = client.readable;
  while (ready > 0) {
    const room = client.writable;
    if (room <= 0) return ended(client, room);
    const length = min(ready, room);
    memory.copy(client.writePtr, client.readPtr, length);
    client.commit(length);
    client.release(length);
    ready = client.readable;
  }
  ended(client, ready);
}

/** Nothing to read or no room to write: later, unless the connection has come to its end. What was written still goes out. */
function ended(client: TcpStream, result: i32): void {
  if (!wouldBlock(result)) client.close();
}
