import { describe, expect, test } from "vitest";
import { pattern, text } from "../support/packet";
import { active, passive, PORT, type Connection } from "../support/states";
import { world, type World } from "../support/world";

const NUMBERS = [0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0xfffffc00];

/** A whole life: data both ways, in and out of order, a retransmission, both FINs. Returns what was heard, relative. */
function live(w: World, { flow, fd, state }: Connection): string[] {
  flow.send({ flags: "PA", seq: 501, data: pattern(500, 500) });
  flow.send({ flags: "PA", seq: 1, data: pattern(500) });
  flow.send({ flags: "PA", seq: 251, data: pattern(500, 250) });
  w.run(60);
  expect(w.board.read(fd).data).toEqual(pattern(1000));
  flow.nxt = 1001;
  w.board.send(fd, pattern(700));
  flow.drain(20);
  w.run(250);
  flow.drain(2);
  flow.send({ flags: "A", ack: 301 });
  flow.send({ flags: "A", ack: 701 });
  flow.send({ flags: "R", seq: 1002 });
  flow.send({ flags: "R", seq: 1000 });
  flow.send({ flags: "PA", ack: 702, data: text("unsent"), seq: 1001 });
  w.run(20);
  expect(state()).toBe("Established");
  flow.send({ flags: "FPA", data: text("end") });
  w.run(60);
  expect(w.board.read(fd)).toEqual({ data: text("end"), end: 0 });
  w.board.close(fd);
  w.run(10);
  flow.send({ flags: "A", ack: 702 });
  w.run(5);
  expect(state()).toBe("Closed");
  return w.ladder.sightings
    .filter(({ from, packet }) => from === "board1" && packet.tcp)
    .map(({ packet: { tcp } }) => {
      const ack = tcp!.flags & 16 ? (tcp!.ack - flow.iss) | 0 : "";
      return `${tcp!.flags} ${(tcp!.seq - flow.irs!) | 0} ${ack} ${tcp!.data.length} ${tcp!.win}`;
    });
}

describe("sequence numbers wrap (H59)", () => {
  test("a connection looks the same whatever the peer's initial number", async () => {
    const stories: string[][] = [];
    for (const iss of NUMBERS) {
      const w = await world();
      stories.push(live(w, passive(w, { flow: { iss, port: 45000 } })));
    }
    for (const story of stories) expect(story).toEqual(stories[0]);
  });

  test("and whatever the board's: it starts anywhere, by its clock and secret", async () => {
    let stories: string[][] = [];
    for (let seed = 1; seed <= 6; seed++) {
      const w = await world({ seed });
      const made = active(w, { flow: { port: 5500, iss: NUMBERS[seed] } });
      stories = [...stories, live(w, made)];
    }
    for (const story of stories) expect(story).toEqual(stories[0]);
  });

  test("the board's own numbers wrap in the middle of a transfer", async () => {
    const w = await world({ start: 1000 });
    const peer = w.peer();
    w.board.listen(PORT);
    // The number advances by 250 a millisecond: wait until it is about to wrap.
    const probe = peer.flow({ to: PORT, port: 45001 }).send({ flags: "S", mss: 1460 });
    const { raw } = probe.expect({ flags: "SA" });
    probe.send({ flags: "R" });
    w.run(3);
    peer.forget(probe);
    const left = (0x100000000 - raw.seq) / 250;
    w.run(Math.max(0, Math.floor(left) - 20));
    const made = passive(w, { peer, flow: { port: 45001 } });
    const { flow, fd } = made;
    expect(flow.irs! > 0xfffff000 || flow.irs! < 5000, `ISN ${flow.irs}`).toBe(true);
    const data = pattern(20_000);
    const got: number[] = [];
    let sent = 0;
    w.waitFor("everything", () => {
      if (sent < data.length) sent += Math.max(0, w.board.send(fd, data.subarray(sent)));
      for (let segment = flow.next(0); segment; segment = flow.next(0)) {
        if (segment.seq === got.length + 1) got.push(...segment.data);
        flow.send({ flags: "A", ack: got.length + 1 });
      }
      return got.length === data.length;
    });
    expect(Uint8Array.from(got)).toEqual(data);
  });

  test("a long transfer wraps the peer's numbers", async () => {
    const w = await world();
    const { flow, fd } = passive(w, { flow: { iss: 0xffffffff - 5000 } });
    for (let i = 0; i < 100; i++) {
      flow.data(pattern(500, 500 * i));
      w.run(2);
      expect(w.board.read(fd).data).toEqual(pattern(500, 500 * i));
      flow.drain(0);
    }
  });
});
