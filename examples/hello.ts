/**
 * A firmware of your own: whoever connects to TCP port 7000 is greeted and hung up on.
 *
 *     npm run build -- --app examples/hello.ts
 *
 * A firmware is one file that exports the stack's calls, `serve` and `poll`. State lives in `memory.data`, text in `text(...)`;
 * there are no objects, no strings and no closures.
 */
import { AddressRecord, Family, Owner, SocketType } from "../assembly/abi";
import { accept, bind, close, listen, nextEvent, send, socketOf } from "../assembly/socket/calls";
import { input, output } from "../assembly/stack";

export * from "../assembly/exports";

const PORT: u16 = 7000;
const GREETING: usize = text("Hello from Sandwire\r\n");
const address = memory.data(AddressRecord.size, 4);

/** Open the listening socket. Returns 0 or -errno. */
export function serve(): i32 {
  const listener = socketOf(Owner.App, Family.AF_INET, SocketType.SOCK_STREAM, 0);
  if (listener < 0) return listener;
  store<u16>(address, Family.AF_INET, AddressRecord.family);
  store<u16>(address, PORT, AddressRecord.port);
  const result = bind(listener, address);
  return result < 0 ? result : listen(listener, 4);
}

/** Called for every batch of frames and at every deadline; no call in here ever waits. */
export function poll(now: u32): u32 {
  input(now);
  // An event names a socket to look at. The listener is the only socket of ours that has any: the others are closed at once.
  for (let fd = nextEvent(Owner.App); fd >= 0; fd = nextEvent(Owner.App)) greetAll(fd);
  return output();
}

function greetAll(listener: i32): void {
  for (let fd = accept(listener, 0); fd >= 0; fd = accept(listener, 0)) {
    // A text is its length, then its octets.
    send(fd, GREETING + 2, load<u16>(GREETING), 0);
    close(fd); // what was sent still goes out
  }
}
