import { closed, event, type Stage, turns } from "../stage";

/** How a connection ends. */
export const ending: Record<string, (stage: Stage) => Promise<void>> = {
  async "the client ends, the server follows"(stage) {
    const { client, peer } = await stage.pair();
    client.end();
    await closed(client, peer);
  },

  async "end() with data, and its callback"(stage) {
    const { client, peer } = await stage.pair();
    client.end("last words", () => stage.note("client", "end callback"));
    await closed(client, peer);
  },

  async "the server ends first"(stage) {
    const { client, peer } = await stage.pair();
    peer.end("that is all");
    await closed(client, peer);
  },

  async "both end at once"(stage) {
    const { client, peer } = await stage.pair();
    client.end("a");
    peer.end("b");
    await closed(client, peer);
  },

  async "half open: the server answers after the client's end"(stage) {
    const { client, peer } = await stage.pair({ server: { allowHalfOpen: true }, client: { allowHalfOpen: true } });
    client.end("question");
    await event(peer, "end");
    stage.note("peer", "is", peer.readyState, peer.writable);
    peer.write("answer");
    peer.end();
    await closed(client, peer);
    stage.note("client", "is", client.readyState, client.destroyed);
  },

  async "half open: a client that keeps writing"(stage) {
    const { client, peer } = await stage.pair({ client: { allowHalfOpen: true } });
    peer.end();
    await event(client, "end");
    stage.note("client", "is", client.readyState);
    client.write("still here");
    client.end();
    await closed(client, peer);
  },

  async "write after end"(stage) {
    const { client, peer } = await stage.pair();
    client.end();
    stage.note(
      "client",
      "write ->",
      client.write("x", (error) => stage.note("client", "write callback", error)),
    );
    await closed(client, peer);
  },

  async "write after the peer's end, in the listener of 'end'"(stage) {
    const { client, peer } = await stage.pair();
    client.once("end", () => {
      stage.note(
        "client",
        "write ->",
        client.write("x", (error) => stage.note("client", "write callback", error)),
      );
    });
    peer.end();
    await closed(client, peer);
  },

  async "write after the peer's end, when that has ended us too"(stage) {
    const { client, peer } = await stage.pair();
    peer.end();
    await event(client, "finish");
    stage.note(
      "client",
      "write ->",
      client.write("x", (error) => stage.note("client", "write callback", error)),
    );
    await closed(client, peer);
  },

  async "end() twice"(stage) {
    const { client, peer } = await stage.pair();
    client.end("once", () => stage.note("client", "first callback"));
    client.end(() => stage.note("client", "second callback"));
    await closed(client, peer);
  },

  async "destroy()"(stage) {
    const { client, peer } = await stage.pair();
    stage.note("client", "destroy ->", client.destroy());
    stage.note("client", "is", client.destroyed, client.readyState, client.pending, client.connecting);
    await closed(client, peer);
  },

  async "destroy(error)"(stage) {
    const { client, peer } = await stage.pair();
    client.destroy(new Error("enough"));
    await closed(client, peer);
  },

  async "write after destroy"(stage) {
    const { client, peer } = await stage.pair();
    client.destroy();
    client.write("x", (error) => stage.note("client", "write callback", error));
    await closed(client, peer);
    client.write("y", (error) => stage.note("client", "late write callback", error));
    await turns();
  },

  async "destroy() in the listener of 'data'"(stage) {
    const { client, peer } = await stage.pair();
    client.once("data", () => client.destroy());
    peer.write("x");
    await closed(client, peer);
  },

  async "destroySoon() sends what was written"(stage) {
    const { client, peer } = await stage.pair();
    client.write("all of this");
    client.destroySoon();
    await closed(client, peer);
  },

  async "destroySoon() after finish"(stage) {
    const { client, peer } = await stage.pair({ server: { allowHalfOpen: true } });
    client.end();
    await event(client, "finish");
    client.destroySoon();
    await event(peer, "end");
    peer.destroy();
    await closed(client, peer);
  },

  async "the peer resets"(stage) {
    const { client, peer } = await stage.pair();
    stage.note("peer", "resetAndDestroy ->", peer.resetAndDestroy());
    await closed(client, peer);
    stage.note("client", "is", client.destroyed, client.readyState);
  },

  async "the peer resets while the client does not read"(stage) {
    const { client, peer } = await stage.pair();
    client.pause();
    await turns();
    peer.resetAndDestroy();
    await closed(peer);
    await turns();
    stage.note("client", "resumes");
    client.resume();
    await closed(client);
  },

  async "the peer resets, the client writes"(stage) {
    const { client, peer } = await stage.pair();
    client.pause();
    await turns();
    peer.resetAndDestroy();
    await closed(peer);
    await turns();
    client.write("x", (error) => stage.note("client", "write callback", error));
    await closed(client);
  },

  async "a reset behind data that was not read yet"(stage) {
    const { client, peer } = await stage.pair();
    client.pause();
    await turns();
    peer.write("unread");
    await turns();
    peer.resetAndDestroy();
    await closed(peer);
    await turns();
    client.resume();
    await closed(client);
  },

  async "a reset behind the peer's end"(stage) {
    const { client, peer } = await stage.pair({ client: { allowHalfOpen: true }, data: false });
    client.pause();
    peer.end("everything");
    await event(peer, "finish");
    await turns();
    client.write("not wanted any more");
    await turns();
    peer.resetAndDestroy();
    await closed(peer);
    await turns();
    client.on("data", (chunk) => stage.note("client", "data", chunk));
    client.resume();
    await event(client, "end");
    client.write("x", (error) => stage.note("client", "write callback", error));
    await closed(client);
  },

  async "a close with unread data is a reset"(stage) {
    const { client, peer } = await stage.pair({ data: false });
    client.resume();
    peer.pause();
    client.write("nobody reads this");
    await turns();
    peer.destroy();
    await closed(client, peer);
  },

  async "resetAndDestroy() of a socket that never connected"(stage) {
    const socket = stage.watch("client", new stage.near.Socket());
    socket.resetAndDestroy();
    await closed(socket);
  },

  async "resetAndDestroy() while it connects"(stage) {
    const { port } = await stage.serve();
    const client = stage.connect({ port });
    client.resetAndDestroy();
    await closed(client);
  },

  async "resetAndDestroy() twice"(stage) {
    const { client, peer } = await stage.pair();
    client.resetAndDestroy();
    client.resetAndDestroy();
    await closed(client, peer);
  },

  async "the end of a paused socket waits"(stage) {
    const { client, peer } = await stage.pair({ data: false });
    client.pause();
    peer.end("first");
    await turns();
    stage.note("client", "reads on");
    client.on("data", (chunk) => stage.note("client", "data", chunk));
    client.resume();
    await closed(client, peer);
  },

  async "destroy() with a large write under way"(stage) {
    const { client, peer } = await stage.pair({ data: false });
    peer.pause();
    stage.note(
      "client",
      "write ->",
      client.write(Buffer.alloc(20_000_000), (error) => stage.note("client", "write callback", error)),
    );
    client.write("more", (error) => stage.note("client", "second callback", error));
    await turns();
    client.destroy();
    await closed(client);
    await turns();
    peer.destroy();
  },
};
