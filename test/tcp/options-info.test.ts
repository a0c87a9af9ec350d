import { describe, expect, test } from "vitest";
import { CaState, Level, TcpInfoOption, TcpInfoState, TcpOption } from "../../host/node/abi";
import { pattern, text } from "../support/packet";
import { active, inState, passive, PORT, type StateName } from "../support/states";
import type { Station } from "../support/station";
import { fill, grow, sender } from "../support/sender";
import { named, world } from "../support/world";

describe("TCP_INFO", () => {
  test.each<[StateName, number]>([
    ["SynSent", TcpInfoState.SYN_SENT],
    ["Established", TcpInfoState.ESTABLISHED],
    ["FinWait1", TcpInfoState.FIN_WAIT1],
    ["FinWait2", TcpInfoState.FIN_WAIT2],
    ["CloseWait", TcpInfoState.CLOSE_WAIT],
    ["Closing", TcpInfoState.CLOSING],
    ["LastAck", TcpInfoState.LAST_ACK],
    ["TimeWait", TcpInfoState.TIME_WAIT],
  ])("%s has Linux's number", async (state, number) => {
    const w = await world();
    const { fd } = inState(w, state);
    expect(w.board.info(fd).state).toBe(number);
  });

  test("of a socket that was never connected: CLOSE", async () => {
    const w = await world();
    expect(w.board.info(w.board.socket()).state).toBe(TcpInfoState.CLOSE);
  });

  test("of a listener: what waits for accept, and its bound", async () => {
    const w = await world();
    const listener = w.board.listen(PORT, 3);
    const flow = w.peer().flow({ to: PORT }).handshake();
    w.run(5);
    expect(flow.rcv).toBe(1);
    expect(w.board.info(listener)).toMatchObject({ state: TcpInfoState.LISTEN, unacked: 1, sacked: 3 });
  });

  test("what both ends agreed on, segment sizes, windows in segments", async () => {
    const { w, made } = await sender();
    const found = w.board.info(made.fd);
    expect(found).toMatchObject({ options: TcpInfoOption.WindowScale, sndMss: 1460, advmss: 1460, pmtu: 1500 });
    expect(found.wscale & 15).toBe(7);
    expect(found).toMatchObject({ sndCwnd: 10, sndSsthresh: 0x7fffffff, reordering: 3, caState: CaState.Open, unacked: 0 });
    expect(found.rcvSpace).toBe(65536);
    fill(made);
    w.run(1);
    expect(w.board.info(made.fd)).toMatchObject({ unacked: 10, sndCwnd: 10 });
  });

  test("with timestamps they take their part of each segment", async () => {
    const w = await world();
    const peer = w.peer();
    const listener = w.board.listen(PORT);
    const flow = peer.flow({ to: PORT });
    flow.send({ flags: "S", mss: 1460, timestamps: [1, 0], sackPermitted: true });
    flow.expect({ flags: "SA" });
    flow.send({ flags: "A", timestamps: [2, 0] });
    const found = w.board.info(w.accepted(w.board, listener));
    expect(found.options).toBe(TcpInfoOption.Timestamps | TcpInfoOption.Sack);
    expect(found.advmss).toBe(1448);
  });

  test("times are microseconds: round trip, its variation, timeout", async () => {
    const { w, made } = await sender();
    grow(made, 30_000);
    const found = w.board.info(made.fd);
    expect(found.rtt).toBeGreaterThanOrEqual(9000);
    expect(found.rtt).toBeLessThan(40_000);
    expect(found.rto).toBeGreaterThanOrEqual(200_000);
    expect(found.rto).toBeLessThan(400_000);
    expect(found.ato).toBe(40_000);
    expect(found.sndCwnd).toBeGreaterThanOrEqual(20);
  });

  test("timeouts in a row: retransmits, backoff, a doubled timeout; Loss", async () => {
    const w = await world();
    const { fd, flow } = passive(w);
    w.board.send(fd, text("lost"));
    flow.expect({ seq: 1 });
    const before = w.board.info(fd).rto;
    flow.expect({ seq: 1 }, 3000);
    flow.expect({ seq: 1 }, 3000);
    expect(w.board.info(fd)).toMatchObject({
      retransmits: 2,
      backoff: 2,
      rto: before * 4,
      caState: CaState.Loss,
      unacked: 1,
      totalRetrans: 2,
    });
    flow.ack();
    w.run(5);
    expect(w.board.info(fd)).toMatchObject({ retransmits: 0, caState: CaState.Open, unacked: 0 });
  });

  test("with SACK: what the peer holds, what is lost, what was sent again", async () => {
    const w = await world({ profile: "host", latency: 5 });
    const made = active(w, { mss: 1000, wscale: 7, sack: true });
    const { flow, fd } = made;
    flow.ack();
    w.run(20);
    w.board.send(fd, pattern(10_000));
    w.run(6);
    flow.drain(0);
    flow.send({ flags: "A", ack: 1, sack: [[1001, 2001]] });
    w.run(6);
    expect(w.board.info(fd)).toMatchObject({ unacked: 10, sacked: 1, lost: 0, caState: CaState.Disorder, totalRetrans: 0 });
    flow.send({ flags: "A", ack: 1, sack: [[1001, 6001]] });
    w.run(6);
    const found = w.board.info(fd);
    expect(found).toMatchObject({ sacked: 5, lost: 1, retrans: 1, caState: CaState.Recovery, totalRetrans: 1 });
    flow.send({ flags: "A", ack: 10_001 });
    w.run(6);
    expect(w.board.info(fd)).toMatchObject({
      unacked: 0,
      sacked: 0,
      lost: 0,
      retrans: 0,
      caState: CaState.Open,
      totalRetrans: 1,
    });
  });

  test("probes of a closed window are no retransmissions", async () => {
    const w = await world();
    const { fd, flow } = passive(w);
    flow.ack(0);
    w.run(5);
    w.board.send(fd, text("wait"));
    flow.expect({}, 3000);
    flow.expect({}, 3000);
    expect(w.board.info(fd)).toMatchObject({ retransmits: 0, probes: 2 });
  });

  test("milliseconds since", async () => {
    const w = await world();
    const { fd, flow } = passive(w);
    w.board.send(fd, text("x"));
    w.run(10);
    flow.drain(0);
    flow.ack();
    w.run(1000);
    w.board.board.wake(); // its time is that of the last poll
    w.run(0);
    const found = w.board.info(fd);
    expect(found.lastDataSent).toBeGreaterThanOrEqual(1000);
    expect(found.lastDataSent).toBeLessThan(1020);
    expect(found.lastAckRecv).toBeGreaterThanOrEqual(990);
    expect(found.lastAckRecv).toBeLessThan(1005);
  });

  test("only as much is written as there is room for, and it cannot be set", async () => {
    const w = await world();
    const { fd } = passive(w);
    const { calls, board } = w.board;
    const at = calls.scratch() + 64;
    for (const room of [0, 1, 7, 11, 60, 103, 104, 200]) {
      board.u8.fill(0xee, at, at + 300);
      expect(calls.getsockopt(fd, Level.IPPROTO_TCP, TcpOption.TCP_INFO, at, room)).toBe(Math.min(room, 104));
      expect([...board.u8.slice(at + Math.min(room, 104), at + 300)].every((octet) => octet === 0xee)).toBe(true);
      if (room > 0) expect(board.u8[at]).toBe(TcpInfoState.ESTABLISHED);
    }
    expect(named(calls.setsockopt(fd, Level.IPPROTO_TCP, TcpOption.TCP_INFO, at, 104))).toBe("-ENOPROTOOPT");
  });
});

describe("TCP_CONGESTION", () => {
  const set = ({ calls, board }: Station, fd: number, name: string | Uint8Array): string | number => {
    const octets = typeof name === "string" ? text(name) : name;
    const at = calls.scratch() + 64;
    board.u8.fill(0x78, at, at + 32);
    board.u8.set(octets, at);
    return named(calls.setsockopt(fd, Level.IPPROTO_TCP, TcpOption.TCP_CONGESTION, at, octets.length)) as string | number;
  };
  const get = ({ calls, board }: Station, fd: number, room = 16): string => {
    const at = calls.scratch() + 64;
    const size = calls.getsockopt(fd, Level.IPPROTO_TCP, TcpOption.TCP_CONGESTION, at, room);
    expect(size).toBe(Math.min(room, 16));
    return new TextDecoder().decode(board.u8.slice(at, at + size)).replace(/\0+$/, "");
  };

  test("by name, with or without its zero, before and after connect", async () => {
    const { board } = await world();
    const fd = board.socket();
    expect(get(board, fd)).toBe("cubic");
    expect(set(board, fd, "reno")).toBe(0);
    expect(get(board, fd)).toBe("reno");
    expect(set(board, fd, "cubic\0garbage")).toBe(0);
    expect(get(board, fd)).toBe("cubic");
    expect(get(board, fd, 3)).toBe("cub");
    expect(get(board, fd, 100)).toBe("cubic");
  });

  test("an unknown name: ENOENT, no name: EINVAL; nothing changes", async () => {
    const w = await world();
    const { fd } = passive(w);
    for (const name of ["bbr", "ren", "renoo", "cubic2", "\0", "reno ", "x".repeat(16)]) {
      expect(set(w.board, fd, name), name).toBe("-ENOENT");
    }
    expect(set(w.board, fd, new Uint8Array(0))).toBe("-EINVAL");
    expect(get(w.board, fd)).toBe("cubic");
  });

  test("a build without CUBIC does not know it (tiny)", async () => {
    const { board } = await world({ profile: "tiny" });
    const fd = board.socket();
    expect(get(board, fd)).toBe("reno");
    expect(set(board, fd, "cubic")).toBe("-ENOENT");
    expect(set(board, fd, "reno")).toBe(0);
  });

  test("an accepted socket has its listener's; a window that has grown stays", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    set(w.board, listener, "reno");
    const { fd, flow } = passive(w);
    expect(get(w.board, fd)).toBe("reno");
    w.board.send(fd, pattern(1000));
    flow.drain(20);
    flow.ack();
    w.run(5);
    const before = w.board.row(fd)!.cwnd;
    expect(set(w.board, fd, "cubic")).toBe(0);
    expect(w.board.row(fd)!.cwnd).toBe(before);
  });
});
