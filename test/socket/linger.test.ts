import { describe, expect, test } from "vitest";
import { Level, SocketOption } from "../../host/node/abi";
import { Flag, pattern, text } from "../support/packet";
import { passive, type Connection } from "../support/states";
import { world, type World } from "../support/world";

type Linger = "off" | "0 s" | "5 s";

/** A connection with SO_LINGER, with text queued that the peer has no window for yet, or with text nobody has read. */
async function prepared(linger: Linger, what: "nothing" | "queued" | "unread"): Promise<{ w: World; made: Connection }> {
  const w = await world();
  const made = passive(w);
  const { flow, fd, board } = made;
  if (linger !== "off") expect(board.setSocket(fd, "SO_LINGER", 1, linger === "0 s" ? 0 : 5)).toBe(0);
  if (what === "queued") {
    flow.ack(0);
    w.run(5);
    board.send(fd, pattern(100));
  }
  if (what === "unread") flow.data(text("unread"));
  w.run(100);
  flow.drain(5);
  return { w, made };
}

/** What the board sends when the descriptor is closed and the peer opens its window. */
function closed({ board, fd, flow, world: w }: Connection): { reset: boolean; text: number; fin: boolean } {
  expect(board.close(fd)).toBe(0);
  w.run(5);
  flow.ack(1000);
  w.run(5);
  flow.ack(1000);
  const heard = flow.drain(50);
  return {
    reset: heard.some(({ flags }) => flags & Flag.R),
    text: Math.max(0, ...heard.map(({ seq, len }) => seq + len - 1)),
    fin: heard.some(({ flags }) => flags & Flag.F),
  };
}

describe("SO_LINGER and close, in seven cases (Linux)", () => {
  test.each<[Linger, "nothing" | "queued" | "unread", { reset: boolean; text: number; fin: boolean }]>([
    ["off", "nothing", { reset: false, text: 0, fin: true }],
    ["off", "queued", { reset: false, text: 100, fin: true }],
    ["off", "unread", { reset: true, text: 0, fin: false }],
    ["0 s", "nothing", { reset: true, text: 0, fin: false }],
    ["0 s", "queued", { reset: true, text: 0, fin: false }],
    ["5 s", "queued", { reset: false, text: 100, fin: true }],
    ["5 s", "unread", { reset: true, text: 0, fin: false }],
  ])("%s with %s", async (linger, what, expected) => {
    const { made } = await prepared(linger, what);
    expect(closed(made)).toMatchObject(expected);
  });

  test("close answers at once, whatever the time: what is queued goes on without its user", async () => {
    const { w, made } = await prepared("5 s", "queued");
    made.board.close(made.fd);
    w.run(20_000);
    expect(made.state()).toBe("FinWait1");
    made.flow.ack(1000);
    expect(made.flow.drain(100).some(({ flags }) => flags & Flag.F)).toBe(true);
  });

  test("is remembered before there is a connection, and inherited from a listener", async () => {
    const w = await world();
    const fd = w.board.socket();
    w.board.setSocket(fd, "SO_LINGER", 1, 7);
    const view = new DataView(w.board.board.memory.buffer);
    const at = w.board.calls.scratch() + 64;
    expect(w.board.calls.getsockopt(fd, Level.SOL_SOCKET, SocketOption.SO_LINGER, at, 8)).toBe(8);
    expect([view.getInt32(at, true), view.getInt32(at + 4, true)]).toEqual([1, 7]);
    const listener = w.board.listen(80);
    w.board.setSocket(listener, "SO_LINGER", 1, 0);
    const made = passive(w);
    made.board.close(made.fd);
    expect(made.flow.expect({ seq: 1 }).flags & Flag.R).toBe(Flag.R);
  });
});
