import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Family, Level, MessageFlag, Owner, Poll, Shutdown, SocketOption, SocketRow, SocketType } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import { madePair, socketPair } from "../support/pairs";
import { named, world } from "../support/world";

const { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW } = SocketType;
const { POLLIN, POLLOUT, POLLHUP, POLLRDHUP, POLLERR } = Poll;
const { MSG_PEEK, MSG_TRUNC, MSG_EOR, MSG_OOB } = MessageFlag;
const { SOL_SOCKET } = Level;
const KINDS = [
  ["SOCK_STREAM", SOCK_STREAM],
  ["SOCK_DGRAM", SOCK_DGRAM],
  ["SOCK_SEQPACKET", SOCK_SEQPACKET],
] as const;
const CONNECTED = KINDS.filter(([, type]) => type !== SOCK_DGRAM);
const RECORDS = KINDS.filter(([, type]) => type !== SOCK_STREAM);
/** Octets of a buffer in the default profile. */
const BUFFER = 2048;

describe.each(KINDS)("socketpair(AF_UNIX, %s)", (_, type) => {
  test("talks both ways, at once, without a frame", async () => {
    const w = await world();
    const { board } = w;
    const sent = w.sent();
    const [a, b] = madePair(board, type);
    expect(board.send(a, text("ping"))).toBe(4);
    expect(board.recv(b)).toEqual(text("ping"));
    expect(board.send(b, text("pong"))).toBe(4);
    expect(board.recv(a)).toEqual(text("pong"));
    expect(named(board.recv(a))).toBe("-EAGAIN");
    w.run(100);
    expect(w.sent()).toBe(sent);
  });

  test("tells each end when there is something to read: event, POLLIN, FIONREAD; and the other what it has not read", async () => {
    const { board } = await world();
    const [a, b] = madePair(board, type);
    expect([board.ready(a), board.ready(b)]).toEqual([POLLOUT, POLLOUT]);
    board.send(a, text("news"));
    board.board.wake();
    board.board.poll();
    expect(board.events).toEqual([b]);
    expect([board.ready(a), board.ready(b)]).toEqual([POLLOUT, POLLIN | POLLOUT]);
    expect([board.ioctl(b, "FIONREAD"), board.ioctl(a, "SIOCOUTQ")]).toEqual([4, 4]);
    board.recv(b);
    expect([board.ioctl(b, "FIONREAD"), board.ioctl(a, "SIOCOUTQ"), board.ready(b)]).toEqual([0, 0, POLLOUT]);
  });

  test("a full buffer: EAGAIN, no POLLOUT; the event comes with room", async () => {
    const { board } = await world();
    const [a, b] = madePair(board, type);
    while (board.send(a, pattern(500)) >= 0);
    expect(named(board.send(a, pattern(500)))).toBe("-EAGAIN");
    expect(board.ready(a) & POLLOUT).toBe(0);
    board.board.poll();
    board.events.length = 0;
    board.recv(b, 500);
    board.board.poll();
    expect([board.events, board.ready(a) & POLLOUT]).toEqual([[], 0]); // a quarter is not worth it
    board.recv(b, 500);
    board.board.poll();
    expect([board.events, board.ready(a) & POLLOUT]).toEqual([[a], POLLOUT]);
  });

  test("MSG_PEEK leaves what it shows; MSG_OOB is refused; MSG_EOR is accepted", async () => {
    const { board } = await world();
    const [a, b] = madePair(board, type);
    expect(board.send(a, text("look"), MSG_EOR)).toBe(4);
    expect(board.recv(b, 2, MSG_PEEK)).toEqual(text("lo"));
    expect(board.recv(b)).toEqual(text("look"));
    expect([board.send(a, text("x"), MSG_OOB), board.recv(b, 1, MSG_OOB)].map(named)).toEqual(["-EOPNOTSUPP", "-EOPNOTSUPP"]);
  });

  test("shutdown(SHUT_WR): EPIPE to send, and what was sent can be read", async () => {
    const { board } = await world();
    const [a, b] = madePair(board, type);
    board.send(a, text("last"));
    expect(board.shutdown(a, Shutdown.SHUT_WR)).toBe(0);
    expect(named(board.send(a, text("more")))).toBe("-EPIPE");
    expect(board.recv(b)).toEqual(text("last"));
    expect(board.send(b, text("back"))).toBe(4);
    expect(board.recv(a)).toEqual(text("back"));
    expect(named(board.shutdown(a, 3))).toBe("-EINVAL");
  });

  test("shutdown(SHUT_RD): what is queued can be read, then the end; the other gets EPIPE", async () => {
    const { board } = await world();
    const [a, b] = madePair(board, type);
    board.send(b, text("before"));
    board.shutdown(a, Shutdown.SHUT_RD);
    expect(named(board.send(b, text("after")))).toBe("-EPIPE");
    expect(board.recv(a)).toEqual(text("before"));
    expect(board.recv(a)).toEqual(new Uint8Array(0));
    expect(board.ready(a) & (POLLIN | POLLRDHUP | POLLHUP)).toBe(POLLIN | POLLRDHUP);
    board.shutdown(a, Shutdown.SHUT_RDWR);
    expect(board.ready(a) & POLLHUP).toBe(POLLHUP);
  });

  test("dup: the end is closed with its last descriptor", async () => {
    const { board } = await world();
    const [a, b] = madePair(board, type);
    const c = board.dup(a);
    board.close(a);
    expect(board.send(c, text("still"))).toBe(5);
    expect(board.recv(b)).toEqual(text("still"));
    board.close(c);
    expect(board.ready(b) & POLLHUP).toBe(type === SOCK_DGRAM ? 0 : POLLHUP);
  });

  test("names: AF_UNIX, without a name; no bind, connect, listen, accept", async () => {
    const { board } = await world();
    const [a] = madePair(board, type);
    const unnamed = { family: Family.AF_UNIX, port: 0, ip: "0.0.0.0" };
    expect([board.localName(a), board.peerName(a)]).toEqual([unnamed, unnamed]);
    expect(named(board.bind(a, 1))).toBe("-EOPNOTSUPP");
    expect(named(board.connect(a, "10.0.0.2", 1))).toBe("-EISCONN");
    expect(named(board.sendTo(a, text("x"), "10.0.0.2", 1))).toBe("-EISCONN");
    expect([board.listenOn(a, 1), board.accept(a), board.calls.send_room(a)].map(named)).toEqual(Array(3).fill("-EOPNOTSUPP"));
  });

  test("options: what it is, the size of both buffers; others there are none", async () => {
    const { board } = await world();
    const [a, b] = madePair(board, type);
    const option = (fd: number, name: keyof typeof SocketOption) => board.option(fd, SOL_SOCKET, SocketOption[name]);
    expect(option(a, "SO_TYPE")).toBe(type);
    expect([option(a, "SO_DOMAIN"), option(a, "SO_PROTOCOL"), option(a, "SO_ERROR"), option(a, "SO_ACCEPTCONN")]).toEqual([
      1, 0, 0, 0,
    ]);
    expect([option(a, "SO_RCVBUF"), option(a, "SO_SNDBUF")]).toEqual([BUFFER, BUFFER]);
    board.send(a, text("kept"));
    expect(board.setSocket(a, "SO_SNDBUF", 4096)).toBe(0);
    expect([option(a, "SO_SNDBUF"), option(b, "SO_RCVBUF"), option(b, "SO_SNDBUF")]).toEqual([4096, 4096, BUFFER]);
    expect(board.setSocket(b, "SO_RCVBUF", 1)).toBe(0);
    expect(option(b, "SO_RCVBUF")).toBe(512);
    expect(board.recv(b)).toEqual(text("kept"));
    expect(named(option(a, "SO_KEEPALIVE"))).toBe("-ENOPROTOOPT");
    expect(named(board.setTcp(a, "TCP_NODELAY", 1))).toBe("-ENOPROTOOPT");
  });

  test("a larger buffer makes room for a writer that waits", async () => {
    const { board } = await world();
    const [a, b] = madePair(board, type);
    while (board.send(a, pattern(500)) >= 0);
    board.board.poll();
    board.events.length = 0;
    board.setSocket(b, "SO_RCVBUF", 4096);
    board.board.poll();
    expect(board.events).toEqual([a]);
  });

  test("netstat: both ends, which belong together, what waits in them; nothing is left after both are closed", async () => {
    const { board } = await world();
    const [a, b] = madePair(board, type);
    board.send(a, text("seven.."));
    const row = { kind: SocketRow.Pair, protocol: 0, owner: Owner.Host };
    expect(board.row(a)).toMatchObject({ ...row, localPort: 1, foreignPort: 2, receiveQueue: 0, sendQueue: 7 });
    expect(board.row(b)).toMatchObject({ ...row, localPort: 2, foreignPort: 1, receiveQueue: 7, sendQueue: 0 });
    expect(board.board.sockets().filter(({ kind }) => kind === "Pair")).toMatchObject([
      { protocol: "unix", state: "", fd: a },
      { protocol: "unix", state: "", fd: b },
    ]);
    board.close(b);
    expect(board.rows()).toMatchObject([{ fd: a, foreignPort: 0 }]);
    board.close(a);
    expect(board.rows()).toEqual([]);
  });

  test("what is made is given back: a thousand pairs, one after the other, closed in both orders", async () => {
    const { board } = await world();
    const at = (i: number) => {
      const [a, b] = madePair(board, type);
      board.send(a, pattern(100));
      board.close(i % 2 ? a : b);
      board.close(i % 2 ? b : a);
      return [a, b];
    };
    for (let i = 0; i < 1000; i++) expect(at(i)).toEqual([0, 1]);
  });
});

describe.each(CONNECTED)("the other end of a %s pair is closed", (_, type) => {
  test("reads drain, then the end; writes: EPIPE; POLLHUP", async () => {
    const { board } = await world();
    const [a, b] = madePair(board, type);
    board.send(a, text("bye"));
    board.board.poll();
    board.events.length = 0;
    board.close(a);
    board.board.poll();
    expect(board.events).toEqual([b]);
    expect(board.ready(b)).toBe(POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
    expect(board.recv(b)).toEqual(text("bye"));
    expect([board.recv(b), board.recv(b)]).toEqual([new Uint8Array(0), new Uint8Array(0)]);
    expect(named(board.send(b, text("hello?")))).toBe("-EPIPE");
    expect(board.option(b, SOL_SOCKET, SocketOption.SO_SNDBUF)).toBe(0);
  });

  test("with something it had not read: ECONNRESET, once, behind what is queued", async () => {
    const { board } = await world();
    const [a, b] = madePair(board, type);
    board.send(a, text("to b"));
    board.send(b, text("never read"));
    board.close(a);
    expect(board.ready(b) & POLLERR).toBe(POLLERR);
    expect(board.recv(b)).toEqual(text("to b"));
    expect(named(board.recv(b))).toBe("-ECONNRESET");
    expect(board.recv(b)).toEqual(new Uint8Array(0));
    const [c, d] = madePairAfter(board, type, b);
    board.send(d, text("x"));
    board.close(c);
    expect([board.error(d), board.error(d)]).toEqual([104, 0]);
  });

  test("shutdown(SHUT_WR) is the end for the other, which may go on talking", async () => {
    const { board } = await world();
    const [a, b] = madePair(board, type);
    board.shutdown(a, Shutdown.SHUT_WR);
    expect(board.recv(b)).toEqual(new Uint8Array(0));
    expect(board.ready(b)).toBe(POLLIN | POLLRDHUP | POLLOUT);
    expect(board.send(b, text("I do"))).toBe(4);
    expect(board.recv(a)).toEqual(text("I do"));
  });
});

describe("SOCK_DGRAM: the other end is closed", () => {
  test("ECONNREFUSED once, then ENOTCONN; what was queued can be read, and no end comes", async () => {
    const { board } = await world();
    const [a, b] = madePair(board, SOCK_DGRAM);
    board.send(a, text("last words"));
    board.close(a);
    expect(board.ready(b)).toBe(POLLIN | POLLOUT);
    expect(named(board.send(b, text("hello?")))).toBe("-ECONNREFUSED");
    expect(named(board.send(b, text("hello?")))).toBe("-ENOTCONN");
    expect(named(board.peerName(b) as number)).toBe("-ENOTCONN");
    expect(board.recv(b)).toEqual(text("last words"));
    expect(named(board.recv(b))).toBe("-EAGAIN");
  });
});

describe.each(RECORDS)("%s: records", (_, type) => {
  test("one send is one receive; what has no room is lost, MSG_TRUNC tells the length", async () => {
    const { board } = await world();
    const [a, b] = madePair(board, type);
    for (const size of [3, 0, 100]) expect(board.send(a, pattern(size))).toBe(size);
    expect(board.ioctl(b, "FIONREAD")).toBe(3);
    expect(board.recv(b)).toEqual(pattern(3));
    expect(board.recv(b)).toEqual(new Uint8Array(0));
    expect(board.recvFrom(b, 10, MSG_TRUNC | MSG_PEEK)).toMatchObject({ result: 100, data: pattern(10) });
    expect(board.recvFrom(b, 10, MSG_TRUNC)).toMatchObject({ result: 100, data: pattern(10) });
    expect(named(board.recv(b))).toBe("-EAGAIN");
  });

  test("EMSGSIZE: larger than the buffer ever has room for; EAGAIN and no part of it: than it has now", async () => {
    const { board } = await world();
    const [a, b] = madePair(board, type);
    const send = (length: number) => board.calls.send(a, board.calls.scratch(), length, 0);
    expect(named(send(BUFFER - 7))).toBe("-EMSGSIZE");
    expect(named(send(0xffffffff))).toBe("-EMSGSIZE");
    expect(send(10)).toBe(10);
    expect(named(send(BUFFER - 8))).toBe("-EAGAIN");
    expect(board.ready(a) & POLLOUT).toBe(0); // three quarters are free, but that record needs all
    board.recv(b);
    expect(board.ready(a) & POLLOUT).toBe(POLLOUT);
    expect(send(BUFFER - 8)).toBe(BUFFER - 8);
    expect(board.recvFrom(b, 1, MSG_TRUNC)).toMatchObject({ result: BUFFER - 8 });
  });

  test("an empty record has a sender, the end has none", async () => {
    const { board } = await world();
    const [a, b] = madePair(board, type);
    const at = board.calls.scratch();
    const family = () => {
      expect(board.calls.recvfrom(b, at + 64, 10, 0, at)).toBe(0);
      return new DataView(board.board.memory.buffer).getUint16(at, true);
    };
    board.send(a, new Uint8Array(0));
    board.shutdown(b, Shutdown.SHUT_RD);
    expect([family(), family()]).toEqual([Family.AF_UNIX, Family.AF_UNSPEC]);
  });
});

describe("socketpair: octets, records and arguments", () => {
  test("a stream takes what fits and gives it back in order, however it is cut", async () => {
    const { board } = await world();
    const [a, b] = madePair(board, SOCK_STREAM);
    expect(board.send(a, pattern(3000))).toBe(BUFFER);
    expect(board.recv(b, 3000)).toEqual(pattern(3000).subarray(0, 1472)); // as much as the scratch area holds
    expect(board.recv(b, 3000)).toEqual(pattern(3000).subarray(1472, BUFFER));
    let sent = 0;
    let got = 0;
    const whole = pattern(100_000);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1400 }), fc.integer({ min: 0, max: 1400 }), (out, into) => {
        const taken = board.send(a, whole.subarray(sent, sent + out));
        if (taken > 0) sent += taken;
        const part = board.recv(b, into);
        expect(typeof part === "number" ? [named(part), got] : part).toEqual(
          typeof part === "number" ? ["-EAGAIN", sent] : whole.subarray(got, got + part.length),
        );
        if (typeof part !== "number") got += part.length;
      }),
      { numRuns: 100 },
    );
    expect(got).toBeGreaterThan(10_000);
  });

  test("errors: family, type, protocol, address, no more pairs, no more memory", async () => {
    const { board } = await world();
    expect(named(socketPair(board, SOCK_STREAM, Family.AF_INET) as number)).toBe("-EOPNOTSUPP");
    expect(named(socketPair(board, SOCK_STREAM, 77) as number)).toBe("-EAFNOSUPPORT");
    expect(named(socketPair(board, SOCK_RAW) as number)).toBe("-ESOCKTNOSUPPORT");
    expect(named(socketPair(board, SOCK_STREAM, Family.AF_UNIX, 6) as number)).toBe("-EPROTONOSUPPORT");
    expect(named(board.calls.socketpair(Family.AF_UNIX, SOCK_STREAM, 0, 0))).toBe("-EINVAL");
    madePair(board, SOCK_STREAM);
    expect(named(socketPair(board, SOCK_STREAM) as number)).toBe("-ENOBUFS");
    expect(board.rows()).toHaveLength(2);
  });

  test("no more descriptors: EMFILE, and nothing is left behind", async () => {
    const { board } = await world();
    const fd = board.socket();
    while (board.dup(fd) >= 0);
    board.close(fd);
    expect(named(socketPair(board, SOCK_STREAM) as number)).toBe("-EMFILE");
    board.close(fd + 1);
    expect(socketPair(board, SOCK_STREAM)).toEqual([0, 1]);
  });

  test("no more memory: ENOBUFS, and nothing is left behind", async () => {
    const { board } = await world({ knobs: { CONFIG_BUFFERS: 3072, CONFIG_REASSEMBLIES: 0 } });
    const all = [board.socket(SOCK_DGRAM), board.socket(SOCK_DGRAM)];
    expect(named(socketPair(board, SOCK_STREAM) as number)).toBe("-ENOBUFS");
    for (const fd of all) board.close(fd);
    expect(socketPair(board, SOCK_STREAM)).toEqual([0, 1]);
  });

  test("without the knob there are none: ENOSYS", async () => {
    const { board } = await world({ profile: "tiny" });
    expect(named(socketPair(board, SOCK_STREAM) as number)).toBe("-ENOSYS");
  });
});

function madePairAfter(board: Parameters<typeof madePair>[0], type: number, old: number): [number, number] {
  board.close(old);
  return madePair(board, type);
}
