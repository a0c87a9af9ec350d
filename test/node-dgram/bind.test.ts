import { once } from "node:events";
import { describe } from "vitest";
import { same, turns } from "./pair";

const HERE = "127.0.0.1";

describe("createDgram as node:dgram: binding", () => {
  same("'listening' comes after bind has returned, then the socket has an address", async (log) => {
    const socket = log.socket();
    log.watch("socket", socket, "listening", "error", "close");
    log.add("bind returns", socket.bind(0, HERE, () => log.add("callback")) === socket);
    await once(socket, "listening");
    log.port(socket, "P");
    log.call("address", () => socket.address());
  });

  same("every way to say where", async (log) => {
    const first = log.socket();
    first.bind(0, HERE);
    await once(first, "listening");
    const port = log.port(first, "P");
    const ways = [
      (done: () => void) => log.socket().bind(done),
      (done: () => void) => log.socket().bind(0, done),
      (done: () => void) => log.socket().bind(undefined, undefined, done),
      (done: () => void) => log.socket().bind({ port: 0 }, done),
      (done: () => void) => log.socket().bind({ port: 0, address: HERE, exclusive: true }, done),
      (done: () => void) => log.socket().bind({ port, address: "127.0.0.2", exclusive: false }, done),
      (done: () => void) => log.socket().bind(port, "127.0.0.3", done),
      (done: () => void) => log.socket().bind({ port, address: "" }, done).on("error", done),
    ];
    for (const [i, way] of ways.entries()) {
      await new Promise<void>((resolve) => {
        const socket = way(() => {
          log.call(`way ${i}`, () => {
            const { address, family } = socket.address();
            return { address, family };
          });
          resolve();
        });
      });
    }
  });

  same("a second bind throws ERR_SOCKET_ALREADY_BOUND, at once and later", async (log) => {
    const socket = log.socket();
    socket.bind(0, HERE);
    log.call("binding", () => socket.bind(0));
    await once(socket, "listening");
    log.call("bound", () => socket.bind(0, () => log.add("never")));
  });

  same("a port in use is an 'error'; the callback is not called, and the socket can be bound to another", async (log) => {
    const first = await log.bound("P");
    const socket = log.socket();
    log.watch("socket", socket, "listening", "error");
    socket.bind(first.address().port, HERE, () => log.add("callback of the first"));
    await once(socket, "error").catch(() => undefined);
    await turns();
    socket.bind(0, HERE, () => log.add("callback of the second"));
    await once(socket, "listening");
  });

  same("an address that is not ours: EADDRNOTAVAIL", async (log) => {
    const socket = log.socket();
    log.watch("socket", socket, "listening", "error");
    socket.bind(0, "192.0.2.1");
    await turns();
  });

  same("reuseAddr lets two have one port, if both want it", async (log) => {
    const first = log.socket({ type: "udp4", reuseAddr: true });
    await new Promise<void>((resolve) => first.bind(0, HERE, resolve));
    const port = log.port(first, "P");
    const second = log.socket({ type: "udp4", reuseAddr: true });
    log.watch("second", second, "listening", "error");
    second.bind(port, HERE);
    await turns();
    const third = log.socket();
    log.watch("third", third, "listening", "error");
    third.bind(port, HERE);
    await turns();
  });

  same("what is no socket's type, no function, no signal, no size is refused by the constructor", (log) => {
    const make = log.socket.bind(log) as (options: unknown) => unknown;
    log.call("udp5", () => make("udp5"));
    log.call("nothing", () => make(undefined));
    log.call("null", () => make(null));
    log.call("lookup", () => make({ type: "udp4", lookup: 5 }));
    log.call("signal", () => make({ type: "udp4", signal: "now" }));
    log.call("recvBufferSize", () => make({ type: "udp4", recvBufferSize: "big" }));
    log.call("sendBufferSize", () => make({ type: "udp4", sendBufferSize: { big: true } }));
    log.call("type", () => (make("udp4") as { type: string }).type);
  });

  same("a lookup of one's own is asked for the address to bind to; its failure is the socket's 'error'", async (log) => {
    const lookup = (name: string, family: number, done: (error: Error | null, address: string) => void): void => {
      log.add("lookup", name, family);
      if (name === "nobody.test") done(new Error("no such name"), "");
      else done(null, HERE);
    };
    const socket = log.socket({ type: "udp4", lookup });
    log.watch("socket", socket, "listening", "error");
    socket.bind(0, "nobody.test", () => log.add("never"));
    socket.bind(0, "somebody.test");
    log.port(socket, "P");
    log.call("address", () => socket.address());
  });

  same("before it is bound nothing can be asked or set: EBADF", (log) => {
    const socket = log.socket();
    log.call("address", () => socket.address());
    log.call("setBroadcast", () => socket.setBroadcast(true));
    log.call("setTTL", () => socket.setTTL(7));
    log.call("setTTL", () => socket.setTTL(0));
    log.call("setMulticastTTL", () => socket.setMulticastTTL(7));
    log.call("setMulticastLoopback", () => socket.setMulticastLoopback(false));
    log.call("setMulticastInterface", () => socket.setMulticastInterface(HERE));
    log.call("getRecvBufferSize", () => socket.getRecvBufferSize());
    log.call("setSendBufferSize", () => socket.setSendBufferSize(1000));
    log.call("getSendQueueSize", () => socket.getSendQueueSize());
    log.call("remoteAddress", () => socket.remoteAddress());
    log.call("disconnect", () => socket.disconnect());
    log.call("ref", () => socket.ref() === socket && socket.unref() === socket);
  });
});
