import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Errno, Family, Level, MessageFlag, Poll, Shutdown, SocketOption, SocketType } from "../../host/node/abi";
import { concat, pattern, text } from "../support/packet";
import { listenForRecords, passiveRecords, record } from "../support/records";
import { active, passive, PORT } from "../support/states";
import { named, world } from "../support/world";

const { POLLIN, POLLOUT, POLLHUP, POLLRDHUP, POLLERR } = Poll;
const { MSG_EOR, MSG_MORE, MSG_OOB, MSG_PEEK, MSG_TRUNC } = MessageFlag;
/** Octets of a buffer in the default profile. */
const BUFFER = 2048;

describe("SOCK_SEQPACKET over TCP: what is sent", () => {
  test("each send is one record: its length in four octets, in network order, and its data", async () => {
    const w = await world();
    const { board, flow, fd } = passiveRecords(w);
    expect(board.send(fd, text("hello"))).toBe(5);
    flow.expect({ flags: "A", seq: 1, data: record(text("hello")) });
  });

  test("MSG_EOR is accepted, as every send ends a record; MSG_OOB and MSG_MORE are not", async () => {
    const w = await world();
    const { board, flow, fd } = passiveRecords(w);
    expect(board.send(fd, text("one"), MSG_EOR)).toBe(3);
    flow.expect({ data: record(text("one")) });
    expect(named(board.send(fd, text("x"), MSG_OOB))).toBe("-EOPNOTSUPP");
    expect(named(board.send(fd, text("x"), MSG_MORE))).toBe("-EOPNOTSUPP");
    flow.ack().expectNothing();
  });

  test("an empty record is four zeros", async () => {
    const w = await world();
    const { board, flow, fd } = passiveRecords(w);
    expect(board.send(fd, new Uint8Array(0))).toBe(0);
    flow.expect({ data: Uint8Array.of(0, 0, 0, 0) });
  });

  test("a connecting socket sends records, too, also during the handshake", async () => {
    const w = await world();
    const { board, peer } = { board: w.board, peer: w.peer() };
    const flow = peer.flow({ port: 7000 });
    const fd = board.socket(SocketType.SOCK_SEQPACKET);
    board.connect(fd, peer.ip, 7000);
    expect(board.send(fd, text("early"))).toBe(5);
    flow.expect({ flags: "S" });
    flow.send({ flags: "SA", mss: 1460 });
    flow.expect({ flags: "A", data: record(text("early")) });
  });

  test("EMSGSIZE: larger than the send buffer, less the length, can ever hold; the largest goes", async () => {
    const w = await world();
    const { board, flow, fd } = passiveRecords(w);
    expect(named(board.calls.send(fd, board.calls.scratch(), BUFFER - 3, 0))).toBe("-EMSGSIZE");
    expect(board.calls.send(fd, board.calls.scratch(), BUFFER - 4, 0)).toBe(BUFFER - 4);
    board.board.wake();
    expect(flow.expect({ seq: 1, len: BUFFER / 2 }).data.subarray(0, 4)).toEqual(Uint8Array.of(0, 0, 7, 0xfc));
    flow.expect({ seq: 1 + BUFFER / 2, len: BUFFER / 2 });
  });

  test("EAGAIN: never a part; POLLOUT and the event come when that record can go", async () => {
    const w = await world();
    const { board, flow, fd } = passiveRecords(w, { flow: { win: 4000 } });
    expect(board.send(fd, pattern(1000))).toBe(1000);
    expect(named(board.send(fd, pattern(1400)))).toBe("-EAGAIN");
    w.run(5);
    flow.drain(5);
    board.events.length = 0;
    flow.send({ flags: "A", ack: 1 + 204 }); // 1248 octets are free: more than a third, but not enough
    w.run(5);
    expect(board.ready(fd) & POLLOUT).toBe(0);
    expect(board.events).toEqual([]);
    expect(named(board.send(fd, pattern(1400)))).toBe("-EAGAIN");
    flow.send({ flags: "A", ack: 1 + 1004 });
    w.run(5);
    expect(board.events).toEqual([fd]);
    expect(board.ready(fd) & POLLOUT).toBe(POLLOUT);
    expect(board.send(fd, pattern(1400))).toBe(1400);
    flow.expect({ seq: 1005, data: record(pattern(1400)).subarray(0, 1024) });
    flow.ack();
    flow.expect({ seq: 2029, data: record(pattern(1400)).subarray(1024) });
  });

  test("shutdown(SHUT_WR) sends what is queued, then FIN; EPIPE from then on, and reading goes on", async () => {
    const w = await world();
    const { board, flow, fd } = passiveRecords(w);
    board.send(fd, text("last"));
    board.shutdown(fd, Shutdown.SHUT_WR);
    flow.expect({ flags: "FA", data: record(text("last")) });
    expect(named(board.send(fd, text("more")))).toBe("-EPIPE");
    flow.data(record(text("answer")));
    w.run(5);
    expect(board.recv(fd)).toEqual(text("answer"));
  });
});

describe("SOCK_SEQPACKET over TCP: what is received", () => {
  test("one recv gives one record, however many came in one segment: packets do not stick together", async () => {
    const w = await world();
    const { board, flow, fd } = passiveRecords(w);
    flow.data(concat(record(text("one")), record(text("three")), record(text(""))));
    w.run(5);
    expect(board.recv(fd)).toEqual(text("one"));
    expect(board.ioctl(fd, "FIONREAD")).toBe(5);
    expect(board.recv(fd)).toEqual(text("three"));
    expect(board.recv(fd)).toEqual(new Uint8Array(0));
    expect(named(board.recv(fd))).toBe("-EAGAIN");
  });

  test("a record is there when all of it is: octet by octet, POLLIN and the event come with the last", async () => {
    const w = await world();
    const { board, flow, fd } = passiveRecords(w);
    const whole = record(text("drip"));
    board.events.length = 0;
    for (let i = 0; i < whole.length; i++) {
      expect([board.ready(fd) & POLLIN, board.events.length, board.ioctl(fd, "FIONREAD")], `octet ${i}`).toEqual([0, 0, 0]);
      expect(named(board.recv(fd))).toBe("-EAGAIN");
      flow.data(whole.subarray(i, i + 1));
      w.run(5);
    }
    expect([board.ready(fd) & POLLIN, board.events]).toEqual([POLLIN, [fd]]);
    expect(board.recv(fd)).toEqual(text("drip"));
    expect(board.ready(fd) & POLLIN).toBe(0);
  });

  test("what has no room is lost; MSG_TRUNC tells the real length, MSG_PEEK leaves the record", async () => {
    const w = await world();
    const { board, flow, fd } = passiveRecords(w);
    flow.data(concat(record(pattern(100)), record(text("next"))));
    w.run(5);
    expect(board.recv(fd, 10, MSG_PEEK)).toEqual(pattern(10));
    expect(board.recv(fd, 65536, MSG_PEEK)).toEqual(pattern(100));
    expect(board.recvFrom(fd, 7, MSG_TRUNC | MSG_PEEK)).toMatchObject({ result: 100, data: pattern(7) });
    expect(board.recvFrom(fd, 7, MSG_TRUNC)).toMatchObject({ result: 100, data: pattern(7) });
    expect(board.recv(fd)).toEqual(text("next"));
  });

  test("an empty record has a sender, the end has none (AF_UNSPEC)", async () => {
    const w = await world();
    const { board, peer, flow, fd } = passiveRecords(w);
    flow.send({ flags: "FA", data: record(new Uint8Array(0)) });
    w.run(5);
    const from = (result: number) => {
      const at = board.calls.scratch();
      expect(board.calls.recvfrom(fd, at + 64, 100, 0, at)).toBe(result);
      return new DataView(board.board.memory.buffer).getUint16(at, true);
    };
    expect(board.ready(fd) & (POLLIN | POLLRDHUP)).toBe(POLLIN | POLLRDHUP);
    expect(board.recvFrom(fd, 100, MSG_PEEK)).toMatchObject({ result: 0, ip: peer.ip, port: flow.port });
    expect(from(0)).toBe(Family.AF_INET);
    expect(from(0)).toBe(Family.AF_UNSPEC);
    expect(from(0)).toBe(Family.AF_UNSPEC);
  });

  test("the end inside a record: EPROTO once, then 0", async () => {
    const w = await world();
    const { board, flow, fd } = passiveRecords(w);
    flow.send({ flags: "FPA", data: concat(record(text("whole")), record(text("half")).subarray(0, 6)) });
    w.run(5);
    expect(board.recv(fd)).toEqual(text("whole"));
    expect(board.ready(fd) & POLLIN).toBe(POLLIN);
    expect(named(board.recv(fd, 100, MSG_PEEK))).toBe("-EPROTO");
    expect(named(board.recv(fd))).toBe("-EPROTO");
    expect(board.recv(fd)).toEqual(new Uint8Array(0));
  });

  test("a reset inside a record: ECONNRESET once, then 0", async () => {
    const w = await world();
    const { board, flow, fd } = passiveRecords(w);
    flow.data(concat(record(text("whole")), Uint8Array.of(0, 0)));
    flow.send({ flags: "RA" });
    w.run(5);
    expect(board.recv(fd)).toEqual(text("whole"));
    expect(named(board.recv(fd))).toBe("-ECONNRESET");
    expect(board.recv(fd)).toEqual(new Uint8Array(0));
  });

  test.each([BUFFER - 3, 0x7fffffff, 0xffffffff])(
    "a record of %i octets can never be held: RST, EMSGSIZE once",
    async (length) => {
      const w = await world();
      const { board, flow, fd } = passiveRecords(w);
      const head = new Uint8Array(4);
      new DataView(head.buffer).setUint32(0, length);
      flow.data(concat(head, pattern(100)));
      flow.expect({ flags: "RA" });
      expect(board.ready(fd) & (POLLIN | POLLERR | POLLHUP)).toBe(POLLIN | POLLERR | POLLHUP);
      expect(named(board.recv(fd))).toBe("-EMSGSIZE");
      expect(board.recv(fd)).toEqual(new Uint8Array(0));
      expect(board.close(fd)).toBe(0);
    },
  );

  test("and so when it stands behind others: they are read before", async () => {
    const w = await world();
    const { board, flow, fd } = passiveRecords(w);
    flow.data(concat(record(text("fine")), Uint8Array.of(0x80, 0, 0, 0), text("....")));
    flow.expect({ flags: "A" });
    expect(board.recv(fd)).toEqual(text("fine"));
    flow.expect({ flags: "RA" });
    expect(named(board.recv(fd))).toBe("-EMSGSIZE");
    expect(board.recv(fd)).toEqual(new Uint8Array(0));
  });

  test("urgent data stays where it is in its record", async () => {
    const w = await world();
    const { board, flow, fd } = passiveRecords(w);
    flow.send({ flags: "PAU", data: record(text("now!")), urgent: 6 });
    w.run(5);
    expect(board.ready(fd) & Poll.POLLPRI).toBe(0);
    expect(named(board.recv(fd, 1, MSG_OOB))).toBe("-EOPNOTSUPP");
    expect(board.recv(fd)).toEqual(text("now!"));
  });
});

describe("SOCK_SEQPACKET over TCP: the window", () => {
  /** What the board has announced, as a place in the stream. */
  const edgeOf = (heard: { ack: number; win: number }) => heard.ack + heard.win;

  test("the largest record behind a small one does not stall: the room it needs is announced when the small one is read", async () => {
    const w = await world();
    const { board, flow, fd } = passiveRecords(w);
    const stream = concat(record(text("small")), record(pattern(BUFFER - 4)));
    flow.data(stream.subarray(0, 1000));
    flow.data(stream.subarray(1000, 2048)); // as far as the first window goes
    expect(flow.drain().map(edgeOf).at(-1)).toBe(1 + BUFFER);
    expect(board.recv(fd)).toEqual(text("small"));
    expect(edgeOf(flow.expect({ flags: "A", win: 9 }))).toBe(1 + BUFFER + 9);
    flow.data(stream.subarray(2048));
    w.run(5);
    expect(board.recvFrom(fd, 100, MSG_TRUNC)).toMatchObject({ result: BUFFER - 4 });
  });

  test("nor when only a part of its length fitted into the window", async () => {
    const w = await world();
    const { board, flow, fd } = passiveRecords(w);
    flow.data(record(pattern(1000))).data(concat(record(pattern(1037)), Uint8Array.of(0, 0, 7))); // the window ends here
    expect(flow.drain().map(edgeOf).at(-1)).toBe(1 + BUFFER);
    board.recv(fd);
    board.recv(fd);
    flow.data(concat(Uint8Array.of(0xfc), pattern(1000))).data(pattern(BUFFER - 1004));
    w.run(50);
    expect(board.recvFrom(fd, 100, MSG_TRUNC)).toMatchObject({ result: BUFFER - 4 });
  });

  test("nor when the small one was read before the large one began", async () => {
    const w = await world();
    const { board, flow, fd } = passiveRecords(w);
    flow.data(record(text("tiny")));
    w.run(100);
    board.recv(fd);
    expect(flow.drain().map(edgeOf).at(-1)).toBe(1 + BUFFER); // eight octets are not worth a segment
    flow.data(record(pattern(BUFFER - 4)).subarray(0, 100));
    expect(edgeOf(flow.expect({ flags: "A" }, 5))).toBe(1 + BUFFER + 8); // now they are
  });

  test("records of every size up to the largest arrive at a sender that fills the window, and at once", async () => {
    const w = await world({ boards: 2 });
    const [far, near] = w.stations;
    listenForRecords(far);
    const fd = near.socket(SocketType.SOCK_SEQPACKET);
    near.connect(fd, far.ip, PORT);
    const other = w.accepted(far, 0);
    const sizes = [5, BUFFER - 4, 1, BUFFER - 4, BUFFER - 5, 0, BUFFER - 4, 300, 1700, BUFFER - 4, 2000, 40, 8, 2030, BUFFER - 4];
    const got: number[] = [];
    let next = 0;
    const began = w.now;
    w.waitFor("all records", () => {
      while (next < sizes.length && near.calls.send(fd, near.calls.scratch(), sizes[next], 0) >= 0) {
        near.board.wake();
        next++;
      }
      for (let one = far.recvFrom(other, 10, MSG_TRUNC); typeof one !== "number"; one = far.recvFrom(other, 10, MSG_TRUNC)) {
        got.push(one.result);
      }
      return got.length === sizes.length;
    });
    expect(got).toEqual(sizes);
    expect(w.now - began).toBeLessThan(2000);
  });
});

describe("SOCK_SEQPACKET over TCP: a window in units (RFC 7323)", () => {
  /** 64 KiB less what the last unit of 16 octets cannot tell, and less the length. */
  const largest = 65536 - 15 - 4;

  test.each([
    [largest, "arrives", largest],
    [largest + 1, "could not be announced: EMSGSIZE", "-EMSGSIZE"],
  ])("a record of %i octets %s", async (size, _, result) => {
    const w = await world({ boards: 2, profile: "host", settings: { WindowShift: 4 } });
    const [far, near] = w.stations;
    listenForRecords(far);
    const fd = near.socket(SocketType.SOCK_SEQPACKET);
    near.connect(fd, far.ip, PORT);
    const other = w.accepted(far, 0);
    near.send(fd, text("one before"));
    w.run(100);
    expect(far.recv(other)).toEqual(text("one before"));
    expect(near.calls.send(fd, near.calls.scratch(), size, 0)).toBe(size);
    near.board.wake();
    w.run(3000);
    const got = far.recvFrom(other, 10, MSG_TRUNC);
    expect(typeof got === "number" ? named(got) : got.result).toBe(result);
  });
});

describe("SOCK_SEQPACKET over TCP: any peer, any wire", () => {
  test("a plain stream peer that writes the lengths itself, split anyhow", async () => {
    const w = await world();
    const records = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 12 });
    listenForRecords(w.board);
    const peer = w.peer();
    fc.assert(
      fc.property(records, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), (sent, cuts) => {
        const { board, flow, fd } = passive(w, { peer });
        const stream = concat(...sent.map(record));
        const got: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const end = Math.min(at + cuts[i % cuts.length], stream.length);
          flow.data(stream.subarray(at, end));
          at = end;
          w.run(2);
          for (let one = board.recv(fd); typeof one !== "number"; one = board.recv(fd)) got.push(one);
        }
        expect(got).toEqual(sent);
        flow.send({ flags: "RA" });
        board.close(fd);
        w.run(2);
        flow.peer.forget(flow);
      }),
      { numRuns: 60 },
    );
  });

  test.each([1, 2, 3, 4, 5])(
    "two boards with a bad cable between them: every record whole and in order, seed %i",
    async (seed) => {
      const w = await world({ boards: 2, seed, faults: { loss: 0.1, duplication: 0.1, reordering: 0.2 } });
      const [far, near] = w.stations;
      listenForRecords(far);
      const fd = near.socket(SocketType.SOCK_SEQPACKET);
      near.connect(fd, far.ip, PORT);
      const other = w.accepted(far, 0, 60_000);
      const sizes = Array.from({ length: 60 }, (_, i) => (i * 379 * seed) % 1400);
      const got: Uint8Array[] = [];
      let next = 0;
      w.waitFor(
        "all records",
        () => {
          while (next < sizes.length && near.send(fd, pattern(sizes[next], next)) >= 0) next++;
          for (let one = far.recv(other); typeof one !== "number" && got.length < sizes.length; one = far.recv(other))
            got.push(one);
          return got.length === sizes.length;
        },
        600_000,
      );
      expect(got).toEqual(sizes.map((size, i) => pattern(size, i)));
      near.close(fd);
      w.waitFor("the end", () => !(named(far.recv(other)) === "-EAGAIN"), 600_000);
    },
  );

  test("over loopback, inside one module", async () => {
    const w = await world();
    const { board } = w;
    const listener = listenForRecords(board);
    const fd = board.socket(SocketType.SOCK_SEQPACKET);
    board.connect(fd, "127.0.0.1", PORT);
    const other = w.accepted(board, listener);
    board.send(fd, text("to myself"));
    board.send(fd, text("again"));
    w.run(100);
    expect([board.recv(other), board.recv(other)]).toEqual([text("to myself"), text("again")]);
  });
});

describe("SOCK_SEQPACKET over TCP: looking", () => {
  test("getsockopt: SO_TYPE is SOCK_SEQPACKET, of listener, accepted and connecting socket alike; the protocol is TCP", async () => {
    const w = await world();
    const { board, fd, listener } = passiveRecords(w);
    const connecting = board.socket(SocketType.SOCK_SEQPACKET, 6);
    for (const each of [fd, listener, connecting]) {
      expect(board.option(each, Level.SOL_SOCKET, SocketOption.SO_TYPE)).toBe(SocketType.SOCK_SEQPACKET);
      expect(board.option(each, Level.SOL_SOCKET, SocketOption.SO_PROTOCOL)).toBe(6);
    }
    expect(named(board.socket(SocketType.SOCK_SEQPACKET, 17))).toBe("-EPROTONOSUPPORT");
  });

  test("spans are for streams of octets: EOPNOTSUPP", async () => {
    const w = await world();
    const { board, fd } = passiveRecords(w);
    const { calls } = board;
    const results = [calls.send_room(fd), calls.send_commit(fd, 0), calls.recv_ready(fd), calls.recv_release(fd, 0)];
    expect(results.map(named)).toEqual(Array(4).fill("-EOPNOTSUPP"));
    expect([calls.send_ptr(fd), calls.recv_ptr(fd)]).toEqual([0, 0]);
  });

  test("no connection: ENOTCONN to receive, EPIPE to send", async () => {
    const { board } = await world();
    const fd = board.socket(SocketType.SOCK_SEQPACKET);
    expect(named(board.recv(fd))).toBe("-ENOTCONN");
    expect(named(board.send(fd, text("x")))).toBe("-EPIPE");
    expect(named(board.recv(listenForRecords(board)))).toBe("-ENOTCONN");
  });

  test("a stream of octets is what it was", async () => {
    const w = await world();
    const { board, flow, fd } = active(w);
    expect(board.option(fd, Level.SOL_SOCKET, SocketOption.SO_TYPE)).toBe(SocketType.SOCK_STREAM);
    board.send(fd, text("abc"));
    flow.expect({ data: text("abc") });
    expect(-Errno.EOPNOTSUPP).toBe(board.send(fd, text("x"), MSG_EOR));
  });

  test("without the knob there is no such kind: ESOCKTNOSUPPORT", async () => {
    const { board } = await world({ profile: "tiny" });
    expect(named(board.socket(SocketType.SOCK_SEQPACKET))).toBe("-ESOCKTNOSUPPORT");
  });
});
