import { describe, expect, test } from "vitest";
import { pattern, text } from "../support/packet";
import { expectAlive, sentSegments } from "../support/seen";
import { active, connecting, passive, PORT } from "../support/states";
import { distinct } from "../support/numbers";
import { named, world } from "../support/world";

const MSS = 1460;

describe("2 window scaling", () => {
  test("7323-1: the SYN-ACK has the option only if the SYN had; without it windows are as they stand", async () => {
    const w = await world({ profile: "host" });
    w.board.listen(PORT);
    const peer = w.peer();
    expect(peer.flow({ to: PORT }).send({ flags: "S", wscale: 2 }).expect({ flags: "SA" }).wscale).toBeDefined();
    expect(peer.flow({ to: PORT }).send({ flags: "S" }).expect({ flags: "SA" }).wscale).toBeUndefined();
    const { flow, fd } = active(w, { peer, flow: { win: 3000 } });
    w.board.send(fd, pattern(20_000));
    expect(flow.drain(50).reduce((sum, { len }) => sum + len, 0)).toBeLessThanOrEqual(3000);
  });

  test("7323-1: off a SYN it is ignored", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { flow: { win: 1000 } });
    flow.send({ flags: "A", wscale: 10, win: 1000 });
    w.run(5);
    w.board.send(fd, pattern(20_000));
    expect(flow.drain(50).reduce((sum, { len }) => sum + len, 0)).toBeLessThanOrEqual(1000);
  });

  test("7323-1, 7323-2: the window of a SYN is never scaled, that of all others always", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { wscale: 4, flow: { win: 500 } });
    w.board.setTcp(fd, "TCP_NODELAY", 1);
    w.board.send(fd, pattern(8000));
    expect(flow.drain(20).reduce((sum, { len }) => sum + len, 0)).toBeLessThanOrEqual(500);
    flow.ack(500);
    expect(flow.drain(50).reduce((most, { seq, len }) => Math.max(most, seq + len), 0)).toBe(1 + 8000);
  });

  test("7323-2: our own: the SYN's as it is, later ones shifted right", async () => {
    const w = await world({ profile: "host" });
    const prepare = (fd: number): number => w.board.setSocket(fd, "SO_RCVBUF", 1 << 17);
    const { flow } = connecting(w, { prepare });
    const { win, wscale } = flow.expect({ flags: "S" });
    expect(win).toBe(65535);
    expect(wscale).toBeGreaterThanOrEqual(1);
    flow.send({ flags: "SA", mss: MSS, wscale: 0 });
    const ack = flow.expect({ flags: "A" });
    expect(ack.win << wscale!).toBeGreaterThan(65535);
    expect(ack.win << wscale!).toBeLessThanOrEqual(1 << 17);
  });

  test.each([15, 31, 32, 255])("7323-2: a shift of %i is used as 14, and counted", async (wscale) => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { wscale, flow: { win: 0 } });
    flow.send({ flags: "A", win: 1 });
    w.run(5);
    w.board.send(fd, pattern(40_000));
    const octets = flow.drain(50).reduce((sum, { len }) => sum + len, 0);
    expect(octets).toBeGreaterThan(8000);
    expect(octets).toBeLessThanOrEqual(1 << 14);
    expect(w.board.counters()["TcpWindowScaleClamped"]).toBe(1);
  });

  test("7323-3: what fits a window that was announced is accepted, also when a later one is smaller", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = passive(w, { wscale: 2 });
    const { wscale } = sentSegments(w).find(({ tcp }) => tcp.wscale !== undefined)!.tcp;
    flow.data(pattern(101));
    const { ack, win } = flow.expect({ flags: "A", ack: 102 });
    // An odd number of octets: the field cannot name the edge, which may not move by more than one unit.
    expect(ack + (win << wscale!)).toBeGreaterThan(1 + 65535 - (1 << wscale!));
    const rest = pattern(65535 - 101, 101);
    for (let at = 0; at < rest.length; at += MSS) flow.data(rest.subarray(at, at + MSS));
    w.run(200);
    expect(w.board.connection(flow.port)!.receiveQueue).toBe(65535);
    expect(w.board.read(fd).data).toEqual(pattern(65535));
  });

  test("7323-3: what is sent for the first time lies inside the newest window", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { wscale: 3, flow: { win: 1000 } });
    flow.ack(1000);
    w.run(5);
    w.board.send(fd, pattern(30_000));
    flow.drain(20);
    flow.send({ flags: "A", ack: 1 + 2 * MSS, win: 400 });
    for (const { seq, len } of flow.drain(100)) expect(seq + len).toBeLessThanOrEqual(1 + 2 * MSS + 3200);
  });
});

describe("3 timestamps", () => {
  test("7323-4: asked for in our SYN; in a SYN-ACK only if the SYN had them; then in every segment", async () => {
    const w = await world();
    expect(connecting(w).flow.expect({ flags: "S" }).timestamps).toBeDefined();
    w.board.listen(PORT);
    expect(w.peer().flow({ to: PORT }).send({ flags: "S" }).expect({ flags: "SA" }).timestamps).toBeUndefined();
    const made = passive(w, { flow: { stamps: 77 } });
    expectAlive(made);
    made.flow.send({ flags: "FA" });
    w.run(50);
    w.board.close(made.fd);
    w.run(1000);
    const segments = sentSegments(w).filter(({ tcp }) => tcp.dst === made.flow.port);
    expect(segments.length).toBeGreaterThanOrEqual(5);
    expect(segments.every(({ tcp }) => tcp.timestamps !== undefined)).toBe(true);
  });

  test("7323-4: agreed on but missing: dropped in silence, nothing is aborted; a RST needs none", async () => {
    const w = await world();
    const { flow, fd, state } = passive(w, { flow: { stamps: 77 } });
    w.expectDrop("TcpNoTimestamp", () => flow.send({ flags: "PA", seq: 1, data: text("x"), timestamps: undefined }));
    expect(state()).toBe("Established");
    flow.data(text("y"));
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("y"));
    flow.send({ flags: "R", timestamps: undefined });
    w.run(5);
    expect(state()).toBe("Closed");
  });

  test("7323-4: not agreed on but there: ignored, the segment is processed; ours have none", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.send({ flags: "PA", data: text("x"), timestamps: [5, 5] });
    expect(flow.expect({ flags: "A", ack: 2 }).timestamps).toBeUndefined();
    flow.send({ flags: "PA", data: text("y"), timestamps: [1, 5] });
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("xy"));
  });

  test("7323-5: an ACK echoes TS.Recent; a SYN has TSecr 0, and the TSecr of one that comes means nothing", async () => {
    const w = await world();
    const made = connecting(w, { flow: { stamps: 500_000 } });
    expect(made.flow.expect({ flags: "S" }).timestamps![1]).toBe(0);
    w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT, stamps: 900_000 });
    flow.send({ flags: "S", mss: MSS, timestamps: [4242, 0x7fffffff] });
    expect(flow.expect({ flags: "SA" }).timestamps![1]).toBe(4242);
    flow.send({ flags: "A", timestamps: [4243, flow.echo] });
    flow.send({ flags: "PA", data: text("x"), timestamps: [4300, flow.echo] });
    expect(flow.expect({ flags: "A", ack: 2 }).timestamps![1]).toBe(4300);
    expect(w.board.connection(flow.port)!.srtt).toBeLessThan(50);
  });
});

describe("4 round trips and what is echoed", () => {
  test("7323-6: a TSecr counts only if SND.UNA advances; then also for what was sent twice", async () => {
    const w = await world();
    const { flow, fd } = passive(w, { flow: { stamps: 1 } });
    const srtt = (): number => w.board.connection(flow.port)!.srtt;
    w.board.send(fd, text("x"));
    flow.expect({ len: 1 });
    const before = srtt();
    const [old] = [flow.echo];
    w.run(100);
    for (let i = 0; i < 5; i++) flow.send({ flags: "A", ack: 1, timestamps: [flow.stamp()![0], old] });
    w.run(5);
    expect(srtt()).toBe(before);
    // It comes again; its ACK 150 ms later says by its TSecr which of the two it answers.
    flow.expect({ len: 1 }, 500);
    w.run(150);
    flow.ack();
    w.run(5);
    expect(srtt()).toBeGreaterThan(before);
    expect(srtt()).toBeLessThan(160);
  });

  test("7323-6: ten ACKs of one flight are one sample", async () => {
    const w = await world({ profile: "host", latency: 50 });
    const { flow, fd } = active(w, { flow: { stamps: 1 } });
    w.board.send(fd, pattern(14_480));
    const heard = flow.drain(110);
    const before = w.board.connection(flow.port)!.srtt;
    w.run(50);
    for (const { seq, len, timestamps } of heard)
      flow.send({ flags: "A", ack: seq + len, timestamps: [flow.stamp()![0], timestamps![0]] });
    w.run(60);
    expect(heard).toHaveLength(10);
    // An eighth of the difference; ten samples would be three quarters of it.
    const rtt = w.now - heard[0].at + 50;
    expect(w.board.connection(flow.port)!.srtt - before).toBeLessThan((rtt - before) / 5);
    expect(w.board.connection(flow.port)!.srtt).toBeGreaterThan(before);
  });

  test("7323-7: a delayed ACK echoes the oldest segment it answers", async () => {
    const w = await world();
    const { flow } = passive(w, { flow: { stamps: 1000 } });
    flow.send({ flags: "PA", data: text("a"), timestamps: [5000, flow.echo] });
    w.run(5);
    flow.send({ flags: "PA", data: text("b"), timestamps: [6000, flow.echo] });
    expect(flow.expect({ flags: "A", ack: 3 }).timestamps![1]).toBe(5000);
  });

  test("7323-7: an ACK for something out of order echoes what advanced the window last; one that fills, the filler", async () => {
    const w = await world();
    const { flow } = passive(w, { flow: { stamps: 1000 } });
    flow.send({ flags: "PA", data: text("a"), timestamps: [5000, flow.echo] });
    flow.expect({ flags: "A", ack: 2 });
    flow.send({ flags: "PA", seq: 3, data: text("c"), timestamps: [7000, flow.echo] });
    expect(flow.expect({ flags: "A", ack: 2 }).timestamps![1]).toBe(5000);
    flow.send({ flags: "PA", seq: 2, data: text("b"), timestamps: [6000, flow.echo] });
    expect(flow.expect({ flags: "A", ack: 4 }).timestamps![1]).toBe(6000);
  });
});

describe("5 PAWS", () => {
  test("7323-8: an old timestamp: an ACK, and nothing is taken, however good the number", async () => {
    const w = await world();
    const { flow, fd } = passive(w, { flow: { stamps: 1_000_000 } });
    flow.data(text("new"));
    flow.expect({ flags: "A", ack: 4 });
    for (const age of [1, 500_000, 0x7fff0000]) {
      const [value] = flow.stamp()!;
      const before = w.board.drops()["TcpPaws"] ?? 0;
      flow.send({ flags: "PA", seq: 4, data: text("old"), timestamps: [(value - age - 1000) >>> 0, flow.echo] });
      flow.expect({ flags: "A", ack: 4 });
      expect(w.board.drops()["TcpPaws"]).toBe(before + 1);
    }
    expect(w.board.read(fd).data).toEqual(text("new"));
  });

  test("7323-8: also where the number is not: before it is looked at", async () => {
    const w = await world();
    const { flow } = passive(w, { flow: { stamps: 1_000_000 } });
    flow.send({ flags: "PA", seq: 100_000, data: text("old"), timestamps: [5, flow.echo] });
    flow.expect({ flags: "A", ack: 1 });
    expect(w.board.drops()).toEqual({ TcpPaws: 1 });
  });

  test("7323-8: what waits out of order is not looked at again when its turn comes", async () => {
    const w = await world();
    const { flow, fd } = passive(w, { flow: { stamps: 1000 } });
    flow.send({ flags: "PA", seq: 2, data: text("b"), timestamps: [5000, flow.echo] });
    flow.send({ flags: "PA", seq: 1, data: text("a"), timestamps: [90_000, flow.echo] });
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("ab"));
  });

  test("7323-8: the same timestamp again is not old, nor is one that has wrapped", async () => {
    const w = await world();
    const { flow, fd } = passive(w, { flow: { stamps: 0xffffff00 } });
    flow.send({ flags: "PA", data: text("a"), timestamps: [0xfffffff0, flow.echo] });
    flow.send({ flags: "PA", data: text("b"), timestamps: [0xfffffff0, flow.echo] });
    w.run(100);
    flow.send({ flags: "PA", data: text("c"), timestamps: [10, flow.echo] });
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("abc"));
  });

  test("7323-9: a RST is taken whatever its timestamp", async () => {
    const w = await world();
    const { flow, state } = passive(w, { flow: { stamps: 1_000_000 } });
    flow.send({ flags: "R", timestamps: [5, 0] });
    w.run(5);
    expect(state()).toBe("Closed");
  });

  test("7323-9: one that only provokes a challenge changes nothing: its timestamp is not remembered", async () => {
    const w = await world();
    const { flow, fd } = passive(w, { flow: { stamps: 1000 } });
    flow.send({ flags: "R", seq: 100, timestamps: [0x40000000, 0] });
    const challenge = flow.expect({ flags: "A", ack: 1 });
    expect(challenge.timestamps![1]).toBeLessThan(0x40000000);
    flow.data(text("fine"));
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("fine"));
  });

  test("7323-10: the clock has a millisecond, never runs back, and starts somewhere else for each connection", async () => {
    const w = await world();
    const starts: number[] = [];
    for (let i = 0; i < 6; i++) {
      const { flow, fd } = passive(w, { flow: { stamps: 1 } });
      const seen = sentSegments(w).filter(({ tcp }) => tcp.dst === flow.port);
      starts.push((seen[0].tcp.timestamps![0] - seen[0].at) >>> 0);
      let last = seen[0];
      for (let n = 0; n < 5; n++) {
        w.run(100 * n);
        w.board.send(fd, text("x"));
        flow.expect({ len: 1 });
        flow.ack();
        const next = sentSegments(w).at(-1);
        const ticks = (next.tcp.timestamps![0] - last.tcp.timestamps![0]) | 0;
        expect(Math.abs(ticks - (next.at - last.at))).toBeLessThanOrEqual(1);
        last = next;
      }
    }
    expect(distinct(starts)).toBe(6);
  });

  test("7323-11: after 24 days of silence any timestamp is taken; before, an old one is not", async () => {
    const w = await world();
    const { flow, fd } = passive(w, { flow: { stamps: 5_000_000 } });
    const day = 86_400_000;
    flow.data(text("a"));
    flow.expect({ flags: "A" });
    w.run(20 * day);
    flow.send({ flags: "PA", seq: 2, data: text("old"), timestamps: [5, flow.echo] });
    flow.expect({ flags: "A", ack: 2 });
    w.run(5 * day);
    flow.send({ flags: "PA", data: text("b"), timestamps: [5, flow.echo] });
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("ab"));
    expect(named(w.board.recv(fd) as number)).toBe("-EAGAIN");
  });

  test("7323-11: datagrams must not be fragmented", async () => {
    const w = await world();
    expectAlive(passive(w, { flow: { stamps: 1 } }));
    expect(sentSegments(w).every(({ ip }) => ip.fragment === 0x4000)).toBe(true);
  });
});
