import { expect, test } from "vitest";
import { Board } from "../../host/node/board";
import { VirtualClock } from "../../host/node/clock";
import type { Step } from "../../host/node/session/format";
import type { Session } from "../../host/node/session/reader";
import { lockstep } from "../../host/node/lockstep/lockstep";
import { moduleOf, recordedTransfer, recorderOf, v8 } from "./sessions";

const stepsOf = (session: Session): Step[] => [...session.entries()].filter((entry) => entry.kind === "step");

test("a step has what the host wrote, the call, its arguments and its result", async () => {
  const kept = recorderOf("tiny");
  const clock = new VirtualClock(1234);
  const board = await Board.create({ clock, module: moduleOf("tiny").module, seed: 1, recorder: kept.recorder });
  const at = board.exports.scratch();
  board.u8.set([1, 2, 3], at + 1);
  board.exports.ready(77);
  board.u8.set([1, 2, 3], at + 1);
  board.exports.socket(2, 99, 0);
  kept.recorder.end();
  board.close();
  const session = kept.session();
  const { functions } = session.header;
  const [ready, socket] = stepsOf(session).slice(-2);
  expect(functions[ready.fn]).toEqual({ name: "ready", arity: 1 });
  expect(ready).toMatchObject({ args: [77], trapped: false });
  expect(ready.writes.map(({ address, octets }) => [address, ...octets])).toEqual([[at, 0, 1, 2, 3]]);
  expect(functions[socket.fn].name).toBe("socket");
  // What is written again is no news.
  expect(socket).toMatchObject({ writes: [], args: [2, 99, 0] });
  expect(socket.result | 0).toBeLessThan(0);
});

test("arguments are as many as the function takes, whatever the caller gives", async () => {
  const kept = recorderOf("tiny");
  const board = await Board.create({ clock: new VirtualClock(), module: moduleOf("tiny").module, recorder: kept.recorder });
  const calls = board.exports as unknown as Record<string, (...args: number[]) => number>;
  calls["socket"](2);
  calls["ready"](1, 2, 3);
  kept.recorder.end();
  board.close();
  expect(
    stepsOf(kept.session())
      .map(({ args }) => args)
      .slice(-2),
  ).toEqual([[2, 0, 0], [1]]);
});

test("a board that is recorded does what it would do anyway, and the session is the same each time", async () => {
  expect(await recordedTransfer("tiny", 5000, 3)).toEqual(await recordedTransfer("tiny", 5000, 3));
  expect(await recordedTransfer("tiny", 5000, 4)).not.toEqual(await recordedTransfer("tiny", 5000, 3));
});

test("a trap is the last step, and replays", async () => {
  const kept = recorderOf("default");
  const board = await Board.create({ clock: new VirtualClock(), module: moduleOf("default").module, recorder: kept.recorder });
  const fd = board.exports.socket(2, 1, 0);
  expect(() => board.exports.connect(fd, 0x7fffff00)).toThrow("trapped in connect()");
  board.exports.close(fd);
  const session = kept.session();
  expect(stepsOf(session).at(-1)).toMatchObject({ trapped: true, args: [fd, 0x7fffff00] });
  expect(lockstep(session, [v8("default"), v8("default")], moduleOf("default").layout).difference).toBeUndefined();
  board.close();
});

test("a memory that cannot be compared in no time is refused in one line", async () => {
  const kept = recorderOf("host");
  const made = Board.create({ clock: new VirtualClock(), module: moduleOf("host").module, recorder: kept.recorder });
  await expect(made).rejects.toThrow(
    /^sessions are recorded of modules with 4096 KiB at most: .*; take profile tiny or default$/,
  );
});

test("a recorder has one board", async () => {
  const { recorder } = recorderOf("tiny");
  const options = { clock: new VirtualClock(), module: moduleOf("tiny").module, recorder };
  const board = await Board.create(options);
  await expect(Board.create(options)).rejects.toThrow("a recorder records one board");
  board.close();
});
