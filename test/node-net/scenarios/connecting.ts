import { closed, event, type Stage, turns } from "../stage";

/** How a connection begins, and how it does not. */
export const connecting: Record<string, (stage: Stage) => Promise<void>> = {
  async "what a socket says of itself, from beginning to end"(stage) {
    const { server, port } = await stage.serve();
    const socket = stage.watch("client", new stage.near.Socket());
    const look = (when: string): void => {
      const { connecting, pending, readyState, destroyed, readable, writable, bytesRead, bytesWritten, timeout, bufferSize } =
        socket;
      stage.note("client", when, {
        connecting,
        pending,
        readyState,
        destroyed,
        readable,
        writable,
        bytesRead,
        bytesWritten,
        timeout,
        bufferSize,
      });
      const { localAddress, localFamily, remoteAddress, remotePort, remoteFamily } = socket;
      stage.note("client", when, {
        localAddress: localAddress !== undefined,
        localFamily,
        remoteAddress,
        remotePort,
        remoteFamily,
      });
    };
    look("new");
    stage.note("client", "address", socket.address());
    socket.connect(port, stage.host);
    look("connecting");
    await event(socket, "connect");
    look("connected");
    socket.write("abc");
    look("written");
    socket.end();
    look("ended");
    await closed(socket);
    look("closed");
    stage.note("client", "address", socket.address());
    server.close();
    await closed(server);
  },

  async refused(stage) {
    const { server, port } = await stage.serve();
    server.close();
    await closed(server);
    await closed(stage.connect({ port }));
  },

  async "refused, with a local port of its own"(stage) {
    const { server, port } = await stage.serve();
    server.close();
    await closed(server);
    stage.alias(34567, "LOCAL");
    await closed(stage.connect({ port, localPort: 34567, localAddress: stage.place.nobody }));
  },

  async "from a local port"(stage) {
    const { port } = await stage.serve((peer) => {
      stage.note("peer", "from", peer.remotePort);
      peer.end();
    });
    stage.alias(34568, "LOCAL");
    const client = stage.connect({ port, localPort: 34568 });
    await event(client, "connect");
    stage.note("client", "from", client.localPort);
    await closed(client);
  },

  async "from an address that is not ours"(stage) {
    const { port } = await stage.serve();
    await closed(stage.connect({ port, localAddress: "192.0.2.9" }));
  },

  async "the options of the constructor are those of connect"(stage) {
    const { port } = await stage.serve((peer) => peer.end("x"));
    const client = stage.connect({ port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 1000, timeout: 5000 });
    stage.note("client", "timeout", client.timeout);
    await closed(client);
  },

  async "the forms of connect()"(stage) {
    const { port } = await stage.serve((peer) => peer.end());
    const tell = (form: string) => (): void => stage.note(form, "listener");
    const sockets = [
      stage.near.connect(port, stage.host, tell("port, host")),
      stage.near.createConnection({ port, host: stage.host }, tell("options")),
      new stage.near.Socket().connect(port, stage.host, tell("socket, port")),
      new stage.near.Socket().connect({ port: String(port) as never, host: stage.host }, tell("port in digits")),
    ];
    for (const socket of sockets) socket.resume();
    await closed(...sockets);
  },

  async "destroy() before it is connected"(stage) {
    const { port } = await stage.serve();
    const client = stage.connect({ port });
    client.destroy();
    stage.note("client", "is", client.connecting, client.destroyed);
    await closed(client);
    await turns();
  },

  async "destroy() in the listener of 'connect'"(stage) {
    const { port } = await stage.serve();
    const client = stage.connect({ port });
    client.once("connect", () => client.destroy());
    await closed(client);
  },

  async "end() before it is connected"(stage) {
    const { port } = await stage.serve();
    const client = stage.connect({ port });
    client.end("early");
    await closed(client);
  },

  async "write before it is connected"(stage) {
    const { port } = await stage.serve();
    const client = stage.connect({ port });
    stage.note(
      "client",
      "write ->",
      client.write("one", () => stage.note("client", "one is written")),
    );
    client.write("zwö", "latin1", () => stage.note("client", "two is written"));
    stage.note("client", "bytes", client.bytesWritten);
    await event(client, "connect");
    await turns();
    stage.note("client", "bytes", client.bytesWritten);
    client.end();
    await closed(client);
  },

  async "write before it is connected, which it never is"(stage) {
    const { server, port } = await stage.serve();
    server.close();
    await closed(server);
    const client = stage.connect({ port });
    client.write("lost", (error) => stage.note("client", "write callback", error));
    client.write("lost too", (error) => stage.note("client", "second callback", error));
    await closed(client);
    await turns();
  },

  async "write, then destroy, before it is connected"(stage) {
    const { port } = await stage.serve();
    const client = stage.connect({ port });
    client.write("lost", (error) => stage.note("client", "write callback", error));
    client.destroy();
    await closed(client);
    await turns();
  },

  async "the same socket connects again"(stage) {
    const { port } = await stage.serve((peer) => peer.end("hello"));
    const client = stage.connect({ port });
    await closed(client);
    client.connect(port, stage.host);
    stage.note("client", "again", client.connecting, client.destroyed);
    await event(client, "close");
  },

  async "a name, and the lookup of the caller"(stage) {
    const { port } = await stage.serve((peer) => peer.end());
    const lookup = (name: string, options: unknown, callback: (...args: unknown[]) => void): void => {
      stage.note("lookup", name, options);
      callback(null, stage.host, 4);
    };
    await closed(stage.connect({ port, host: "some.where", lookup: lookup as never, autoSelectFamily: false }));
  },

  async "a name with several addresses, the first of which refuses"(stage) {
    const { port } = await stage.serve((peer) => peer.end());
    const lookup = (name: string, options: unknown, callback: (...args: unknown[]) => void): void => {
      stage.note("lookup", name, options);
      const found = [stage.place.nobody, stage.host].map((address) => ({ address, family: 4 }));
      process.nextTick(callback, null, found);
    };
    const client = stage.connect({ port, host: "some.where", lookup: lookup as never });
    await closed(client);
    stage.note("client", "tried", client.autoSelectFamilyAttemptedAddresses);
  },

  async "a name with several addresses, all of which refuse"(stage) {
    const { server, port } = await stage.serve();
    server.close();
    await closed(server);
    const lookup = (_name: string, _options: unknown, callback: (...args: unknown[]) => void): void => {
      callback(
        null,
        [stage.place.nobody, stage.host].map((address) => ({ address, family: 4 })),
      );
    };
    const client = stage.connect({ port, host: "some.where", lookup: lookup as never });
    client.on("error", (error: AggregateError) => stage.note("client", ...(error.errors as Error[])));
    await closed(client);
  },

  async "a name with one address"(stage) {
    const { port } = await stage.serve((peer) => peer.end());
    const lookup = (_name: string, _options: unknown, callback: (...args: unknown[]) => void): void => {
      callback(null, [{ address: stage.host, family: 4 }]);
    };
    await closed(stage.connect({ port, host: "some.where", lookup: lookup as never }));
  },

  async "a lookup that fails"(stage) {
    const lookup = (name: string, _options: unknown, callback: (...args: unknown[]) => void): void => {
      callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND", syscall: "getaddrinfo" }));
    };
    await closed(stage.connect({ port: 80, host: "no.where", lookup: lookup as never }));
  },

  async "a lookup that fails, without choice of the family"(stage) {
    const lookup = (_name: string, _options: unknown, callback: (...args: unknown[]) => void): void =>
      callback(new Error("no idea"));
    await closed(stage.connect({ port: 80, host: "no.where", lookup: lookup as never, family: 4 }));
  },

  async "a lookup that finds what is no address"(stage) {
    const lookup = (_name: string, _options: unknown, callback: (...args: unknown[]) => void): void =>
      callback(null, "nonsense", 4);
    await closed(stage.connect({ port: 80, host: "no.where", lookup: lookup as never, family: 4 }));
  },

  async "a lookup that finds what is no family"(stage) {
    const lookup = (_name: string, _options: unknown, callback: (...args: unknown[]) => void): void =>
      callback(null, "1.2.3.4", 100);
    await closed(stage.connect({ port: 80, host: "no.where", lookup: lookup as never, family: 4 }));
  },

  async "destroy() in the listener of 'lookup'"(stage) {
    const lookup = (_name: string, _options: unknown, callback: (...args: unknown[]) => void): void =>
      callback(null, stage.host, 4);
    const client = stage.connect({ port: 80, host: "no.where", lookup: lookup as never, family: 4 });
    client.once("lookup", () => client.destroy());
    stage.note("client", "is", client.connecting, client.destroyed);
    await turns();
  },

  async "a signal that aborts while it connects"(stage) {
    const { port } = await stage.serve();
    const abort = new AbortController();
    const client = stage.connect({ port, signal: abort.signal });
    abort.abort();
    await closed(client);
  },

  async "a signal that aborts a connection"(stage) {
    const abort = new AbortController();
    const { client, peer } = await stage.pair({ client: { signal: abort.signal } });
    abort.abort(new Error("the reason"));
    await closed(client, peer);
  },

  async "arguments that are wrong"(stage) {
    const { near } = stage;
    const go = (options: unknown): unknown => new near.Socket().on("error", () => {}).connect(options as never);
    stage.try("call", "nothing", () => go({}));
    for (const port of [-1, 65536, 1.5, "", "abc", NaN, null, {}, true])
      stage.try("call", `port ${JSON.stringify(port)}`, () => go({ port }));
    stage.try("call", "port", () => near.connect(70000));
    stage.try("call", "localAddress", () => go({ port: 1, localAddress: "here" }));
    stage.try("call", "localPort", () => go({ port: 1, localPort: "x" }));
    stage.try("call", "lookup", () => go({ port: 1, host: "a", lookup: "x" }));
    stage.try("call", "autoSelectFamily", () => go({ port: 1, host: "a", autoSelectFamily: 3 }));
    stage.try("call", "attemptTimeout", () => go({ port: 1, host: "a", autoSelectFamilyAttemptTimeout: "x" }));
    stage.try("call", "attemptTimeout 0", () => go({ port: 1, host: "a", autoSelectFamilyAttemptTimeout: 0 }));
    stage.try("call", "signal", () => new near.Socket({ signal: {} as never }));
    stage.try("call", "objectMode", () => new near.Socket({ objectMode: true }));
    stage.try("call", "readableObjectMode", () => new near.Socket({ readableObjectMode: true }));
    stage.try("call", "writableObjectMode", () => new near.Socket({ writableObjectMode: true }));
    stage.try("call", "keepAliveInitialDelay", () => new near.Socket({ keepAliveInitialDelay: "x" } as never));
  },
};
