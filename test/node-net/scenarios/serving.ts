import type { Socket } from "../../../host/node/net";
import { closed, event, type Stage, turns } from "../stage";

/** Servers. */
export const serving: Record<string, (stage: Stage) => Promise<void>> = {
  async "listening, address, close"(stage) {
    const server = stage.watchServer("server", stage.far.createServer());
    const look = (when: string): void => stage.note("server", when, server.listening, server.address() !== null);
    look("new");
    stage.note(
      "server",
      "listen ->",
      server.listen(0, stage.host, () => stage.note("server", "callback")),
    );
    look("called");
    await event(server, "listening");
    look("listening");
    const { port, ...address } = server.address()!;
    stage.note("server", address, port > 1023);
    stage.note(
      "server",
      "close ->",
      server.close((error) => stage.note("server", "close callback", error)),
    );
    look("closing");
    await closed(server);
  },

  async "listen() without a host is heard at once"(stage) {
    const server = stage.watchServer("server", stage.far.createServer());
    server.listen(0);
    stage.note("server", "called", server.listening, server.address() !== null);
    await event(server, "listening");
    server.close();
    await closed(server);
  },

  async "close() leaves connections alone, and waits for them"(stage) {
    const { client, peer, server, port } = await stage.pair();
    server.close(() => stage.note("server", "close callback"));
    await turns();
    stage.note("server", "listening", server.listening);
    await closed(stage.connect({ port }, { actor: "late" }));
    stage.note("server", "still open");
    client.end("x");
    await closed(client, peer, server);
  },

  async "close() twice, and without listen()"(stage) {
    const { server } = await stage.serve();
    server.close((error) => stage.note("server", "first", error));
    server.close((error) => stage.note("server", "second", error));
    await event(server, "close");
    await turns();
    const never = stage.watchServer("never", stage.far.createServer());
    never.close((error) => stage.note("never", "callback", error));
    await event(never, "close");
  },

  async "close() before the lookup of listen() is done"(stage) {
    const server = stage.watchServer("server", stage.far.createServer());
    server.listen(0, stage.host);
    server.close((error) => stage.note("server", "callback", error));
    await event(server, "close");
    await turns();
  },

  async "listen() twice"(stage) {
    const { server } = await stage.serve();
    stage.try("server", "listen", () => server.listen(0));
    server.close();
    await closed(server);
    await new Promise<void>((resolve) => server.listen(0, stage.host, resolve));
    stage.note("server", "again", server.listening);
  },

  async "a port in use"(stage) {
    const { port } = await stage.serve();
    const second = stage.watchServer("second", stage.far.createServer());
    second.listen(port, stage.host);
    await event(second, "error");
    stage.note("second", "listening", second.listening);
  },

  async "an address that is not ours"(stage) {
    const server = stage.watchServer("server", stage.far.createServer());
    server.listen(0, "192.0.2.9");
    await event(server, "error");
  },

  async "the same port again, after connections"(stage) {
    const { client, peer, server, port } = await stage.pair();
    peer.end();
    await closed(client, peer);
    server.close();
    await closed(server);
    server.listen(port, stage.host);
    await event(server, "listening");
  },

  async "getConnections()"(stage) {
    const { client, peer, server } = await stage.pair();
    const count = (): Promise<void> =>
      new Promise((resolve) => {
        const answer = server.getConnections((error, number) => {
          stage.note("server", "connections", error, number);
          resolve();
        });
        stage.note("server", "getConnections ->", answer);
      });
    await count();
    client.end();
    await closed(client, peer);
    await count();
  },

  async "maxConnections and 'drop'"(stage) {
    const { client, server, port } = await stage.pair();
    server.maxConnections = 1;
    server.on("drop", (data: Record<string, unknown>) => {
      stage.note("server", "drop", Object.keys(data), data.localAddress, data.localPort, data.localFamily, data.remoteFamily);
    });
    const second = stage.connect({ port }, { actor: "second" });
    await closed(second);
    client.end();
    await closed(client);
  },

  async "a signal closes it"(stage) {
    const abort = new AbortController();
    const server = stage.watchServer("server", stage.far.createServer());
    server.listen({ port: 0, host: stage.host, signal: abort.signal });
    await event(server, "listening");
    abort.abort();
    await event(server, "close");
    stage.note("server", "listening", server.listening);
  },

  async "a signal that is aborted already"(stage) {
    const server = stage.watchServer("server", stage.far.createServer());
    server.listen({ port: 0, signal: AbortSignal.abort() });
    await event(server, "close");
    await turns();
  },

  async asyncDispose(stage) {
    const { server } = await stage.serve();
    await server[Symbol.asyncDispose]();
    stage.note("server", "listening", server.listening);
    await server[Symbol.asyncDispose]();
  },

  async "an async listener that fails ends its connection"(stage) {
    const server = stage.watchServer("server", stage.far.createServer());
    // The option of EventEmitter has no way in through createServer: it is what `events.captureRejections` sets.
    Reflect.set(
      server,
      Object.getOwnPropertySymbols(server).find((key) => key.description === "kCapture")!,
      true,
    );
    server.on("connection", (peer: Socket): unknown => {
      stage.watch("peer", peer);
      return Promise.reject(new Error("not ready"));
    });
    await new Promise<void>((resolve) => server.listen(0, stage.host, resolve));
    const { port } = server.address()!;
    stage.alias(port, "PORT");
    const client = stage.connect({ port });
    await closed(client);
  },

  async "options of a server, and its sockets"(stage) {
    const { server, port } = await stage.serve(undefined, {
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 5500,
    });
    const { allowHalfOpen, pauseOnConnect, listening } = server;
    stage.note("server", { allowHalfOpen, pauseOnConnect, listening });
    const arriving = event(server, "connection");
    const client = stage.connect({ port });
    await event(client, "connect");
    const peer = (await arriving) as typeof client;
    stage.note("peer", peer.allowHalfOpen, peer.server === server, peer.remoteFamily, peer.localPort, peer.localAddress);
    client.destroy();
    peer.destroy();
    await closed(client, peer);
  },

  async "arguments that are wrong"(stage) {
    const { far } = stage;
    stage.try("call", "options", () => far.createServer("x" as never));
    stage.try("call", "options", () => far.createServer(5 as never));
    stage.try("call", "keepAliveInitialDelay", () => far.createServer({ keepAliveInitialDelay: "x" as never }));
    stage.try("call", "highWaterMark", () => far.createServer({ highWaterMark: "x" as never }));
    for (const port of [-1, 65536, 1.5, "abc", NaN, false]) {
      stage.try("call", `port ${String(port)}`, () => far.createServer().listen({ port: port as never }));
    }
    stage.try("call", "port", () => far.createServer().listen(70000));
    stage.try("call", "nothing", () => far.createServer().listen({} as never));
    stage.try("call", "port {}", () => far.createServer().listen({ port: {} } as never));
    stage.try("call", "signal", () => far.createServer().listen({ port: 0, signal: "INVALID" as never }));
  },
};
