import { describe, expect, test } from "vitest";
import { Errno, Poll } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import { inState, passive, PORT, STATES, SYNCHRONIZED } from "../support/states";
import { named, world } from "../support/world";

/** What the board acknowledges and may send next in each state, relative; its window is the last one it announced. */
const numbers = {
  Established: { rcv: 1, nxt: 1 },
  FinWait1: { rcv: 1, nxt: 2 },
  FinWait2: { rcv: 1, nxt: 2 },
  CloseWait: { rcv: 2, nxt: 1 },
  Closing: { rcv: 2, nxt: 2 },
  LastAck: { rcv: 2, nxt: 2 },
} as const;

type Synchronized = keyof typeof numbers;

describe("RST on a connection (RFC 5961 3.2)", () => {
  describe.each(SYNCHRONIZED as Synchronized[])("in %s", (state) => {
    const { rcv, nxt } = numbers[state];

    test("at RCV.NXT: the connection is gone, nothing is answered", async () => {
      const w = await world();
      const made = inState(w, state);
      made.flow.send({ flags: "R", seq: rcv });
      made.flow.expectNothing(20);
      expect(made.state()).toBe("Closed");
    });

    test("inside the window elsewhere: a challenge ACK, nothing else", async () => {
      const w = await world();
      const made = inState(w, state);
      const window = lastWindow(made);
      for (const seq of [rcv + 1, rcv + window - 1]) {
        made.flow.send({ flags: "R", seq });
        made.flow.expect({ flags: "A", seq: nxt, ack: rcv, len: 0 });
        expect(made.state()).toBe(state);
      }
      expect(w.board.counters()["TcpChallengeAcks"]).toBe(2);
    });

    test("outside the window: silence", async () => {
      const w = await world();
      const made = inState(w, state);
      const window = lastWindow(made);
      for (const seq of [rcv - 1, rcv + window, rcv + 0x40000000, rcv + 0x80000000]) {
        w.expectDrop("TcpOutOfWindow", () => made.flow.send({ flags: "R", seq }));
      }
      expect(made.state()).toBe(state);
    });
  });

  test("at RCV.NXT with a window of zero (MUST-66)", async () => {
    const w = await world();
    const { flow, state } = passive(w);
    flow.data(pattern(1024)).data(pattern(1024));
    w.run(100);
    const last = flow.drain(50).at(-1);
    expect(last).toMatchObject({ ack: 2049, win: 0 });
    flow.send({ flags: "R", seq: 2050 });
    w.run(5);
    expect(state()).toBe("Established");
    flow.send({ flags: "R", seq: 2049 });
    w.run(5);
    expect(state()).toBe("Closed");
  });

  test("a RST that carries data resets as well (SHLD-2)", async () => {
    const w = await world();
    const { flow, state } = passive(w);
    flow.send({ flags: "RA", seq: 1, data: text("because") });
    flow.expectNothing(20);
    expect(state()).toBe("Closed");
  });

  test("the reader learns of it: ECONNRESET once, then EOF; the writer EPIPE (MUST-12)", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    w.board.events.length = 0;
    flow.send({ flags: "R" });
    w.run(5);
    expect(w.board.events).toContain(fd);
    expect(w.board.ready(fd) & (Poll.POLLERR | Poll.POLLHUP)).toBe(Poll.POLLERR | Poll.POLLHUP);
    expect(named(w.board.recv(fd) as number)).toBe("-ECONNRESET");
    expect(w.board.recv(fd)).toEqual(text(""));
    expect(named(w.board.send(fd, text("x")))).toBe("-EPIPE");
    expect(w.board.close(fd)).toBe(0);
  });

  test("behind the peer's FIN it is no news for the reader, who has had everything: EOF; the writer hears EPIPE", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.send({ flags: "FA", data: text("all") });
    w.run(50);
    flow.send({ flags: "R", seq: 5 });
    w.run(5);
    expect(w.board.recv(fd)).toEqual(text("all"));
    expect(w.board.recv(fd)).toEqual(text(""));
    expect(w.board.recv(fd)).toEqual(text(""));
    expect(named(w.board.send(fd, text("x")))).toBe("-EPIPE");
    expect(w.board.close(fd)).toBe(0);
  });

  test("SO_ERROR tells it too, once", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.send({ flags: "R" });
    w.run(5);
    expect(w.board.error(fd)).toBe(Errno.ECONNRESET);
    expect(w.board.error(fd)).toBe(0);
  });
});

describe("SYN on a connection (RFC 5961 4.2)", () => {
  test.each(SYNCHRONIZED as Synchronized[])("in %s: a challenge ACK whatever its number", async (state) => {
    const w = await world();
    const made = inState(w, state);
    const { rcv, nxt } = numbers[state];
    for (const seq of [rcv, rcv + 5, rcv - 1, rcv + 0x20000000, rcv + 0x80000000]) {
      made.flow.send({ flags: "S", seq, mss: 1460 });
      made.flow.expect({ flags: "A", seq: nxt, ack: rcv, len: 0 });
      expect(made.state()).toBe(state);
    }
  });

  test("the true peer, restarted, answers the challenge with a RST and may connect again", async () => {
    const w = await world();
    const { flow, state } = passive(w);
    flow.send({ flags: "S", seq: 5000, mss: 1460 });
    const challenge = flow.expect({ flags: "A", seq: 1, ack: 1 });
    flow.send({ flags: "R", seq: challenge.ack });
    w.run(5);
    expect(state()).toBe("Closed");
    flow.iss += 5000;
    flow.nxt = 0;
    flow.rcv = 0;
    flow.handshake();
    w.run(5);
    expect(state()).toBe("Established");
  });

  test("a SYN with data delivers nothing", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.send({ flags: "SA", seq: 1, data: text("evil") });
    w.run(100);
    expect(named(w.board.recv(fd) as number)).toBe("-EAGAIN");
  });
});

describe("challenge ACKs are throttled per connection (RFC 5961 7)", () => {
  test("a flood of RST gets at most the knob's number in five seconds, and another connection is not affected", async () => {
    const w = await world();
    const one = passive(w);
    const two = passive(w);
    for (let i = 0; i < 100; i++) {
      one.flow.send({ flags: "R", seq: 100 });
      w.run(10);
    }
    expect(one.flow.drain(5).length).toBe(10);
    two.flow.send({ flags: "R", seq: 100 });
    two.flow.expect({ flags: "A" });
    w.run(6000);
    one.flow.send({ flags: "R", seq: 100 });
    one.flow.expect({ flags: "A" });
    expect(one.state()).toBe("Established");
  });

  test("ordinary ACKs of old data are outside the budget", async () => {
    const w = await world();
    const { flow } = passive(w);
    flow.data(pattern(10));
    w.run(100);
    flow.drain(5);
    for (let i = 0; i < 30; i++) {
      flow.send({ flags: "PA", seq: 1, data: pattern(10) });
      flow.expect({ flags: "A", ack: 11 });
    }
  });

  test("two stacks that disagree about everything do not talk for ever", async () => {
    const w = await world({ boards: 2 });
    const [a, b] = [w.stations[0], w.stations[1]];
    const listener = b.listen(PORT);
    const fd = a.open(b.ip, PORT);
    w.accepted(b, listener);
    w.run(100);
    // The other end goes back to a state in which it never heard of half of what was sent.
    const before = b.board.snapshot();
    for (let i = 0; i < 20; i++) {
      a.send(fd, pattern(100));
      w.run(300);
    }
    b.board.restore(before);
    const frames = w.sent();
    a.send(fd, pattern(100));
    w.run(1000);
    expect(w.sent() - frames).toBeLessThan(60);
  });
});

describe("ACKs out of range (RFC 5961 5.2)", () => {
  test.each([1, 2, 0x40000000])("SND.NXT + %i is answered by an ACK and its data is not taken", async (beyond) => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.send({ flags: "PA", ack: 1 + beyond, data: text("forged") });
    flow.expect({ flags: "A", seq: 1, ack: 1 });
    w.run(100);
    expect(named(w.board.recv(fd) as number)).toBe("-EAGAIN");
  });

  test("older than the largest window: dropped and answered; within it: data is taken", async () => {
    const w = await world();
    const { flow, fd } = passive(w, { flow: { win: 1000 } });
    for (let i = 0; i < 3; i++) {
      w.board.send(fd, pattern(900));
      flow.expect({ len: 900 });
      flow.ack();
      w.run(3);
    }
    flow.send({ flags: "PA", seq: 1, ack: 2701 - 1001, data: text("forged") });
    flow.expect({ flags: "A", seq: 2701, ack: 1 });
    expect(named(w.board.recv(fd) as number)).toBe("-EAGAIN");
    flow.send({ flags: "PA", seq: 1, ack: 2701 - 1000, data: text("old ack") });
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("old ack"));
  });

  test("a segment without ACK is dropped", async () => {
    const w = await world();
    const { flow } = passive(w);
    w.expectDrop("TcpNoAck", () => flow.send({ flags: "P", seq: 1, data: text("none") }));
    w.expectDrop("TcpNoAck", () => flow.send({ flags: "", seq: 1 }));
    w.expectDrop("TcpNoAck", () => flow.send({ flags: "F", seq: 1 }));
  });
});

describe("RST for nobody (RFC 9293 3.5.2, 3.10.7.1)", () => {
  test.each([
    ["SYN", { flags: "S", seq: 100 }, { flags: "RA", seq: 0, ack: 101 }],
    ["SYN with data", { flags: "S", seq: 100, data: pattern(10) }, { flags: "RA", seq: 0, ack: 111 }],
    ["FIN", { flags: "F", seq: 100 }, { flags: "RA", seq: 0, ack: 101 }],
    ["data without ACK", { flags: "P", seq: 100, data: pattern(7) }, { flags: "RA", seq: 0, ack: 107 }],
    ["nothing at all", { flags: "", seq: 100 }, { flags: "RA", seq: 0, ack: 100 }],
    ["ACK", { flags: "A", seq: 100, ack: 5 }, { flags: "R", seq: 5 }],
    ["FIN and ACK", { flags: "FA", seq: 100, ack: 5 }, { flags: "R", seq: 5 }],
    ["SYN and ACK", { flags: "SA", seq: 100, ack: 5 }, { flags: "R", seq: 5 }],
    ["data and ACK", { flags: "PA", seq: 100, ack: 5, data: pattern(9) }, { flags: "R", seq: 5 }],
  ])("%s to a closed port", async (_, script, answer) => {
    const w = await world();
    const flow = w.peer().flow({ to: 81 });
    flow.irs = 0;
    flow.send(script);
    const reset = flow.expect({ ...answer, len: 0 });
    expect(reset.win).toBe(0);
    flow.expectNothing(2000);
    expect(w.board.counters()["TcpResetsOut"]).toBe(1);
  });

  test.each(["R", "RA", "SR", "SRA", "FRA"])("[%s] to a closed port is not answered", async (flags) => {
    const w = await world();
    const flow = w.peer().flow({ to: 81 });
    flow.send({ flags, seq: 100 });
    flow.expectNothing();
  });

  test("a flood gets a bounded number of resets", async () => {
    const w = await world();
    const peer = w.peer();
    const before = w.sent(w.board.name);
    for (let i = 0; i < 1000; i++) peer.segment({ src: 2000 + i, dst: 81, seq: i, flags: "S" });
    w.run(900);
    const sent = w.sent(w.board.name) - before;
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThanOrEqual(200);
  });
});

describe("an exact RST from the wrong side changes nothing", () => {
  test.each(STATES)("in %s: another address, another port", async (state) => {
    const w = await world();
    const made = inState(w, state);
    const { flow, peer } = made;
    const stranger = w.peer();
    const segment = { dst: flow.to, seq: flow.iss + flow.nxt, flags: "R" };
    stranger.segment({ src: flow.port, ...segment });
    peer.segment({ src: flow.port + 1, ...segment });
    w.run(5);
    expect(made.state()).toBe(state);
  });
});

function lastWindow(made: { world: { ladder: { sightings: { from: string; packet: { tcp?: { win: number } } }[] } } }): number {
  const sent = made.world.ladder.sightings.filter(({ from, packet }) => from === "board1" && packet.tcp);
  return sent.at(-1).packet.tcp!.win;
}
