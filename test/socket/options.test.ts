import { describe, expect, test } from "vitest";
import { Family, IpOption, Level, SandwireOption, SocketOption, SocketType, TcpOption } from "../../host/node/abi";
import { listen, TcpSocket } from "../../host/node/socket";
import { passive, PORT } from "../support/states";
import { named, world } from "../support/world";
import { connected, pair, rejection } from "./pair";

const { SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP, SOL_SANDWIRE } = Level;

/** Level, option, a value that is not the default. */
const OPTIONS: [string, number, number, number][] = [
  ["SO_REUSEADDR", SOL_SOCKET, SocketOption.SO_REUSEADDR, 1],
  ["SO_KEEPALIVE", SOL_SOCKET, SocketOption.SO_KEEPALIVE, 1],
  ["SO_OOBINLINE", SOL_SOCKET, SocketOption.SO_OOBINLINE, 1],
  ["SO_RCVLOWAT", SOL_SOCKET, SocketOption.SO_RCVLOWAT, 17],
  ["IP_TTL", IPPROTO_IP, IpOption.IP_TTL, 33],
  ["TCP_NODELAY", IPPROTO_TCP, TcpOption.TCP_NODELAY, 1],
  ["TCP_MAXSEG", IPPROTO_TCP, TcpOption.TCP_MAXSEG, 500],
  ["TCP_CORK", IPPROTO_TCP, TcpOption.TCP_CORK, 1],
  ["TCP_KEEPIDLE", IPPROTO_TCP, TcpOption.TCP_KEEPIDLE, 44],
  ["TCP_KEEPINTVL", IPPROTO_TCP, TcpOption.TCP_KEEPINTVL, 5],
  ["TCP_KEEPCNT", IPPROTO_TCP, TcpOption.TCP_KEEPCNT, 6],
  ["TCP_SYNCNT", IPPROTO_TCP, TcpOption.TCP_SYNCNT, 7],
  ["TCP_DEFER_ACCEPT", IPPROTO_TCP, TcpOption.TCP_DEFER_ACCEPT, 15],
  ["TCP_WINDOW_CLAMP", IPPROTO_TCP, TcpOption.TCP_WINDOW_CLAMP, 1500],
  ["TCP_QUICKACK", IPPROTO_TCP, TcpOption.TCP_QUICKACK, 1],
  ["TCP_USER_TIMEOUT", IPPROTO_TCP, TcpOption.TCP_USER_TIMEOUT, 12345],
  ["TCP_NOTSENT_LOWAT", IPPROTO_TCP, TcpOption.TCP_NOTSENT_LOWAT, 4321],
  ["USER_TIMEOUT_OPTION", SOL_SANDWIRE, SandwireOption.USER_TIMEOUT_OPTION, 120],
];
/** Those that mean something to a listener, or to the socket that was bound, only. */
const NOT_INHERITED = ["SO_REUSEADDR", "TCP_SYNCNT", "TCP_DEFER_ACCEPT"];

describe("getsockopt answers what setsockopt was told", () => {
  test.each(OPTIONS)("%s, before there is a connection", async (_, level, name, value) => {
    const { board } = await world();
    const fd = board.socket();
    expect(board.option(fd, level, name)).not.toBe(value);
    expect(board.setOption(fd, level, name, value)).toBe(0);
    expect(board.option(fd, level, name)).toBe(value);
  });

  test("and so does a connection that was accepted from a listener", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const inherited = OPTIONS.filter(([name]) => !NOT_INHERITED.includes(name));
    for (const [, level, name, value] of inherited) w.board.setOption(listener, level, name, value);
    const { fd } = passive(w);
    for (const [label, level, name, value] of inherited) expect(w.board.option(fd, level, name), label).toBe(value);
  });

  test("an option there is not: ENOPROTOOPT, at every level", async () => {
    const { board } = await world();
    const fd = board.socket();
    for (const level of [SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP, SOL_SANDWIRE, 99]) {
      expect(named(board.option(fd, level, 77))).toBe("-ENOPROTOOPT");
      expect(named(board.setOption(fd, level, 77, 1))).toBe("-ENOPROTOOPT");
    }
  });
});

describe("a TCP socket of the host", () => {
  test("takes all options, and tells about its connection", async () => {
    const p = await pair();
    const options = {
      cork: false,
      quickAck: true,
      userTimeout: 30_000,
      advertisedTimeout: 200,
      unsentLimit: 1000,
      windowClamp: 2000,
    };
    const far = { deferAccept: 1, urgentInline: false };
    const made = await connected(p, { near: { ...options, congestion: "reno" }, far });
    const { near } = made;
    expect(near.info()).toMatchObject({
      state: "ESTABLISHED",
      caState: "Open",
      sack: true,
      timestamps: true,
      ssthresh: Infinity,
    });
    await p.settle(near.write("hello"));
    expect(Buffer.from((await p.settle(made.far.read()))!).toString()).toBe("hello");
    expect(near.info().rtt).toBeGreaterThan(0);
    expect(() => near.setOptions({ congestion: "vegas" })).toThrow("setsockopt ENOENT");
  });

  test("sends and reads urgent data", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const urgent = far.readUrgent();
    await p.settle(near.write("calm "));
    await p.settle(near.writeUrgent("then!"));
    await p.settle(near.write("after"));
    expect(await p.settle(urgent)).toBe("!".charCodeAt(0));
    expect(Buffer.from((await p.settle(far.read()))!).toString()).toBe("calm then");
    expect(far.atMark).toBe(true);
    p.w.run(500);
    expect(Buffer.from((await p.settle(far.read()))!).toString()).toBe("after");
    expect(far.atMark).toBe(false);
  });

  test("who waits for urgent data hears of the end", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const urgent = far.readUrgent();
    await p.settle(near.end());
    expect(await p.settle(urgent)).toBeNull();
    const never = near.readUrgent();
    far.reset();
    expect(await p.settle(rejection(never))).toMatchObject({ code: "ECONNRESET" });
  });

  test("urgent data larger than the send buffer waits for room", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const writing = near.writeUrgent(new Uint8Array(9000).fill(7));
    let got = 0;
    const reading = (async () => {
      while (got < 8999) got += (await far.read())!.length;
    })();
    await p.settle(Promise.all([writing, reading]));
    expect(got).toBe(8999);
    expect(await p.settle(far.readUrgent())).toBe(7);
  });

  test("what is written and read before the connection is open waits and completes", async () => {
    const p = await pair();
    const accepting = listen(p.server, { port: 80 }).accept();
    const socket = new TcpSocket(p.client, p.client.exports.socket(Family.AF_INET, SocketType.SOCK_STREAM, 0));
    const dialled = socket.dial({ address: p.host, port: 80 });
    const written = socket.write("early");
    const read = socket.read();
    const far = await p.settle(accepting);
    expect(Buffer.from((await p.settle(far.read()))!).toString()).toBe("early");
    await p.settle(far.write("answer"));
    expect(Buffer.from((await p.settle(read))!).toString()).toBe("answer");
    await p.settle(Promise.all([dialled, written]));
  });
});
