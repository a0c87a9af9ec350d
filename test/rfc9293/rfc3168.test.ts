import { describe, expect, test } from "vitest";
import { Flag, pattern, text } from "../support/packet";
import type { Heard } from "../support/flow";
import { sentSegments } from "../support/seen";
import { connecting, passive, PORT, type Connection } from "../support/states";
import { world, type World } from "../support/world";

// RFC 3168, explicit congestion notification. S, A, E (ECE) and C (CWR) are flags; a packet is marked when its type of service ends in 3.

const MSS = 1460;
const CE = { tos: 3 };

/** A board that asks, and a peer that agrees. */
async function agreed(): Promise<{ w: World; made: Connection }> {
  const w = await world({ profile: "host", settings: { Ecn: 1 } });
  const made = connecting(w, { flow: { win: 65_535 } });
  made.flow.expect({ flags: "SEC" });
  made.flow.send({ flags: "SAE", mss: MSS });
  made.flow.expect({ flags: "A" });
  w.board.setCongestion(made.fd, "reno");
  return { w, made };
}

const echoes = ({ flags }: Heard): boolean => (flags & Flag.E) !== 0;
const reduced = ({ flags }: Heard): boolean => (flags & Flag.C) !== 0;
const cwnd = ({ board, fd }: Connection): number => board.row(fd)!.cwnd / MSS;

describe("6.1.1 the handshake", () => {
  test("3168-1, SHLD-8: a SYN asks by ECE and CWR, a SYN-ACK answers by ECE alone", async () => {
    const { w } = await agreed();
    w.board.listen(PORT);
    w.peer().flow({ to: PORT }).send({ flags: "SEC", mss: MSS }).expect({ flags: "SAE" });
  });

  test.each(["S", "SE", "SC"])("3168-1: [%s] asks for nothing, and the SYN-ACK says nothing", async (flags) => {
    const w = await world({ profile: "host" });
    w.board.listen(PORT);
    w.peer().flow({ to: PORT }).send({ flags, mss: MSS }).expect({ flags: "SA" });
  });

  test("3168-2: neither SYN nor SYN-ACK is ECT; text is, once both have agreed", async () => {
    const { w, made } = await agreed();
    w.board.listen(PORT);
    w.peer().flow({ to: PORT }).send({ flags: "SEC" }).expect({ flags: "SAE" });
    expect(sentSegments(w).every(({ ip }) => (ip.tos & 3) === 0)).toBe(true);
    w.board.send(made.fd, text("x"));
    expect(made.flow.expect({ len: 1 }).ecn).toBe(2);
  });

  test.each(["SA", "SAC", "SAEC"])("3168-2: an answer of [%s] is no agreement: no text is ECT", async (flags) => {
    const w = await world({ profile: "host", settings: { Ecn: 1 } });
    const made = connecting(w);
    made.flow.expect({ flags: "SEC" });
    made.flow.send({ flags, mss: MSS });
    made.flow.expect({ flags: "A" });
    w.board.send(made.fd, text("x"));
    expect(made.flow.expect({ len: 1 }).ecn).toBe(0);
  });

  test("3168-3: a SYN that is not answered comes again without asking", async () => {
    const w = await world({ profile: "host", settings: { Ecn: 1 } });
    const { flow } = connecting(w);
    flow.expect({ flags: "SEC" });
    flow.expect({ flags: "S" }, 1500);
  });
});

describe("6.1.2, 6.1.3 marks", () => {
  test("3168-4: after a marked packet every ACK echoes, until CWR comes", async () => {
    const { w, made } = await agreed();
    const { flow } = made;
    flow.send({ flags: "PA", data: text("a") }, CE);
    expect(echoes(flow.expect({ ack: 2 }, 500))).toBe(true);
    for (let i = 0; i < 5; i++) {
      flow.data(text("b"));
      expect(echoes(flow.expect({ flags: "AE" }, 500))).toBe(true);
    }
    w.board.send(made.fd, text("ours"));
    expect(echoes(flow.expect({ len: 4 }))).toBe(true);
    flow.send({ flags: "PAC", data: text("c") });
    expect(echoes(flow.expect({}, 500))).toBe(false);
  });

  test("3168-4: a delayed ACK echoes if any of what it covers was marked", async () => {
    const { made } = await agreed();
    made.flow.send({ flags: "PA", data: text("a") }, CE);
    made.flow.send({ flags: "PA", data: text("b") });
    expect(made.flow.drain(500).some((heard) => echoes(heard) && heard.ack >= 2)).toBe(true);
  });

  test("3168-5, SHLD-8: an echo halves the window, once for each window; it does not grow by one", async () => {
    const { w, made } = await agreed();
    w.board.send(made.fd, pattern(40 * MSS));
    expect(made.flow.drain(20)).toHaveLength(10);
    made.flow.send({ flags: "AE", ack: 1 + MSS });
    w.run(3);
    expect(cwnd(made)).toBe(5);
    for (let n = 2; n <= 9; n++) made.flow.send({ flags: "AE", ack: 1 + n * MSS });
    w.run(3);
    expect(cwnd(made)).toBe(5);
  });

  test("3168-5: with a window of one segment the timer starts anew and one segment goes with each timeout", async () => {
    const { w, made } = await agreed();
    w.board.send(made.fd, pattern(40 * MSS));
    let last = made.flow.drain(20).at(-1);
    for (let i = 0; i < 12; i++) {
      made.flow.send({ flags: "AE", ack: last.seq + last.len });
      const heard = made.flow.drain(30);
      if (heard.length) last = heard.at(-1);
      else break;
    }
    expect(cwnd(made)).toBe(1);
    const from = w.now;
    const next = made.flow.next(2000)!;
    expect(next.at - from).toBeGreaterThanOrEqual(100);
  });

  test("3168-6: CWR is on the first new text after a reduction, and on that alone", async () => {
    const { w, made } = await agreed();
    w.board.send(made.fd, pattern(40 * MSS));
    expect(made.flow.drain(20).some(reduced)).toBe(false);
    made.flow.send({ flags: "AE", ack: 1 + 6 * MSS });
    w.run(3);
    made.flow.send({ flags: "A", ack: 1 + 10 * MSS });
    const heard = made.flow.drain(20);
    expect(heard.length).toBeGreaterThan(1);
    expect(heard.map(reduced)).toEqual(heard.map((_, i) => i === 0));
  });

  test("3168-6: also after a loss; never on what is sent again", async () => {
    const { w, made } = await agreed();
    w.board.send(made.fd, pattern(40 * MSS));
    made.flow.drain(20);
    for (let i = 0; i < 3; i++) made.flow.send({ flags: "A", ack: 1 });
    const heard = made.flow.drain(20);
    expect(heard.filter(({ seq }) => seq === 1).map(reduced)).toEqual([false]);
    const highest = Math.max(1 + 10 * MSS, ...heard.map(({ seq, len }) => seq + len));
    made.flow.send({ flags: "A", ack: highest });
    const fresh = [...heard, ...made.flow.drain(20)].filter(({ seq }) => seq >= 1 + 10 * MSS);
    expect(fresh.length).toBeGreaterThan(1);
    expect(fresh.map(reduced)).toEqual(fresh.map((_, i) => i === 0));
  });

  test("3168-7: ACKs, retransmissions and window probes are never ECT; new text is ECT(0)", async () => {
    const { w, made } = await agreed();
    const { flow, fd } = made;
    flow.data(text("a"));
    expect(flow.expect({ flags: "A", len: 0 }, 500).ecn).toBe(0);
    w.board.send(fd, pattern(100));
    expect(flow.expect({ len: 100 }).ecn).toBe(2);
    expect(flow.expect({ len: 100 }, 1000).ecn).toBe(0);
    flow.ack(0);
    w.run(5);
    w.board.send(fd, pattern(100));
    const probe = flow.expect({}, 3000);
    expect(probe.len).toBeLessThanOrEqual(1);
    expect(probe.ecn).toBe(0);
  });

  test("3168-7: a mark on what lies outside the window is ignored", async () => {
    const { made } = await agreed();
    made.flow.send({ flags: "PA", seq: 200_000, data: text("far") }, CE);
    expect(echoes(made.flow.expect({ flags: "A" }))).toBe(false);
  });

  test("3168-2: without an agreement marks mean nothing", async () => {
    const w = await world({ profile: "host" });
    const made = passive(w);
    made.flow.send({ flags: "PA", data: text("a") }, CE);
    expect(echoes(made.flow.expect({ ack: 2 }, 500))).toBe(false);
  });
});
