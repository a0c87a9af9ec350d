import { closed, event, type Stage, turns } from "../stage";

/** Long enough for a handshake on a busy machine, ms. */
const QUIET = 250;

/** Timeouts and options of a connection. */
export const settings: Record<string, (stage: Stage) => Promise<void>> = {
  async "setTimeout(): silence is told, the connection lives on"(stage) {
    const { client, peer } = await stage.pair();
    stage.note(
      "client",
      "setTimeout ->",
      client.setTimeout(QUIET, () => stage.note("client", "callback")),
    );
    stage.note("client", "timeout", client.timeout);
    await event(client, "timeout");
    stage.note("client", "is", client.destroyed);
    client.setTimeout(0);
    client.end();
    await closed(client, peer);
  },

  async "setTimeout(): what comes begins the time anew"(stage) {
    const { client, peer } = await stage.pair();
    client.setTimeout(QUIET);
    await event(client, "timeout");
    peer.write("x");
    await event(client, "timeout");
    client.setTimeout(0);
    client.end();
    await closed(client, peer);
  },

  async "the timeout option of connect"(stage) {
    const { client, peer } = await stage.pair({ client: { timeout: QUIET } });
    await event(client, "timeout");
    client.destroy();
    await closed(client, peer);
  },

  async "setTimeout(0, listener) takes the listener back"(stage) {
    const { client, peer } = await stage.pair();
    const listener = (): void => stage.note("client", "never");
    client.setTimeout(1000, listener);
    stage.note("client", "listeners", client.listenerCount("timeout"));
    client.setTimeout(0, listener);
    stage.note("client", "listeners", client.listenerCount("timeout"));
    client.end();
    await closed(client, peer);
    stage.note("client", "afterwards", client.setTimeout(5, listener), client.timeout);
  },

  async "setTimeout() with what is no time"(stage) {
    const { client, peer } = await stage.pair();
    for (const time of [-1, Infinity, NaN, "5", undefined, {}])
      stage.try("client", `time ${JSON.stringify(time)}`, () => client.setTimeout(time as never));
    for (const callback of ["x", 1, null, {}]) stage.try("client", "callback", () => client.setTimeout(5, callback as never));
    stage.try("client", "callback", () => client.setTimeout(0, "x" as never));
    client.end();
    await closed(client, peer);
  },

  async "what the setters return"(stage) {
    const { client, peer } = await stage.pair();
    stage.note("client", client.setNoDelay(), client.setNoDelay(false), client.setKeepAlive(true, 2000), client.setKeepAlive());
    stage.note("client", client.ref(), client.unref(), client.ref(), client.pause(), client.resume());
    client.end();
    await closed(client, peer);
    stage.note("client", client.setNoDelay(), client.setKeepAlive(true), client.ref(), client.unref());
  },

  async "setters before it is connected"(stage) {
    const { port } = await stage.serve((peer) => peer.end());
    const socket = stage.watch("client", new stage.near.Socket());
    stage.note("client", socket.setNoDelay(), socket.setKeepAlive(true, 1000), socket.setTimeout(10_000), socket.ref());
    socket.connect(port, stage.host);
    await closed(socket);
  },

  async "a listener may be added to a socket and to a server only once"(stage) {
    const { client, peer, server } = await stage.pair();
    const look = (when: string): void => {
      for (const name of ["connect", "end", "close", "finish", "timeout"]) {
        stage.note("client", when, name, client.listenerCount(name));
        stage.note("peer", when, name, peer.listenerCount(name));
      }
      stage.note("server", when, server.listenerCount("close"), server.listenerCount("listening"));
    };
    look("open");
    client.end();
    await closed(client, peer);
    look("closed");
  },

  async "the names of the classes"(stage) {
    const { client, peer, server } = await stage.pair();
    stage.note("client", client.constructor.name, client instanceof stage.near.Socket, stage.near.Socket.name);
    stage.note("server", server.constructor.name, server instanceof stage.far.Server, stage.far.Server.name);
    client.end();
    await closed(client, peer);
    await turns();
  },

  async helpers(stage) {
    const { near } = stage;
    for (const text of ["1.2.3.4", "::1", "x", "", "1.2.3", "01.2.3.4"])
      stage.note("isIP", text, near.isIP(text), near.isIPv4(text), near.isIPv6(text));
    stage.note("family", near.getDefaultAutoSelectFamily(), near.getDefaultAutoSelectFamilyAttemptTimeout());
    stage.try("family", "not a boolean", () => near.setDefaultAutoSelectFamily(3 as never));
    stage.try("family", "not a number", () => near.setDefaultAutoSelectFamilyAttemptTimeout("x" as never));
    stage.try("family", "zero", () => near.setDefaultAutoSelectFamilyAttemptTimeout(0));
    const list = new near.BlockList();
    list.addAddress("1.2.3.4");
    stage.note("list", list.check("1.2.3.4"), new near.SocketAddress({ address: "1.2.3.4", port: 5 }).port);
  },
};
