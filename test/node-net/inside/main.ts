/**
 * A program for alive.test.ts: `main.ts PLACE CASE`. Says "alive" when something has kept the process running for a while without
 * anything else to do, "done" when it came to its end before.
 */
import { once } from "node:events";
import * as node from "node:net";
import { Board } from "../../../host/node/board";
import { RealClock } from "../../../host/node/clock";
import { wire } from "../../../host/node/links/wire";
import { createNet, type Net, type Server, type Socket } from "../../../host/node/net";

/** How long we look whether the process lives, ms. */
const WHILE = 150;

interface Ends {
  near: Net;
  far: Net;
  host: string;
}

async function onBoards(): Promise<Ends> {
  const clock = new RealClock();
  const [client, server] = await Promise.all(
    ["10.0.0.1/24", "10.0.0.2/24"].map((address) => Board.create({ clock, address, profile: "host", debug: true })),
  );
  const [left, right] = wire({ clock });
  client.attach(left);
  server.attach(right);
  return { near: createNet(client), far: createNet(server), host: "10.0.0.2" };
}

async function pair({ near, far, host }: Ends): Promise<{ server: Server; client: Socket; peer: Socket }> {
  const server = far.createServer().listen(0, host);
  await once(server, "listening");
  const client = near.connect(server.address()!.port, host);
  const [[peer]] = (await Promise.all([once(server, "connection"), once(client, "connect")])) as [[Socket], unknown];
  return { server, client: client.resume(), peer: peer.resume() };
}

const cases: Record<string, (ends: Ends) => Promise<unknown>> = {
  async nothing() {},
  async "a server that listens"({ far, host }) {
    await once(far.createServer().listen(0, host), "listening");
  },
  async "a server that was told to let go"({ far, host }) {
    await once(far.createServer().unref().listen(0, host), "listening");
  },
  async "a server that was told to let go, then not"({ far, host }) {
    const server = far.createServer().listen(0, host).unref();
    await once(server, "listening");
    server.ref();
  },
  async "a connection, and all of it ended"(ends) {
    const { server, client, peer } = await pair(ends);
    client.end("bye");
    await Promise.all([once(client, "close"), once(peer, "close")]);
    server.close();
  },
  async "an idle connection"(ends) {
    const { server } = await pair(ends);
    server.close();
  },
  async "an idle connection, one end of which lets go"(ends) {
    const { server, client } = await pair(ends);
    server.close();
    client.unref();
  },
  async "an idle connection, both ends of which let go"(ends) {
    const { server, client, peer } = await pair(ends);
    server.close();
    client.unref();
    peer.unref();
  },
  async "an idle connection nobody reads from"(ends) {
    const { server, client, peer } = await pair(ends);
    server.close();
    for (const socket of [client, peer]) {
      socket.pause();
      socket.once("readable", () => {});
      socket.removeAllListeners("readable");
    }
  },
  async "a timeout of a connection that lets go"(ends) {
    const { server, client, peer } = await pair(ends);
    server.close();
    client.unref().setTimeout(60_000);
    peer.unref().setTimeout(60_000);
  },
  async "a socket that was never connected"({ near }) {
    new near.Socket().setTimeout(60_000);
  },
  async "a write that waits for its reader"(ends) {
    const { server, client, peer } = await pair(ends);
    server.close();
    peer.pause();
    client.unref();
    client.pause();
    client.write(Buffer.alloc(20_000_000));
  },
};

const [place, name] = process.argv.slice(2);
const ends =
  place === "boards" ? await onBoards() : { near: node as unknown as Net, far: node as unknown as Net, host: "127.0.0.1" };
await cases[name](ends);
setTimeout(() => {
  console.log("alive");
  process.exit();
}, WHILE).unref();
process.on("beforeExit", () => console.log("done"));
