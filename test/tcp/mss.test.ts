import { describe, expect, test } from "vitest";
import { pattern, text } from "../support/packet";
import { active, connecting, passive, PORT } from "../support/states";
import { world } from "../support/world";

describe("the MSS option (RFC 9293 3.7.1)", () => {
  test("is in every SYN, and is what fits a frame (MUST-14, MUST-67, RFC 6691)", async () => {
    const w = await world({ profile: "host" });
    const { flow } = connecting(w);
    expect(flow.expect({ flags: "S" }).mss).toBe(1460);
    w.board.listen(PORT);
    const other = w.peer().flow({ to: PORT }).send({ flags: "S", mss: 600 });
    expect(other.expect({ flags: "SA" }).mss).toBe(1460);
  });

  test("without it the board sends 536 octets at most (MUST-15)", async () => {
    const w = await world({ profile: "host" });
    w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT }).handshake({});
    const fd = w.accepted(w.board, w.board.rows()[0].fd);
    w.board.send(fd, pattern(1608));
    expect(flow.drain(20).map((segment) => segment.len)).toEqual([536, 536, 536]);
  });

  test.each([
    [100, 100],
    [536, 536],
    [1000, 1000],
    [1460, 1460],
    [1461, 1460],
    [9000, 1460],
    [65535, 1460],
  ])("%i of the peer: segments of %i (MUST-16)", async (mss, most) => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { mss });
    w.board.send(fd, pattern(3 * most));
    const lengths = flow.drain(20).map((segment) => segment.len);
    expect(lengths).toEqual([most, most, most]);
  });

  test.each([0, 1, 7, 63])("%i: nothing breaks and data arrives in segments that are not empty", async (mss) => {
    const w = await world();
    const { flow, fd, state } = active(w, { mss });
    const data = pattern(2000);
    w.board.send(fd, data);
    const got: number[] = [];
    let segments = 0;
    w.waitFor("everything", () => {
      for (let segment = flow.next(0); segment; segment = flow.next(0)) {
        expect(segment.len).toBeGreaterThan(0);
        segments++;
        if (segment.seq === got.length + 1) got.push(...segment.data);
        flow.ack();
      }
      return got.length === data.length;
    });
    expect(Uint8Array.from(got)).toEqual(data);
    expect(segments).toBeLessThanOrEqual(2000 / 48 + 10);
    expect(w.board.counters()["TcpMssClamped"]).toBeGreaterThanOrEqual(mss === 0 ? 0 : 1);
    expect(state()).toBe("Established");
  });

  test("of zero counts as absent", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w, { mss: 0 });
    w.board.send(fd, pattern(1072));
    expect(flow.drain(20).map((segment) => segment.len)).toEqual([536, 536]);
  });

  test("off a SYN is ignored (MUST-65)", async () => {
    const w = await world({ profile: "host" });
    const { flow, fd } = active(w);
    flow.send({ flags: "A", mss: 100 });
    w.run(5);
    w.board.send(fd, pattern(1460));
    flow.expect({ len: 1460 });
  });

  test("at an odd place, after other options (MUST-64, MUST-5, MUST-6)", async () => {
    const w = await world({ profile: "host" });
    w.board.listen(PORT);
    const flow = w.peer().flow({ to: PORT });
    flow.handshake({ raw: [1, 254, 3, 9, 2, 4, 700 >> 8, 700 & 255, 0] });
    const fd = w.accepted(w.board, w.board.rows()[0].fd);
    w.board.send(fd, pattern(700));
    flow.expect({ len: 700 });
  });
});

describe("options nobody here knows", () => {
  test.each([
    ["forty NOPs", new Array<number>(40).fill(1)],
    ["timestamps, SACK and fast open", [4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 34, 2]],
    ["MD5, AO and an experiment", [29, 4, 0, 0, 253, 4, 1, 2]],
    ["an end, then rubbish", [0, 255, 0, 3, 2]],
    ["every kind from 9 on", [9, 2, 70, 3, 0, 99, 4, 0, 0, 252, 5, 0, 0, 0]],
  ])("%s: the handshake is as without, and data flows", async (_, raw) => {
    const w = await world();
    const { flow, fd, state } = passive(w, {});
    const other = flow.peer.flow({ to: PORT }).handshake({ raw });
    other.send({ flags: "PA", data: text("ok"), raw });
    const accepted = w.accepted(w.board, w.board.rows().find((row) => row.state === 1)!.fd);
    w.run(100);
    expect(w.board.read(accepted).data).toEqual(text("ok"));
    flow.send({ flags: "PA", data: text("here too"), raw });
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("here too"));
    expect(state()).toBe("Established");
  });
});
