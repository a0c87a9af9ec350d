/**
 * A firmware of your own: whoever connects to TCP port 7000 is greeted and hung up on.
 *
 *     npx sandwire build examples/hello.ts
 *
 * A firmware is one file that exports the stack's calls, `serve` and `poll`. State lives in `memory.data`, text in `text(...)`;
 * there are no objects, no strings and no closures: a socket is a number that has a type.
 */
import { input, nextEvent, output, Owner, TcpListener } from "sandwire/assembly";

export * from "sandwire/assembly/exports";

const PORT: u32 = 7000;
const GREETING: usize = text("Hello from Sandwire\r\n");

/** Open the listening socket. Returns 0 or -errno. */
export function serve(): i32 {
  return TcpListener.bind(Owner.App, PORT, 4).result;
}

/** Called for every batch of frames and at every deadline; no call in here ever waits. */
export function poll(now: u32): u32 {
  input(now);
  // An event names a socket to look at. The listener is the only socket of ours that has any: the others are closed at once.
  for (let fd = nextEvent(Owner.App); fd >= 0; fd = nextEvent(Owner.App)) greetAll(TcpListener.of(fd));
  return output();
}

function greetAll(listener: TcpListener): void {
  for (let stream = listener.accept(); stream.isOpen; stream = listener.accept()) {
    stream.writeText(GREETING);
    stream.close(); // what was written still goes out
  }
}
