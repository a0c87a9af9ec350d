import { pipeline } from "node:stream/promises";
import { closed, event, type Stage, turns } from "../stage";

/** Reading, writing, and keeping pace. */
export const carrying: Record<string, (stage: Stage) => Promise<void>> = {
  async "an echo"(stage) {
    const { client, peer } = await stage.pair();
    peer.pipe(peer);
    client.write("ping");
    await event(client, "data");
    client.end("pong");
    await closed(client, peer);
    stage.note("client", "bytes", client.bytesRead, client.bytesWritten);
    stage.note("peer", "bytes", peer.bytesRead, peer.bytesWritten);
  },

  async "callbacks of writes, and their order"(stage) {
    const { client, peer } = await stage.pair();
    for (const word of ["one", "two", "three"]) {
      stage.note(
        "client",
        "write ->",
        client.write(word, () => stage.note("client", word, "is written")),
      );
    }
    process.nextTick(() => stage.note("client", "next tick"));
    client.end(() => stage.note("client", "end callback"));
    await closed(client, peer);
  },

  async "text in an encoding"(stage) {
    const { client, peer } = await stage.pair();
    client.write("grün", "utf8");
    client.write("677265656e", "hex");
    client.write("Z3LDvG4=", "base64");
    client.end("fin", "ascii");
    await closed(client, peer);
    stage.note("client", "bytes", client.bytesWritten);
  },

  async "cork and uncork"(stage) {
    const { client, peer } = await stage.pair();
    client.cork();
    client.write("a", () => stage.note("client", "a"));
    client.write(Buffer.from("b"), () => stage.note("client", "b"));
    client.write("c", "latin1", () => stage.note("client", "c"));
    stage.note("client", "corked", client.writableCorked, client.writableLength, client.bytesWritten, client.bufferSize);
    client.uncork();
    stage.note("client", "uncorked", client.writableCorked, client.writableLength, client.bytesWritten);
    client.end();
    await closed(client, peer);
  },

  async "a large write waits for its reader: false, then 'drain'"(stage) {
    const { client, peer } = await stage.pair({ data: false });
    peer.pause();
    const size = 20_000_000;
    stage.note(
      "client",
      "write ->",
      client.write(Buffer.alloc(size), () => stage.note("client", "is written")),
    );
    stage.note("client", "needs drain", client.writableNeedDrain, client.writableLength);
    await turns(50);
    stage.note("client", "still", client.writableNeedDrain, client.bytesWritten);
    peer.resume();
    await event(client, "drain");
    client.end();
    await closed(client, peer);
    stage.note("peer", "bytes", peer.bytesRead);
  },

  async "a reader that does not read holds the writer: octets in the stream stay few"(stage) {
    const { client, peer } = await stage.pair({ data: false });
    client.write(Buffer.alloc(20_000_000));
    await turns(200);
    stage.note("peer", "holds little", peer.readableLength <= 2 * 65536 + peer.readableHighWaterMark);
    peer.resume();
    client.end();
    await closed(client, peer);
    stage.note("peer", "bytes", peer.bytesRead);
  },

  async "pause() and resume()"(stage) {
    const { client, peer } = await stage.pair();
    client.pause();
    stage.note("client", "paused", client.isPaused());
    peer.write("waits");
    await turns(50);
    stage.note("client", "resumes");
    client.resume();
    await event(client, "data");
    peer.end();
    await closed(client, peer);
  },

  async "'readable' and read()"(stage) {
    const { client, peer } = await stage.pair({ data: false });
    client.on("readable", () => {
      for (let chunk = client.read(2) as Buffer | null; chunk; chunk = client.read(2) as Buffer | null)
        stage.note("client", "data", chunk);
    });
    peer.write("abcdef");
    await turns(50);
    peer.end();
    await closed(client, peer);
  },

  async "setEncoding()"(stage) {
    const { client, peer } = await stage.pair();
    client.setEncoding("hex");
    peer.end("hello");
    await closed(client, peer);
  },

  async "for await"(stage) {
    const { client, peer } = await stage.pair({ data: false });
    peer.end("to the end");
    for await (const chunk of client) stage.note("client", "data", chunk);
    stage.note("client", "loop is over", client.destroyed);
    await closed(peer);
  },

  async "pipeline()"(stage) {
    const { client, peer } = await stage.pair({ server: { allowHalfOpen: true }, data: false });
    const echoing = pipeline(peer, peer).then(() => stage.note("peer", "pipeline is over"));
    client.on("data", (chunk) => stage.note("client", "data", chunk));
    client.end("through the pipe");
    await closed(client);
    await echoing;
  },

  async pauseOnConnect(stage) {
    const { server, port } = await stage.serve(undefined, { pauseOnConnect: true });
    const arriving = event(server, "connection");
    const client = stage.connect({ port });
    client.end("early");
    const peer = (await arriving) as typeof client;
    await turns(50);
    stage.note("peer", "flowing", peer.readableFlowing, peer.bytesRead);
    peer.resume();
    await closed(client, peer);
  },

  async "onread into one buffer"(stage) {
    const { port } = await stage.serve((peer) => peer.end("into my own memory"));
    const buffer = Buffer.alloc(8);
    const callback = (count: number, octets: Uint8Array): boolean => {
      stage.note("client", "data", octets.subarray(0, count));
      stage.note("reader", octets === buffer);
      return true;
    };
    const client = stage.connect({ port, onread: { buffer, callback } });
    await closed(client);
    stage.note("client", "bytes", client.bytesRead);
    delete stage.diary.reader;
  },

  async "onread, with a new buffer each time and a pause"(stage) {
    const { port } = await stage.serve((peer) => peer.end("0123456789"));
    let client: ReturnType<Stage["connect"]> | undefined = undefined;
    const resume = (): void => void client?.resume();
    const callback = (count: number, octets: Uint8Array): boolean => {
      stage.note("client", "piece", octets.subarray(0, count));
      setImmediate(resume);
      return false;
    };
    client = stage.connect({ port, onread: { buffer: () => new Uint8Array(4), callback } }, { data: false });
    await closed(client);
  },

  async "what has no octets, and what is none"(stage) {
    const { client, peer } = await stage.pair();
    client.write("", () => stage.note("client", "nothing is written"));
    stage.try("client", "null", () => client.write(null));
    stage.try("client", "number", () => client.write(5));
    client.end();
    await closed(client, peer);
  },

  async highWaterMark(stage) {
    const { server, port } = await stage.serve(undefined, { highWaterMark: 1000 });
    const arriving = event(server, "connection");
    const client = stage.connect({ port, highWaterMark: 2000 } as never);
    await event(client, "connect");
    const peer = (await arriving) as typeof client;
    for (const [actor, socket] of [["client", client] as const, ["peer", peer] as const]) {
      stage.note(actor, "marks", socket.readableHighWaterMark, socket.writableHighWaterMark);
    }
    client.end();
    await closed(client, peer);
  },
};
