import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MessageFlag, Poll, Shutdown } from "../../host/node/abi";
import { Flag, pattern, text } from "../support/packet";
import { active, connecting, passive, type Connection } from "../support/states";
import { named, world, type World } from "../support/world";

const { MSG_OOB, MSG_PEEK } = MessageFlag;

/** The octet MSG_OOB gives, or the error's name. */
function urgentOctet({ board, fd }: Connection, flags = 0): string {
  const got = board.recv(fd, 10, MSG_OOB | flags);
  return typeof got === "number" ? String(named(got)) : new TextDecoder().decode(got);
}

/** What one read gives, "" at the end, or the error's name. */
function read({ board, fd }: Connection, max = 1000, flags = 0): string {
  const got = board.recv(fd, max, flags);
  return typeof got === "number" ? String(named(got)) : new TextDecoder().decode(got);
}

/** Text whose last octet is urgent. */
function urgentText(made: Connection, data: string): void {
  made.flow.send({ flags: "PAU", data: text(data), urgent: data.length });
  made.world.run(5);
}

const pri = ({ board, fd }: Connection): boolean => (board.ready(fd) & Poll.POLLPRI) !== 0;

describe("sending urgent data (RFC 9293 3.8.5)", () => {
  test("MSG_OOB makes the last octet urgent; the pointer designates the octet behind it (MUST-62)", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    expect(w.board.send(fd, text("abcd"), MSG_OOB)).toBe(4);
    const heard = flow.expect({ flags: "AU", seq: 1, data: text("abcd") });
    expect(heard.urgent).toBe(4);
    expect(w.board.counters()["TcpUrgentOut"]).toBe(1);
  });

  test("what was queued before it is urgent too, what comes behind it is not", async () => {
    const w = await world();
    const { flow, fd } = passive(w, { mss: 100 });
    w.board.send(fd, pattern(250));
    w.board.send(fd, text("!"), MSG_OOB);
    w.board.send(fd, pattern(99));
    const heard = flow.drain(20);
    expect(heard.map(({ seq, flags, urgent }) => [seq, flags & Flag.U ? urgent : 0])).toEqual([
      [1, 251],
      [101, 151],
      [201, 51],
      [301, 0],
    ]);
  });

  test("no URG once all of it is acknowledged", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, text("a"), MSG_OOB);
    expect(flow.expect({ seq: 1 }).urgent).toBe(1);
    flow.ack();
    w.run(5);
    w.board.send(fd, text("b"));
    expect(flow.expect({ flags: "A", seq: 2 }).urgent).toBe(0);
    flow.data(text("c"));
    expect(flow.expect({ flags: "A", seq: 3 }, 500).urgent).toBe(0);
  });

  test("Nagle does not hold it back", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, text("a"));
    flow.expect({ seq: 1, len: 1 });
    w.board.send(fd, text("b"));
    flow.expectNothing(50);
    w.board.send(fd, text("c"), MSG_OOB);
    expect(flow.expect({ flags: "AU", seq: 2, data: text("bc") }).urgent).toBe(2);
  });

  test("retransmissions carry the pointer", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, text("abc"), MSG_OOB);
    expect(flow.expect({ flags: "AU", seq: 1 }).urgent).toBe(3);
    expect(flow.expect({ flags: "AU", seq: 1, len: 3 }, 3000).urgent).toBe(3);
    flow.send({ flags: "A", ack: 2 });
    expect(flow.expect({ flags: "AU", seq: 2, len: 2 }, 3000).urgent).toBe(2);
  });

  test("a pointer moves forward with more urgent data, also while older is on its way", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.send(fd, text("abc"), MSG_OOB);
    expect(flow.expect({ flags: "AU", seq: 1, len: 3 }).urgent).toBe(3);
    w.board.send(fd, text("de"), MSG_OOB);
    expect(flow.expect({ flags: "AU", seq: 4, len: 2 }).urgent).toBe(2);
    expect(flow.expect({ flags: "AU", seq: 1 }, 3000).urgent).toBe(5);
  });

  test("a closed window does not keep it secret: an ACK says so at once, and so do the probes", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.ack(0);
    w.run(5);
    w.board.send(fd, pattern(10));
    w.board.send(fd, text("!"), MSG_OOB);
    const told = flow.expect({ flags: "AU", seq: 1, len: 0 });
    expect(told.urgent).toBe(11);
    const probe = flow.expect({ flags: "AU", seq: 1, len: 1 }, 3000);
    expect(probe.urgent).toBe(11);
    flow.ack(1000);
    expect(flow.expect({ flags: "AU" }).urgent).toBeGreaterThanOrEqual(10);
  });

  test("further away than the field can say: 65535 (host profile)", async () => {
    const w = await world({ profile: "host" });
    const made = active(w, { wscale: 7, prepare: (fd) => w.board.setSocket(fd, "SO_SNDBUF", 131072) });
    const { flow, fd } = made;
    flow.ack(0);
    w.run(5);
    for (let queued = 0; queued < 100_000;) queued += w.board.send(fd, pattern(50_000));
    w.board.send(fd, text("!"), MSG_OOB);
    expect(flow.expect({ flags: "AU", seq: 1, len: 0 }).urgent).toBe(65535);
    flow.ack(512);
    const heard = flow.drain(100);
    expect(heard[0].urgent).toBe(65535);
    for (let round = 0; round < 100 && flow.rcv < 100_002; round++) {
      flow.ack(512);
      for (const segment of flow.drain(10)) {
        const distance = 100_002 - segment.seq;
        if (segment.len) expect([segment.flags & Flag.U, segment.urgent]).toEqual([Flag.U, Math.min(distance, 65535)]);
      }
    }
    expect(flow.rcv).toBe(100_002);
  });

  test("queued before the handshake is done: the SYN has no URG, the text has", async () => {
    const w = await world();
    const { flow, fd } = connecting(w);
    expect(w.board.send(fd, text("ab"), MSG_OOB)).toBe(2);
    expect(flow.expect({ flags: "S" }).urgent).toBe(0);
    flow.send({ flags: "SA", mss: 1460 });
    const heard = flow.drain(20);
    expect(heard.at(-1)).toMatchObject({ seq: 1, len: 2, urgent: 2 });
    expect(heard.at(-1).flags & Flag.U).toBe(Flag.U);
  });

  test("a datagram cannot be urgent: EOPNOTSUPP", async () => {
    const w = await world();
    const fd = w.board.datagram(7000);
    expect(named(w.board.sendTo(fd, text("x"), "10.0.0.9", 9, MSG_OOB))).toBe("-EOPNOTSUPP");
    expect(named(w.board.recv(fd, 10, MSG_OOB))).toBe("-EOPNOTSUPP");
  });
});

describe("receiving urgent data: the octet before the pointer is not in the stream", () => {
  test("MSG_OOB gives it once, reads go around it and stop at the mark", async () => {
    const w = await world();
    const made = passive(w);
    urgentText(made, "abcX");
    made.flow.data(text("def"));
    w.run(5);
    expect(urgentOctet(made)).toBe("X");
    expect(urgentOctet(made)).toBe("-EINVAL");
    expect(read(made)).toBe("abc");
    expect(w.board.ioctl(made.fd, "SIOCATMARK")).toBe(1);
    expect(read(made)).toBe("def");
    expect(w.board.ioctl(made.fd, "SIOCATMARK")).toBe(0);
    expect(read(made)).toBe("-EAGAIN");
  });

  test("reading on behind the mark gives the octet up", async () => {
    const w = await world();
    const made = passive(w);
    urgentText(made, "abcX");
    made.flow.data(text("d"));
    w.run(5);
    expect(read(made)).toBe("abc");
    expect(read(made)).toBe("d");
    expect(urgentOctet(made)).toBe("-EINVAL");
    expect(pri(made)).toBe(false);
  });

  test("at the mark with nothing behind it: EAGAIN, no POLLIN, and the octet still there", async () => {
    const w = await world();
    const made = passive(w);
    urgentText(made, "X");
    expect(w.board.ready(made.fd) & (Poll.POLLIN | Poll.POLLPRI)).toBe(Poll.POLLPRI);
    expect(read(made)).toBe("-EAGAIN");
    expect(urgentOctet(made)).toBe("X");
    expect(w.board.ready(made.fd) & (Poll.POLLIN | Poll.POLLPRI)).toBe(0);
  });

  test("MSG_PEEK | MSG_OOB leaves it; MSG_PEEK does not pass the mark", async () => {
    const w = await world();
    const made = passive(w);
    urgentText(made, "abX");
    made.flow.data(text("cd"));
    w.run(5);
    expect(urgentOctet(made, MSG_PEEK)).toBe("X");
    expect(read(made, 10, MSG_PEEK)).toBe("ab");
    expect(read(made)).toBe("ab");
    expect(read(made, 10, MSG_PEEK)).toBe("cd");
    expect(w.board.ioctl(made.fd, "SIOCATMARK")).toBe(1);
    expect(urgentOctet(made)).toBe("X");
    expect(read(made)).toBe("cd");
  });

  test("a read of no octets moves nothing", async () => {
    const w = await world();
    const made = passive(w);
    urgentText(made, "X");
    made.flow.data(text("y"));
    w.run(5);
    expect(read(made, 0)).toBe("");
    expect(w.board.ioctl(made.fd, "SIOCATMARK")).toBe(1);
    expect(w.board.recv(made.fd, 0, MSG_OOB)).toHaveLength(0);
    expect(urgentOctet(made)).toBe("X");
    expect(read(made)).toBe("y");
  });

  test("without any: EINVAL, on a listener ENOTCONN", async () => {
    const w = await world();
    const made = passive(w);
    expect(urgentOctet(made)).toBe("-EINVAL");
    expect(named(w.board.recv(made.listener, 1, MSG_OOB))).toBe("-ENOTCONN");
    made.flow.data(text("abc"));
    w.run(5);
    expect(urgentOctet(made)).toBe("-EINVAL");
    expect(w.board.ioctl(made.fd, "SIOCATMARK")).toBe(0);
  });

  test("the news come with the pointer, before the octet does (MUST-32); until then EAGAIN", async () => {
    const w = await world();
    const made = passive(w);
    w.board.events.length = 0;
    made.flow.send({ flags: "AU", data: text("ab"), urgent: 5 });
    w.run(5);
    expect(w.board.events).toContain(made.fd);
    expect(pri(made)).toBe(true);
    expect(urgentOctet(made)).toBe("-EAGAIN");
    expect(w.board.ioctl(made.fd, "SIOCURGENT")).toBe(5);
    expect(read(made)).toBe("ab");
    expect(w.board.ioctl(made.fd, "SIOCURGENT")).toBe(3);
    made.flow.data(text("cdX"));
    w.run(5);
    expect(urgentOctet(made)).toBe("X");
    expect(read(made)).toBe("cd");
    expect(w.board.counters()["TcpUrgentIn"]).toBe(1);
  });

  test("the pointer moving forward is news again, and the octet it pointed at before is in the stream", async () => {
    const w = await world();
    const made = passive(w);
    urgentText(made, "abX");
    w.board.events.length = 0;
    urgentText(made, "cdY");
    expect(w.board.events).toContain(made.fd);
    expect(urgentOctet(made)).toBe("Y");
    expect(read(made)).toBe("abXcd");
    expect(w.board.counters()["TcpUrgentIn"]).toBe(2);
  });

  test("a user who waits at the mark does not get the old octet when the pointer moves on", async () => {
    const w = await world();
    const made = passive(w);
    urgentText(made, "abX");
    expect(read(made)).toBe("ab");
    expect(urgentOctet(made)).toBe("X");
    urgentText(made, "cdY");
    expect(read(made)).toBe("cd");
    expect(urgentOctet(made)).toBe("Y");
  });

  test("urgent data of any length works (MUST-31): across segments, in more than one buffer", async () => {
    const w = await world();
    const made = passive(w);
    const { flow } = made;
    const data = pattern(6000);
    let got = "";
    for (let at = 0; at < 6000; at += 500) {
      flow.send({ flags: "PAU", data: data.subarray(at, at + 500), urgent: 6000 - at });
      w.run(5);
      flow.drain(0);
      for (let part = read(made); !part.startsWith("-"); part = read(made)) got += part;
    }
    expect(got).toBe(new TextDecoder().decode(data.subarray(0, 5999)));
    expect(w.board.ioctl(made.fd, "SIOCATMARK")).toBe(1);
    expect(w.board.recv(made.fd, 1, MSG_OOB)).toEqual(data.subarray(5999));
    expect(w.board.counters()["TcpUrgentIn"]).toBe(1);
  });

  test("with a closed window the pointer is still looked at (MUST-66)", async () => {
    const w = await world();
    const made = passive(w);
    const { flow } = made;
    flow.data(pattern(1024)).data(pattern(1024, 1024));
    w.run(100);
    flow.drain(5);
    w.board.events.length = 0;
    flow.send({ flags: "AU", seq: 2049, urgent: 1 });
    w.run(5);
    expect(w.board.events).toContain(made.fd);
    expect(pri(made)).toBe(true);
    expect(urgentOctet(made)).toBe("-EAGAIN");
    flow.send({ flags: "AU", seq: 2049, data: text("!"), urgent: 1 });
    w.run(5);
    expect(w.board.read(made.fd).data).toEqual(pattern(2048));
    w.run(100);
    flow.send({ flags: "PAU", seq: 2049, data: text("!+"), urgent: 1 });
    w.run(5);
    expect(urgentOctet(made)).toBe("!");
    expect(read(made)).toBe("+");
  });

  test("in a segment beyond a hole: announced at once, read in its turn", async () => {
    const w = await world();
    const made = passive(w);
    made.flow.send({ flags: "PAU", seq: 4, data: text("dX"), urgent: 2 });
    w.run(5);
    expect(pri(made)).toBe(true);
    expect(w.board.ioctl(made.fd, "SIOCURGENT")).toBe(5);
    made.flow.send({ flags: "PA", seq: 1, data: text("abc") });
    w.run(5);
    expect(read(made)).toBe("abcd");
    expect(urgentOctet(made)).toBe("X");
  });

  test("in the text of the segment that ends the handshake, before accept", async () => {
    const w = await world();
    const peer = w.peer();
    const listener = w.board.listen(80);
    const flow = peer.flow({ to: 80 }).send({ flags: "S", mss: 1460 });
    flow.expect({ flags: "SA" });
    flow.send({ flags: "PAU", data: text("aX"), urgent: 2 });
    w.run(5);
    const fd = w.accepted(w.board, listener);
    w.run(5);
    expect(w.board.ready(fd) & Poll.POLLPRI).toBe(Poll.POLLPRI);
    expect(w.board.recv(fd, 1, MSG_OOB)).toEqual(text("X"));
    expect(w.board.recv(fd, 10)).toEqual(text("a"));
  });

  test("on the SYN-ACK: the pointer counts from the SYN", async () => {
    const w = await world();
    const made = connecting(w);
    made.flow.expect({ flags: "S" });
    made.flow.send({ flags: "SAU", mss: 1460, urgent: 3, data: text("ab") });
    w.run(5);
    expect(urgentOctet(made)).toBe("b");
    expect(read(made)).toBe("a");
  });
});

describe("SO_OOBINLINE", () => {
  test("the octet stays in the stream, reads still stop at the mark, MSG_OOB is EINVAL", async () => {
    const w = await world();
    const made = passive(w);
    expect(w.board.setSocket(made.fd, "SO_OOBINLINE", 1)).toBe(0);
    urgentText(made, "abX");
    made.flow.data(text("cd"));
    w.run(5);
    expect(pri(made)).toBe(true);
    expect(urgentOctet(made)).toBe("-EINVAL");
    expect(read(made)).toBe("ab");
    expect(w.board.ioctl(made.fd, "SIOCATMARK")).toBe(1);
    expect(pri(made)).toBe(true);
    expect(read(made)).toBe("Xcd");
    expect(w.board.ioctl(made.fd, "SIOCATMARK")).toBe(0);
    expect(pri(made)).toBe(false);
  });

  test("an accepted socket has it from its listener", async () => {
    const w = await world();
    const listener = w.board.listen(80);
    w.board.setSocket(listener, "SO_OOBINLINE", 1);
    const made = passive(w);
    urgentText(made, "X");
    expect(read(made)).toBe("X");
  });
});

describe("the calls without a copy", () => {
  test("end at the mark, and go on behind it", async () => {
    const w = await world();
    const made = passive(w);
    const { fd } = made;
    const { calls, board } = w.board;
    urgentText(made, "abX");
    made.flow.data(text("cd"));
    w.run(5);
    const span = () => new TextDecoder().decode(board.u8.slice(calls.recv_ptr(fd), calls.recv_ptr(fd) + calls.recv_ready(fd)));
    expect(span()).toBe("ab");
    expect(named(calls.recv_release(fd, 3))).toBe("-EINVAL");
    expect(calls.recv_release(fd, 2)).toBe(0);
    expect(calls.ioctl(fd, 0x8905)).toBe(1);
    expect(span()).toBe("cd");
    expect(calls.recv_release(fd, 0)).toBe(0);
    expect(urgentOctet(made)).toBe("X");
    expect(calls.recv_release(fd, 1)).toBe(0);
    expect(span()).toBe("d");
    expect(calls.recv_release(fd, 1)).toBe(0);
    expect(named(calls.recv_ready(fd))).toBe("-EAGAIN");
  });
});

describe("pointers that cannot be (H53, URGENT/11)", () => {
  const quiet = async (script: (made: Connection) => void): Promise<{ w: World; made: Connection }> => {
    const w = await world();
    const made = passive(w);
    script(made);
    w.run(10);
    return { w, made };
  };

  test("zero, or at what has been received already: no news, the stream as it is", async () => {
    const { w, made } = await quiet(({ flow }) => {
      flow.send({ flags: "PAU", data: text("abc"), urgent: 0 });
      flow.send({ flags: "PAU", seq: 1, data: text("abc"), urgent: 3 });
      flow.send({ flags: "AU", seq: 4, urgent: 0 });
    });
    expect(pri(made)).toBe(false);
    expect(read(made)).toBe("abc");
    expect(w.board.counters()["TcpUrgentIn"]).toBe(0);
  });

  test("a pointer without URG means nothing", async () => {
    const { made } = await quiet(({ flow }) => flow.send({ flags: "PA", data: text("abc"), urgent: 2 }));
    expect(pri(made)).toBe(false);
    expect(read(made)).toBe("abc");
  });

  test("far beyond the text: the stream flows, the mark is where it is", async () => {
    const { w, made } = await quiet(({ flow }) => flow.send({ flags: "PAU", data: text("abc"), urgent: 0xffff }));
    expect(read(made)).toBe("abc");
    expect(urgentOctet(made)).toBe("-EAGAIN");
    expect(w.board.ioctl(made.fd, "SIOCURGENT")).toBe(0xffff - 3);
    made.flow.data(text("def"));
    w.run(5);
    expect(read(made)).toBe("def");
  });

  test("it never goes back", async () => {
    const { w, made } = await quiet(({ flow }) => {
      flow.send({ flags: "AU", urgent: 10 });
      flow.send({ flags: "AU", urgent: 5 });
    });
    expect(w.board.ioctl(made.fd, "SIOCURGENT")).toBe(10);
    expect(w.board.counters()["TcpUrgentIn"]).toBe(1);
  });

  test("behind a FIN: the stream ends, nobody waits for the octet", async () => {
    const { w, made } = await quiet(({ flow }) => flow.send({ flags: "FPAU", data: text("ab"), urgent: 3 }));
    expect(read(made)).toBe("ab");
    expect(read(made)).toBe("");
    expect(urgentOctet(made)).toBe("");
    expect(w.board.ready(made.fd) & Poll.POLLPRI).toBe(0);
  });

  test("on a FIN whose text it ends: the octet can be read, then comes the end", async () => {
    const { made } = await quiet(({ flow }) => flow.send({ flags: "FPAU", data: text("abX"), urgent: 3 }));
    expect(read(made)).toBe("ab");
    expect(urgentOctet(made)).toBe("X");
    expect(read(made)).toBe("");
  });

  test("in every state but three it is ignored", async () => {
    const w = await world();
    const made = passive(w);
    made.flow.send({ flags: "FA" });
    w.run(5);
    made.flow.send({ flags: "AU", urgent: 100 });
    w.run(5);
    expect(pri(made)).toBe(false);
    expect(read(made)).toBe("");
  });
});

describe("ending", () => {
  test("close after everything, the urgent octet too, was read: FIN", async () => {
    const w = await world();
    const made = passive(w);
    urgentText(made, "abX");
    read(made);
    urgentOctet(made);
    made.flow.drain(50);
    w.board.close(made.fd);
    made.flow.expect({ flags: "FA", seq: 1 });
  });

  test("close with the urgent octet not read: RST", async () => {
    const w = await world();
    const made = passive(w);
    urgentText(made, "abX");
    read(made);
    made.flow.drain(50);
    w.board.close(made.fd);
    expect(made.flow.expect({ seq: 1 }).flags & Flag.R).toBe(Flag.R);
  });

  test("shutdown of the reading side forgets it", async () => {
    const w = await world();
    const made = passive(w);
    urgentText(made, "abX");
    w.board.shutdown(made.fd, Shutdown.SHUT_RD);
    expect(pri(made)).toBe(false);
    expect(urgentOctet(made)).toBe("-EINVAL");
    expect(read(made)).toBe("");
  });
});

describe("any segmentation, any pointers, any reads, around the wrap", () => {
  const segment = fc.record({
    length: fc.integer({ min: 1, max: 40 }),
    urgent: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
    reads: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 3 }),
    oob: fc.boolean(),
  });

  /** What BSD's rules give, octet by octet. */
  class Model {
    nxt = 0;
    at = 0;
    mark = -1;
    taken = false;

    constructor(readonly inline: boolean) {}

    receive(length: number, urgent: number | undefined): void {
      const mark = this.nxt + (urgent ?? 0) - 1;
      if (urgent !== undefined && mark >= this.nxt && mark > this.mark) {
        if (this.at === this.mark && !this.inline && this.at < this.nxt) this.at++;
        this.mark = mark;
        this.taken = false;
      }
      this.nxt += length;
    }

    read(max: number): number[] | "EAGAIN" {
      let from = this.at;
      if (from === this.mark && !this.inline && from < this.nxt) from++;
      const end = this.at < this.mark ? Math.min(this.nxt, this.mark) : this.nxt;
      if (from >= end) return "EAGAIN";
      this.at = Math.min(end, from + max);
      if (this.at > this.mark) this.mark = -1;
      return Array.from({ length: this.at - from }, (_, i) => (from + i) % 251);
    }

    oob(): number | "EINVAL" | "EAGAIN" {
      if (this.inline || this.mark < 0 || this.taken) return "EINVAL";
      if (this.mark >= this.nxt) return "EAGAIN";
      this.taken = true;
      return this.mark % 251;
    }
  }

  test.each([
    ["out of the stream", false],
    ["inline", true],
  ])("%s", async (_, inline) => {
    const w = await world();
    const made = passive(w, { flow: { iss: 0xffffff80 } });
    const { flow, fd } = made;
    w.board.setSocket(fd, "SO_OOBINLINE", inline ? 1 : 0);
    const fresh = w.board.board.snapshot();
    const { nxt, rcv } = flow;
    const heard = (result: Uint8Array | number): number[] | string =>
      typeof result === "number" ? String(named(result)).slice(1) : [...result];
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 20 }), (segments) => {
        w.board.board.restore(fresh);
        flow.inbox.length = 0;
        flow.nxt = nxt;
        flow.rcv = rcv;
        const model = new Model(inline);
        for (const { length, urgent, reads, oob } of segments) {
          const data = pattern(length, model.nxt);
          flow.send({ flags: urgent === undefined ? "PA" : "PAU", data, ...(urgent === undefined ? {} : { urgent }) });
          w.run(2);
          model.receive(length, urgent);
          if (oob) {
            const expected = model.oob();
            expect(heard(w.board.recv(fd, 1, MSG_OOB))).toEqual(typeof expected === "number" ? [expected] : expected);
          }
          for (const max of reads) expect(heard(w.board.recv(fd, max))).toEqual(model.read(max));
          expect(w.board.ioctl(fd, "SIOCATMARK")).toBe(Number(model.mark >= 0 && model.at === model.mark));
          expect(w.board.ioctl(fd, "SIOCURGENT")).toBe(model.mark < 0 ? 0 : model.mark + 1 - model.at);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("between two boards: the sender's pointer is the receiver's mark, whatever the losses", async () => {
    const w = await world({ boards: 2, faults: { loss: 0.1, duplication: 0.05, reordering: 0.1 } });
    const [near, far] = w.stations;
    const listener = far.listen(80);
    const fd = near.open(far.ip, 80);
    const other = w.accepted(far, listener, 60_000);
    const data = pattern(20_000);
    const got: number[] = [];
    let sent = 0;
    let marks = 0;
    w.waitFor("everything", () => {
      while (sent < data.length) {
        const size = Math.min(997, data.length - sent);
        const taken = near.send(fd, data.subarray(sent, sent + size), sent % 5 === 0 ? MSG_OOB : 0);
        if (taken <= 0) break;
        sent += taken;
      }
      if (far.ready(other) & Poll.POLLPRI) marks++;
      got.push(...far.read(other).data);
      return sent === data.length && near.ioctl(fd, "SIOCOUTQ") === 0;
    });
    w.run(500);
    far.setSocket(other, "SO_OOBINLINE", 1);
    got.push(...far.read(other).data);
    expect(marks).toBeGreaterThan(0);
    // Octets that were urgent are missing, nothing else is, and the order is kept.
    let at = 0;
    for (const octet of got) {
      while (at < data.length && data[at] !== octet) at++;
      expect(at).toBeLessThan(data.length);
      at++;
    }
    expect(data.length - got.length).toBeLessThanOrEqual(near.counters()["TcpUrgentOut"]);
  });
});
