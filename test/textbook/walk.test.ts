import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Shutdown } from "../../host/node/abi";
import type { FlowOptions } from "../support/flow";
import { pattern, text } from "../support/packet";
import { Scene, shownIn, stateAt, type End, type Side } from "../support/scene";
import type { Station } from "../support/station";
import { world, type World } from "../support/world";

/** The chapter these conversations are drawn for. */
const PAGE = "docs/sockets.md";
const PORT = 80;
const LATENCY = 10;
const { SHUT_RD, SHUT_WR } = Shutdown;

const drawn = new Set<string>();

/** The page shows exactly what happened. */
function shows(name: string, scene: Scene): void {
  const { shown, drawn: now } = shownIn(PAGE, name, scene);
  drawn.add(name);
  expect(shown, `${PAGE} is stale: npm run docs`).toBe(now);
}

/** Two boards that know each other's MAC address: a client at the left, a server at the right, 10 ms apart. */
interface Two {
  w: World;
  client: Station;
  server: Station;
}

async function two(): Promise<Two> {
  const w = await world({ boards: 2, latency: LATENCY });
  const [client, server] = w.stations;
  const fd = client.datagram(1000);
  client.sendTo(fd, text("x"), server.ip, 1000);
  w.run(100);
  client.close(fd);
  return { w, client, server };
}

function ends({ w, client, server }: Two, look: Partial<Record<Side, () => string>> = {}): Scene {
  const port = () => client.rows().find(({ foreignPort }) => foreignPort === PORT)?.localPort ?? 0;
  let last = 0;
  const known = () => (last = port() || last);
  const state = { left: () => stateAt(client, () => PORT), right: stateOf(server, known) };
  return new Scene(w, {
    left: { name: client.name, title: "client", look: look.left ?? state.left },
    right: { name: server.name, title: "server", look: look.right ?? state.right },
  });
}

/** LISTEN until there is a connection, CLOSED when there is none any more. */
function stateOf(server: Station, port: () => number): () => string {
  let begun = false;
  return () => {
    const state = stateAt(server, port);
    begun ||= state !== "LISTEN";
    return begun && state === "LISTEN" ? "CLOSED" : state;
  };
}

interface Connected extends Two {
  scene: Scene;
  fd: number;
  other: number;
  listener: number;
}

/** A connection, made before the scene begins. */
async function connected(): Promise<Connected> {
  const both = await two();
  const { w, client, server } = both;
  const listener = server.listen(PORT);
  const fd = client.open(server.ip, PORT);
  const other = w.accepted(server, listener);
  w.run(100);
  return { ...both, scene: ends(both), fd, other, listener };
}

/** A board at the left and a script at the right, whose segments the test writes. */
async function scripted(
  title: string,
  flow: FlowOptions,
): Promise<{ w: World; board: Station; scene: (left: End["look"]) => Scene; made: ReturnType<typeof flowOf> }> {
  const w = await world({ latency: LATENCY });
  const made = flowOf(w, flow);
  w.run(100);
  const scene = (left: End["look"]) =>
    new Scene(w, {
      left: { name: w.board.name, title: "board", look: left },
      right: { name: made.peer.name, title, look: () => "" },
    });
  return { w, board: w.board, scene, made };
}

function flowOf(w: World, flow: FlowOptions) {
  return w.peer().flow(flow);
}

test("the handshake, and both queues of the listener", async () => {
  const both = await two();
  const { client, server } = both;
  const port = () => client.rows().find(({ foreignPort }) => foreignPort === PORT)?.localPort ?? 0;
  const queues = () => {
    const rows = server.rows().filter(({ localPort }) => localPort === PORT);
    const half = rows.filter(({ kind }) => kind === 1).length;
    const listening = rows.find(({ foreignPort }) => foreignPort === 0);
    return listening ? `${stateAt(server, port)}, queues ${half} and ${listening.accepting}` : "CLOSED";
  };
  const scene = ends(both, { right: queues });
  const listener = scene.call("right", "socket()", () => server.socket());
  scene.call("right", "bind(:80)", () => server.bind(listener, PORT));
  scene.call("right", "listen(5)", () => server.listenOn(listener, 5));
  const fd = scene.call("left", "socket()", () => client.socket());
  scene.call("right", "accept()", () => server.accept(listener));
  scene.call("left", "connect()", () => client.connect(fd, server.ip, PORT));
  scene.pass(20);
  scene.note("left", "an event: writable");
  scene.call("left", "connect() again", () => client.connect(fd, server.ip, PORT));
  scene.pass(10);
  scene.note("right", "an event of the listener");
  const other = scene.call("right", "accept()", () => server.accept(listener));
  scene.call("right", "accept()", () => server.accept(listener));
  scene.call("right", "getpeername()", () => addressText(server.peerName(other)));
  scene.call("left", "getsockname()", () => addressText(client.localName(fd)));
  shows("handshake", scene);
});

/** P stands for the port that the client's board has chosen. */
const addressText = (name: number | { ip: string }) => (typeof name === "number" ? name : `${name.ip}:P`);

test("data queued during the handshake travels with its third segment", async () => {
  const both = await two();
  const { client, server } = both;
  const listener = server.listen(PORT);
  const scene = ends(both);
  const fd = client.socket();
  scene.call("left", "connect()", () => client.connect(fd, server.ip, PORT));
  scene.call("left", 'send("hello")', () => client.send(fd, text("hello")));
  scene.pass(30);
  const other = scene.call("right", "accept()", () => server.accept(listener));
  scene.call("right", "recv()", () => server.recv(other));
  shows("early", scene);
});

test("refused: nobody listens", async () => {
  const both = await two();
  const { client, server } = both;
  const scene = ends(both);
  const fd = client.socket();
  scene.call("left", "connect()", () => client.connect(fd, server.ip, PORT));
  scene.pass(20);
  scene.note("left", "an event: error");
  scene.call("left", "SO_ERROR", () => -client.error(fd));
  shows("refused", scene);
});

test("timeout: nobody answers", async () => {
  const { w, board, scene: begin } = await scripted("a host that drops everything", { port: PORT });
  const scene = begin(() => stateAt(board, () => PORT));
  const fd = board.socket();
  scene.call("left", "setsockopt(TCP_SYNCNT)", () => board.setTcp(fd, "TCP_SYNCNT", 3));
  scene.call("left", "connect()", () => board.connect(fd, "10.0.0.100", PORT));
  w.run(1);
  scene.call("left", "connect()", () => board.connect(fd, "10.0.0.100", PORT));
  for (let i = 0; i < 4; i++) scene.rest(20_000);
  scene.note("left", "an event: error");
  scene.call("left", "recv()", () => board.recv(fd));
  shows("timeout", scene);
});

test("backlog full: the third step finds no place", async () => {
  const both = await two();
  const { client, server } = both;
  const listener = server.listen(PORT, 1);
  const queues = () => {
    const rows = server.rows().filter(({ localPort }) => localPort === PORT);
    return `queues ${rows.filter(({ kind }) => kind === 1).length} and ${rows.find(({ foreignPort }) => foreignPort === 0)!.accepting} of 1`;
  };
  const states = () =>
    client
      .rows()
      .map((row) => stateAt(client, () => row.foreignPort))
      .join(", ");
  const scene = ends(both, { right: queues, left: states });
  for (let i = 0; i < 2; i++) scene.call("left", "connect()", () => client.connect(client.socket(), server.ip, PORT));
  scene.pass(40);
  scene.note("right", "no place for the second");
  scene.rest(2000);
  scene.pass(20);
  scene.call("right", "accept()", () => server.accept(listener));
  scene.rest(3000);
  scene.pass(20);
  scene.call("right", "accept()", () => server.accept(listener));
  shows("backlog", scene);
});

test("data, its acknowledgements and a delayed one", async () => {
  const { scene, client, server, fd, other } = await connected();
  scene.call("left", 'send("request")', () => client.send(fd, text("request")));
  scene.pass(10);
  scene.note("right", "an event: readable");
  scene.call("right", "recv(4)", () => server.recv(other, 4));
  scene.call("right", "recv(100)", () => server.recv(other, 100));
  scene.call("right", "recv(100)", () => server.recv(other, 100));
  scene.pass(5);
  scene.call("right", 'send("answer")', () => server.send(other, text("answer")));
  scene.pass(10);
  scene.call("left", "recv(100)", () => client.recv(fd, 100));
  scene.pass(60);
  shows("data", scene);
});

test("a reader who does not read closes the window, and the writer hears EAGAIN", async () => {
  const { scene, client, server, fd, other } = await connected();
  const full = pattern(1400);
  scene.call("left", "send(1400)", () => client.send(fd, full));
  scene.call("left", "send(1400)", () => client.send(fd, full));
  scene.pass(60);
  scene.call("left", "send(1400)", () => client.send(fd, full));
  scene.call("left", "send(1400)", () => client.send(fd, full));
  scene.rest(600);
  scene.pass(20);
  scene.call("right", "recv(1400)", () => server.recv(other, 1400));
  scene.pass(30);
  scene.note("left", "an event: writable");
  shows("window", scene);
});

test("half-close: SHUT_WR", async () => {
  const { scene, client, server, fd, other } = await connected();
  scene.call("left", 'send("question")', () => client.send(fd, text("question")));
  scene.call("left", "shutdown(SHUT_WR)", () => client.shutdown(fd, SHUT_WR));
  scene.call("left", 'send("more")', () => client.send(fd, text("more")));
  scene.pass(20);
  scene.call("right", "recv()", () => server.recv(other));
  scene.call("right", "recv()", () => server.recv(other));
  scene.call("right", 'send("answer")', () => server.send(other, text("answer")));
  scene.pass(10);
  scene.call("left", "recv()", () => client.recv(fd));
  scene.pass(60);
  scene.call("right", "close()", () => server.close(other));
  scene.pass(20);
  scene.call("left", "recv()", () => client.recv(fd));
  shows("half-close", scene);
});

test("the four-way close, from the client's side", async () => {
  const { scene, client, server, fd, other } = await connected();
  scene.call("left", "close()", () => client.close(fd));
  scene.pass(20);
  scene.call("right", "recv()", () => server.recv(other));
  scene.call("right", "close()", () => server.close(other));
  scene.pass(20);
  scene.rest(70_000);
  shows("close-client", scene);
});

test("the four-way close, from the server's side", async () => {
  const { scene, client, server, fd, other } = await connected();
  scene.call("right", "close()", () => server.close(other));
  scene.pass(20);
  scene.call("left", "recv()", () => client.recv(fd));
  scene.call("left", "close()", () => client.close(fd));
  scene.pass(20);
  shows("close-server", scene);
});

test("both close at once", async () => {
  const { scene, client, server, fd, other } = await connected();
  scene.call("left", "close()", () => client.close(fd));
  scene.call("right", "close()", () => server.close(other));
  scene.pass(30);
  shows("close-both", scene);
});

test("TIME-WAIT: the last acknowledgement is lost; the port meanwhile", async () => {
  const { w, board, scene: begin, made: flow } = await scripted("peer", { to: PORT, port: 40_000 });
  const listener = board.listen(PORT);
  flow.handshake();
  const fd = w.accepted(board, listener);
  board.close(listener);
  w.run(50);
  const scene = begin(() => stateAt(board, () => flow.port));
  scene.call("left", "close()", () => board.close(fd));
  scene.pass(10);
  flow.drain(0);
  flow.send({ flags: "FA" });
  scene.pass(40);
  scene.note("right", "the ACK is lost: again");
  scene.pass(300);
  flow.send({ flags: "FA", seq: 1 });
  scene.pass(30);
  const [plain, reusing] = [board.socket(), board.socket()];
  scene.call("left", "bind(:80)", () => board.bind(plain, PORT));
  board.setSocket(reusing, "SO_REUSEADDR", 1);
  scene.note("left", "another, SO_REUSEADDR");
  scene.call("left", "bind(:80)", () => board.bind(reusing, PORT));
  scene.call("left", "connect()", () => board.connect(reusing, flow.peer.ip, flow.port));
  scene.call("left", "close()", () => board.close(reusing));
  scene.rest(70_000);
  scene.call("left", "bind(:80)", () => board.bind(plain, PORT));
  shows("time-wait", scene);
});

test("reset: unread data at close", async () => {
  const { scene, client, server, fd, other } = await connected();
  scene.call("left", 'send("unread")', () => client.send(fd, text("unread")));
  scene.pass(10);
  scene.call("right", "close()", () => server.close(other));
  scene.pass(15);
  scene.call("left", 'send("x")', () => client.send(fd, text("x")));
  scene.call("left", 'send("x")', () => client.send(fd, text("x")));
  scene.call("left", "recv()", () => client.recv(fd));
  shows("reset-unread", scene);
});

test("reset: data after close", async () => {
  const { scene, client, server, fd, other } = await connected();
  scene.call("right", "close()", () => server.close(other));
  scene.pass(20);
  scene.call("left", 'send("too late")', () => client.send(fd, text("too late")));
  scene.pass(20);
  scene.call("left", 'send("x")', () => client.send(fd, text("x")));
  scene.call("left", "recv()", () => client.recv(fd));
  shows("reset-late", scene);
});

test("reset: data after SHUT_RD", async () => {
  const { scene, client, server, fd, other } = await connected();
  scene.call("right", "shutdown(SHUT_RD)", () => server.shutdown(other, SHUT_RD));
  scene.call("right", "recv()", () => server.recv(other));
  scene.pass(10);
  scene.call("right", 'send("still")', () => server.send(other, text("still")));
  scene.pass(10);
  scene.call("left", "recv()", () => client.recv(fd));
  scene.call("left", 'send("for nobody")', () => client.send(fd, text("for nobody")));
  scene.pass(20);
  scene.call("left", "recv()", () => client.recv(fd));
  scene.call("right", 'send("x")', () => server.send(other, text("x")));
  shows("reset-shut", scene);
});

test("reset: SO_LINGER of 0 seconds", async () => {
  const { scene, client, server, fd, other } = await connected();
  scene.call("left", "setsockopt(SO_LINGER)", () => client.setSocket(fd, "SO_LINGER", 1, 0));
  scene.call("left", "close()", () => client.close(fd));
  scene.pass(15);
  scene.call("right", "recv()", () => server.recv(other));
  scene.call("right", "recv()", () => server.recv(other));
  shows("reset-linger", scene);
});

test(`every ladder of ${PAGE} is drawn here`, () => {
  const page = readFileSync(PAGE, "utf8");
  expect([...page.matchAll(/^<!-- ladder ([\w-]+) -->$/gm)].map(([, name]) => name).sort()).toEqual([...drawn].sort());
});
