import type { Socket } from "node:dgram";
import { once } from "node:events";
import { describe } from "vitest";
import { same, turns } from "./pair";

const HERE = "127.0.0.1";
type Loose = (...args: unknown[]) => void;

async function connect(socket: Socket, port: number): Promise<void> {
  await new Promise<void>((resolve) => socket.connect(port, HERE, resolve));
}

describe("createDgram as node:dgram: connecting", () => {
  same("connect binds, then 'connect' comes; both ends have addresses", async (log) => {
    const server = await log.bound("server");
    const client = log.socket();
    log.watch("client", client, "listening", "connect", "error");
    log.call("connect", () => client.connect(server.address().port, HERE, () => log.add("callback")));
    log.call("remote, too soon", () => client.remoteAddress());
    await once(client, "connect");
    log.port(client, "client");
    log.call("remote", () => client.remoteAddress());
    log.call("local", () => client.address());
  });

  same("every way to say with whom", async (log) => {
    const server = await log.bound("server");
    const { port } = server.address();
    const ways: unknown[][] = [[port], [port, HERE], [String(port), HERE], [port, ""], [port, undefined]];
    for (const way of ways) {
      const socket = log.socket();
      (socket.connect.bind(socket) as Loose)(...way);
      await once(socket, "connect");
      log.call("remote", () => socket.remoteAddress());
    }
    const socket = log.socket();
    await new Promise<void>((resolve) => socket.connect(port, resolve));
    log.call("remote", () => socket.remoteAddress());
  });

  same("then send needs no address, and refuses one", async (log) => {
    const server = await log.bound("server");
    const client = await log.bound("client");
    server.on("message", (message) => log.add(message));
    await connect(client, server.address().port);
    const send = client.send.bind(client) as Loose;
    const done = (...results: unknown[]): void => log.add("callback", ...results);
    const calls: unknown[][] = [
      ["text"],
      ["text", done],
      [["a ", "list"], done],
      [[], done],
      ["a piece of text", 2, 5, done],
      ["a piece of text", 2, 5],
      ["with undefined", undefined, undefined],
      ["with a port", 1, 2, 4000],
      ["with a port", 1, 2, 4000, HERE, done],
      [5],
    ];
    for (const args of calls) {
      log.call("send", () => send(...args));
      await turns(3);
    }
  });

  same("only the peer is heard, until disconnect", async (log) => {
    const server = await log.bound("server");
    const stranger = await log.bound("stranger");
    const client = await log.bound("client");
    const { port } = client.address();
    client.on("message", (message) => log.add(message));
    await connect(client, server.address().port);
    stranger.send("a stranger's", port, HERE);
    server.send("the peer's", port, HERE);
    await turns();
    log.call("disconnect", () => client.disconnect());
    log.call("disconnect again", () => client.disconnect());
    log.call("remote", () => client.remoteAddress());
    stranger.send("a stranger's again", port, HERE);
    await turns();
    log.call("send without an address", () => client.send("x"));
    await connect(client, stranger.address().port);
    log.call("remote", () => client.remoteAddress());
  });

  same("a second connect throws, at once and later", async (log) => {
    const server = await log.bound("server");
    const client = log.socket();
    client.connect(server.address().port, HERE);
    log.call("connecting", () => client.connect(server.address().port, HERE));
    await once(client, "connect");
    log.call("connected", () => client.connect(server.address().port, HERE));
  });

  same("what is no port, no address is refused", (log) => {
    const socket = log.socket();
    const connect = socket.connect.bind(socket) as Loose;
    log.call("nothing", () => connect());
    log.call("port 0", () => connect(0));
    log.call("port 65536", () => connect(65536));
    log.call("port text", () => connect("http"));
    log.call("address", () => connect(80, 5));
    log.call("null", () => connect(80, null));
  });

  same("a name that cannot be looked up: to the callback, or an 'error'; the socket can try again", async (log) => {
    const server = await log.bound("server");
    const lookup = (name: string, _: number, done: (error: Error | null, address: string) => void): void =>
      process.nextTick(() => (name === "nobody.test" ? done(new Error("no such name"), "") : done(null, HERE)));
    const client = log.socket({ type: "udp4", lookup });
    log.watch("client", client, "connect", "error");
    client.connect(server.address().port, "nobody.test", ((error?: Error) => log.add("callback", error)) as () => void);
    await turns();
    client.connect(server.address().port, "nobody.test");
    await turns();
    client.connect(server.address().port, "server.test");
    await turns();
  });

  same("a connected socket hears that nobody is there: ECONNREFUSED; it goes on", async (log) => {
    const gone = await log.bound("gone");
    const { port } = gone.address();
    await new Promise<void>((resolve) => gone.close(resolve));
    const client = await log.bound("client");
    log.watch("client", client, "error", "message");
    await connect(client, port);
    client.send("anybody?", (...results) => log.add("callback", ...results));
    await turns();
    const back = log.socket();
    await new Promise<void>((resolve) => back.bind(port, HERE, resolve));
    back.on("message", (message) => log.add("back", message));
    client.send("now?");
    await turns();
  });

  same("a socket that is not connected hears nothing of it", async (log) => {
    const gone = await log.bound("gone");
    const { port } = gone.address();
    await new Promise<void>((resolve) => gone.close(resolve));
    const client = await log.bound("client");
    log.watch("client", client, "error");
    client.send("anybody?", port, HERE, (...results) => log.add("callback", ...results));
    await turns();
  });
});
