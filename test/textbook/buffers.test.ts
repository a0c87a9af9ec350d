import { describe, expect, test } from "vitest";
import { Errno, Level, MessageFlag, Poll, SocketOption } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import { active, connecting, passive, PORT, type Connection } from "../support/states";
import { named, world } from "../support/world";

const { MSG_PEEK, MSG_WAITALL, MSG_DONTWAIT, MSG_TRUNC, MSG_MORE } = MessageFlag;
/** Of the default profile. */
const SIZE = 2048;
const MIN_BUF = 512;
const MAX_BUF = 4096;

const receiveSize = ({ board, fd }: Connection) => board.option(fd, Level.SOL_SOCKET, SocketOption.SO_RCVBUF);

describe("Buffers: each socket has its own input and output buffer from its creation", () => {
  test("a new socket says their sizes; a connected one has them", async () => {
    const w = await world();
    const fd = w.board.socket();
    expect(w.board.option(fd, Level.SOL_SOCKET, SocketOption.SO_RCVBUF)).toBe(SIZE);
    expect(w.board.option(fd, Level.SOL_SOCKET, SocketOption.SO_SNDBUF)).toBe(SIZE);
    const made = passive(w);
    expect(made.board.send(made.fd, pattern(SIZE + 1))).toBe(SIZE);
    expect(named(made.board.send(made.fd, text("x")))).toBe("-EAGAIN");
  });

  test("a full one leaves the others alone, of the same and of other sockets", async () => {
    const w = await world();
    const full = passive(w);
    const other = passive(w, { peer: full.peer });
    full.flow.data(pattern(1024)).data(pattern(1024, 1024));
    w.board.send(full.fd, pattern(SIZE));
    w.run(50);
    expect(full.flow.drain(0).at(-1).win).toBe(0);
    expect(named(w.board.send(full.fd, text("x")))).toBe("-EAGAIN");
    other.flow.data(text("room here"));
    w.run(50);
    expect(w.board.read(other.fd).data).toEqual(text("room here"));
    expect(w.board.send(other.fd, pattern(SIZE))).toBe(SIZE);
    expect(w.board.read(full.fd).data).toEqual(Uint8Array.from([...pattern(1024), ...pattern(1024, 1024)]));
  });

  test("no memory for them: the call that begins the handshake says ENOBUFS, nothing is sent", async () => {
    const w = await world();
    const fds: number[] = [];
    const peer = w.peer();
    const open = () => {
      const fd = w.board.socket();
      w.board.setSocket(fd, "SO_RCVBUF", MAX_BUF);
      w.board.setSocket(fd, "SO_SNDBUF", MAX_BUF);
      fds.push(fd);
      return w.board.connect(fd, peer.ip, 6000 + fds.length);
    };
    let result = open();
    while (result === -Errno.EINPROGRESS) result = open();
    expect(named(result)).toBe("-ENOBUFS");
    const before = w.sent(w.board.name);
    expect(w.board.close(fds.pop()!)).toBe(0);
    expect(w.sent(w.board.name)).toBe(before);
    w.board.close(fds.pop()!);
    expect(named(open())).toBe("-EINPROGRESS");
  });

  test("closing still delivers the output buffer and discards the input buffer", async () => {
    const w = await world();
    const { flow, fd, board } = passive(w, { flow: { win: 100 } });
    board.send(fd, pattern(300));
    expect(board.close(fd)).toBe(0);
    const got: number[] = [];
    for (let part = flow.drain(60); part.length; part = flow.drain(60)) {
      for (const { seq, data } of part) if (seq === got.length + 1) got.push(...data);
      flow.ack();
    }
    expect(Uint8Array.from(got)).toEqual(pattern(300));
    const unread = passive(w, { peer: flow.peer });
    unread.flow.data(text("discarded"));
    w.run(50);
    board.close(unread.fd);
    w.run(5);
    expect(unread.state()).toBe("Closed");
  });
});

describe("Buffers: SO_RCVBUF, SO_SNDBUF", () => {
  test("SO_RCVBUF before connect is the window of the SYN, and what the peer may send", async () => {
    const w = await world();
    const made = connecting(w, { prepare: (fd) => w.board.setSocket(fd, "SO_RCVBUF", 1024) });
    expect(made.flow.expect({ flags: "S" }).win).toBe(1024);
    made.flow.send({ flags: "SA", mss: 1460 });
    made.flow.expect({ flags: "A", win: 1024 });
    made.flow.data(pattern(1024));
    expect(made.flow.expect({ flags: "A", ack: 1025 }).win).toBe(0);
    expect(receiveSize(made)).toBe(1024);
  });

  test("SO_SNDBUF before connect is what send takes without an acknowledgement", async () => {
    const w = await world();
    const made = active(w, { prepare: (fd) => w.board.setSocket(fd, "SO_SNDBUF", 1024) });
    expect(w.board.send(made.fd, pattern(4000))).toBe(1024);
    made.flow.drain(20);
    made.flow.ack();
    w.run(5);
    expect(w.board.send(made.fd, pattern(4000))).toBe(1024);
  });

  test("of a listener: what accepted sockets have", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    w.board.setSocket(listener, "SO_RCVBUF", 512);
    w.board.setSocket(listener, "SO_SNDBUF", 1024);
    const made = passive(w);
    expect(receiveSize(made)).toBe(512);
    expect(w.board.send(made.fd, pattern(4000))).toBe(1024);
  });

  test("after connect: no effect, and getsockopt says what is (the window scale was fixed by the handshake)", async () => {
    const w = await world();
    const made = active(w);
    expect(w.board.setSocket(made.fd, "SO_RCVBUF", MAX_BUF)).toBe(0);
    expect(w.board.setSocket(made.fd, "SO_SNDBUF", MAX_BUF)).toBe(0);
    expect(receiveSize(made)).toBe(SIZE);
    expect(w.board.send(made.fd, pattern(5000))).toBe(SIZE);
  });

  test.each([
    [0, MIN_BUF],
    [1, MIN_BUF],
    [1024, 1024],
    [100_000, MAX_BUF],
  ])("%i becomes %i: bounded, not doubled (Linux doubles, for its own bookkeeping)", async (asked, got) => {
    const { board } = await world();
    const fd = board.socket();
    expect(board.setSocket(fd, "SO_RCVBUF", asked)).toBe(0);
    expect(board.option(fd, Level.SOL_SOCKET, SocketOption.SO_RCVBUF)).toBe(got);
  });
});

describe("Buffers: SO_RCVLOWAT", () => {
  test("POLLIN, and the event that says so, only from so many octets on; recv takes what there is", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    expect(w.board.setSocket(fd, "SO_RCVLOWAT", 10)).toBe(0);
    flow.data(pattern(9));
    w.run(5);
    expect(w.board.ready(fd)).toBe(Poll.POLLOUT);
    flow.data(pattern(1, 9));
    w.run(5);
    expect(w.board.ready(fd)).toBe(Poll.POLLOUT | Poll.POLLIN);
    expect(w.board.recv(fd)).toEqual(pattern(10));
  });

  test("lowering it is news for who waits; 0 is 1", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.setSocket(fd, "SO_RCVLOWAT", 10);
    flow.data(pattern(5));
    w.run(5);
    w.board.events.length = 0;
    w.board.setSocket(fd, "SO_RCVLOWAT", 0);
    w.run(5);
    expect(w.board.events).toEqual([fd]);
    expect(w.board.option(fd, Level.SOL_SOCKET, SocketOption.SO_RCVLOWAT)).toBe(1);
  });

  test("SO_SNDLOWAT is 1 and cannot be set (Linux)", async () => {
    const { board } = await world();
    const fd = board.socket();
    expect(board.option(fd, Level.SOL_SOCKET, SocketOption.SO_SNDLOWAT)).toBe(1);
    expect(named(board.setSocket(fd, "SO_SNDLOWAT", 5))).toBe("-ENOPROTOOPT");
  });
});

describe("Buffers: MSG_PEEK", () => {
  test("shows without taking: again the same, and the window stays as it is", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.data(pattern(1024)).data(pattern(1024, 1024));
    w.run(50);
    flow.drain(0);
    expect(w.board.recv(fd, 100, MSG_PEEK)).toEqual(pattern(100));
    expect(w.board.recv(fd, 100, MSG_PEEK)).toEqual(pattern(100));
    expect(w.board.recv(fd, 3000, MSG_PEEK)).toHaveLength(1472); // as much as the scratch area takes
    flow.expectNothing(100);
    expect(w.board.recv(fd, 100)).toEqual(pattern(100));
    expect(w.board.recv(fd, 1, MSG_PEEK)).toEqual(pattern(1, 100));
  });
});

describe("Buffers: MSG_WAITALL", () => {
  test("EAGAIN until all is there, then all of it; without it, what there is", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    expect(named(w.board.recv(fd, 10, MSG_WAITALL))).toBe("-EAGAIN");
    flow.data(pattern(6));
    w.run(5);
    expect(named(w.board.recv(fd, 10, MSG_WAITALL))).toBe("-EAGAIN");
    w.board.events.length = 0;
    flow.data(pattern(6, 6));
    w.run(5);
    expect(w.board.events).toContain(fd);
    expect(w.board.recv(fd, 10, MSG_WAITALL)).toEqual(pattern(10));
    expect(named(w.board.recv(fd, 10, MSG_WAITALL))).toBe("-EAGAIN");
    expect(w.board.recv(fd, 10)).toEqual(pattern(2, 10));
  });

  test("with MSG_PEEK: all of it, and it stays; with MSG_DONTWAIT: what there is", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.data(pattern(6));
    w.run(5);
    expect(named(w.board.recv(fd, 7, MSG_WAITALL | MSG_PEEK))).toBe("-EAGAIN");
    expect(w.board.recv(fd, 6, MSG_WAITALL | MSG_PEEK)).toEqual(pattern(6));
    expect(w.board.recv(fd, 7, MSG_WAITALL | MSG_DONTWAIT)).toEqual(pattern(6));
  });

  test.each<[string, (made: Connection) => void]>([
    ["the peer's FIN", ({ flow }) => flow.send({ flags: "FA" })],
    ["a RST", ({ flow }) => flow.send({ flags: "R" })],
    ["a mark of urgent data", ({ flow }) => flow.send({ flags: "PAU", data: text("!"), urgent: 1 })],
  ])("%s ends the waiting: what there is, as nothing else may come before it", async (_, end) => {
    const w = await world();
    const made = passive(w);
    made.flow.data(pattern(6));
    w.run(5);
    end(made);
    w.run(5);
    expect(w.board.recv(made.fd, 10, MSG_WAITALL)).toEqual(pattern(6));
  });

  test("more than the buffer: half of it at least at a time, so that whoever asks again and again gets everything", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    const all = pattern(6000);
    const got: number[] = [];
    let sent = 0;
    let window = SIZE;
    while (got.length < all.length) {
      const part = all.subarray(sent, sent + Math.min(300, window));
      if (part.length) flow.data(part);
      sent += part.length;
      w.run(60);
      const octets = w.board.recv(fd, Math.min(1400, all.length - got.length), MSG_WAITALL);
      if (typeof octets !== "number") {
        expect(octets.length).toBeGreaterThanOrEqual(Math.min(SIZE / 2, all.length - got.length));
        got.push(...octets);
      } else expect(named(octets)).toBe("-EAGAIN");
      w.run(5);
      const last = flow.drain(0).at(-1);
      window = last ? last.ack + last.win - 1 - sent : window - part.length;
    }
    expect(Uint8Array.from(got)).toEqual(all);
  });
});

describe("Buffers: MSG_DONTWAIT, MSG_TRUNC, MSG_MORE", () => {
  test("MSG_DONTWAIT says what is always so: no call waits", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    const start = w.now;
    expect(named(w.board.recv(fd, 10, MSG_DONTWAIT))).toBe("-EAGAIN");
    expect(w.board.send(fd, pattern(1400), MSG_DONTWAIT) + w.board.send(fd, pattern(1400), MSG_DONTWAIT)).toBe(SIZE);
    expect(named(w.board.send(fd, text("x"), MSG_DONTWAIT))).toBe("-EAGAIN");
    expect(w.now).toBe(start);
    flow.data(text("now"));
    w.run(5);
    expect(w.board.recv(fd, 10, MSG_DONTWAIT)).toEqual(text("now"));
  });

  test("MSG_TRUNC throws octets of a stream away unseen (Linux): none is copied, and the window opens", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.data(pattern(1024)).data(pattern(1024, 1024));
    w.run(50);
    flow.drain(0);
    const { calls, board } = w.board;
    const at = calls.scratch() + 64;
    board.u8.fill(0xee, at, at + 1400);
    expect(calls.recv(fd, at, 2000, MSG_TRUNC)).toBe(2000);
    board.wake();
    expect(board.u8.slice(at, at + 1400)).toEqual(new Uint8Array(1400).fill(0xee));
    expect(flow.expect({ flags: "A" }, 5).win).toBe(2000);
    expect(w.board.recv(fd)).toEqual(pattern(48, 2000));
  });

  test("MSG_MORE holds back what does not fill a segment, until something follows without it, or 200 ms", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.setTcp(fd, "TCP_NODELAY", 1);
    w.board.send(fd, text("head, "), MSG_MORE);
    flow.expectNothing(150);
    w.board.send(fd, text("body"));
    expect(flow.expect({ flags: "A" }, 5).text).toBe("head, body");
    flow.ack();
    w.board.send(fd, text("alone"), MSG_MORE);
    flow.expectNothing(150);
    expect(flow.expect({ flags: "A" }, 100).text).toBe("alone");
  });

  test("a flag that is unknown here: EOPNOTSUPP, and nothing happens", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.data(text("safe"));
    w.run(5);
    for (const flag of [4, 8, 0x10, 0x200, 0x2000, 0x20000000, 0x80000000 | 0]) {
      expect(named(w.board.send(fd, text("x"), flag))).toBe("-EOPNOTSUPP");
      expect(named(w.board.recv(fd, 10, flag))).toBe("-EOPNOTSUPP");
    }
    expect(w.board.recv(fd)).toEqual(text("safe"));
  });
});
