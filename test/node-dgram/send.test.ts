import type { Socket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe } from "vitest";
import { same, turns } from "./pair";

const HERE = "127.0.0.1";

/** The calls as a program in JavaScript may make them. */
type Loose = (...args: unknown[]) => void;
function loose(socket: Socket): { send: Loose; connect: Loose } {
  return { send: socket.send.bind(socket) as Loose, connect: socket.connect.bind(socket) as Loose };
}

describe("createDgram as node:dgram: sending and receiving", () => {
  same("a datagram comes with its sender and its size; sending binds", async (log) => {
    const server = await log.bound("server");
    log.watch("server", server, "message");
    const client = log.socket();
    log.watch("client", client, "listening", "message");
    client.send("hello", server.address().port, HERE, (error, bytes) => {
      log.port(client, "client");
      log.add("sent", error, bytes);
    });
    const [, from] = (await once(server, "message")) as [Buffer, AddressInfo];
    server.send("and you?", from.port, from.address);
    await once(client, "message");
  });

  same("every kind of data and every order of arguments", async (log) => {
    const server = await log.bound("server");
    const { port } = server.address();
    const client = await log.bound("client");
    const { send } = loose(client);
    const bytes = Uint8Array.from({ length: 10 }, (_, i) => 65 + i);
    const calls: unknown[][] = [
      ["text", port, HERE],
      ["text ü", port],
      ["a port in digits", String(port), HERE],
      [Buffer.from("buffer"), port, HERE],
      [bytes, port, HERE],
      [new DataView(bytes.buffer, 2, 3), port, HERE],
      [new Uint16Array(bytes.buffer, 4, 2), port, HERE],
      [bytes, 1, 3, port, HERE],
      [bytes, 1, 3, port],
      ["a piece of text", 2, 5, port, HERE],
      [[Buffer.from("one "), "two ", bytes], port, HERE],
      [[], port, HERE],
      ["", port, HERE],
      [bytes, 10, 0, port, HERE],
    ];
    for (const [i, args] of calls.entries()) {
      const got = once(server, "message");
      send(...args, (...results: unknown[]) => log.add("callback", i, ...results));
      const [message, from] = (await got) as [Buffer, object];
      await turns(2);
      log.add(i, message, from);
    }
  });

  same("what is no data, no port, no address is refused", async (log) => {
    const socket = await log.bound("socket");
    const { send } = loose(socket);
    log.call("nothing", () => send());
    log.call("no port", () => send("x"));
    log.call("port 0", () => send("x", 0, HERE));
    log.call("port 65536", () => send("x", 65536, HERE));
    log.call("port -1", () => send("x", -1, HERE));
    log.call("port 1.5", () => send("x", 1.5, HERE));
    log.call("port text", () => send("x", "http", HERE));
    log.call("a number", () => send(5, 80, HERE));
    log.call("an object", () => send({}, 80, HERE));
    log.call("a list with a number", () => send(["a", 5], 80, HERE));
    log.call("no buffer to take a part of", () => send(5, 0, 1, 80, HERE));
    log.call("address", () => send("x", 80, 5));
    log.call("offset", () => send("abc", 4, 0, 80, HERE));
    log.call("length", () => send("abc", 1, 3, 80, HERE));
    log.call("a negative offset", () => send("abc", -1, 1, 80, HERE));
  });

  same("the order of return, callbacks, messages, and of what follows", async (log) => {
    const server = await log.bound("server");
    const { port } = server.address();
    const client = await log.bound("client");
    log.watch("server", server, "message");
    for (const word of ["one", "two", "three"]) {
      client.send(word, port, HERE, (...results) => log.add(word, "sent", ...results));
      log.add(word, "returned");
    }
    process.nextTick(() => log.add("next tick"));
    await turns();
  });

  same("a datagram sent from within 'message' does not arrive within it", async (log) => {
    const socket = await log.bound("socket");
    const { port } = socket.address();
    socket.on("message", (message) => {
      log.add("in", message);
      if (message.length < 5) socket.send(`${message.toString()}+`, port, HERE);
      log.add("out", message);
    });
    socket.send("a", port, HERE);
    await turns();
  });

  same("fifty in a row arrive in order", async (log) => {
    const server = await log.bound("server");
    const client = await log.bound("client");
    let count = 0;
    const all = new Promise<void>((resolve) =>
      server.on("message", (message) => {
        log.add(message);
        if (++count === 50) resolve();
      }),
    );
    for (let i = 0; i < 50; i++) client.send(`number ${i}`, server.address().port, HERE);
    await all;
  });

  same("too long for a datagram: EMSGSIZE, to the callback only", async (log) => {
    const socket = await log.bound("socket");
    log.watch("socket", socket, "error", "message");
    const long = Buffer.alloc(70_000);
    socket.send(long, 4000, HERE, (...results) => log.add("callback", ...results));
    socket.send(long, 4000, HERE);
    await turns();
  });

  same("names are looked up for each datagram; a failure goes to the callback, or is an 'error'", async (log) => {
    const server = await log.bound("server");
    const { port } = server.address();
    log.watch("server", server, "message");
    const socket = log.socket({
      type: "udp4",
      lookup: (name: string, family: number, done: (error: Error | null, address: string) => void) => {
        log.add("lookup", name, family);
        setImmediate(() => (name === "nobody.test" ? done(new Error("no such name"), "") : done(null, HERE)));
      },
    });
    log.watch("socket", socket, "error", "listening");
    socket.bind(0, "here.test");
    await once(socket, "listening");
    log.port(socket, "client");
    socket.send("one", port, "server.test");
    socket.send("two", port);
    socket.send("three", port, "nobody.test", (error) => log.add("callback", error));
    await turns();
    socket.send("four", port, "nobody.test");
    await turns();
  });

  same("what is sent while the socket is being bound goes out when it is", async (log) => {
    const server = await log.bound("server");
    const { port } = server.address();
    server.on("message", (message) => log.add(message));
    const client = log.socket();
    log.watch("client", client, "listening");
    client.bind(0, HERE);
    client.send("early", port, HERE, () => log.add("early sent"));
    client.send("early too", port, HERE, () => log.add("early too sent"));
    log.add("queue", client.getSendQueueSize(), client.getSendQueueCount());
    await turns();
    log.add("queue", client.getSendQueueSize(), client.getSendQueueCount());
  });

  same("what waits for a bind that fails is never sent", async (log) => {
    const server = await log.bound("server");
    const { port } = server.address();
    server.on("message", (message) => log.add(message));
    const client = log.socket();
    log.watch("client", client, "listening", "error");
    client.bind(port, HERE);
    client.send("lost", port, HERE, () => log.add("never"));
    await turns();
    client.send("not lost", port, HERE, () => log.add("sent"));
    await turns();
  });

  same("broadcasts need setBroadcast: EACCES", async (log) => {
    const socket = log.socket();
    await new Promise<void>((resolve) => socket.bind(0, resolve));
    socket.send("x", 4000, "255.255.255.255", (error) => log.add("callback", error));
    await turns();
    log.call("on", () => socket.setBroadcast(true));
    log.call("off", () => socket.setBroadcast(false));
  });
});
