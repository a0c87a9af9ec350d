import fc from "fast-check";
import { expect, test } from "vitest";
import * as wire from "../support/packet";
import { passive, type Connection } from "../support/states";
import { world } from "../support/world";

/** Header prediction is a shortcut and nothing else: with and without it, the same segments leave the same memory. */

type Step =
  | {
      kind: "segment";
      flags: string;
      seq: number;
      ack: number;
      length: number;
      win: number;
      stamp: number;
      sack: boolean;
      ce: boolean;
    }
  | { kind: "send" | "recv" | "wait"; n: number }
  | { kind: "shutdown" };

const near = fc.oneof(
  { weight: 12, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: -1500, max: 1500 }) },
  { weight: 1, arbitrary: fc.constantFrom(-0x80000000, 0x7fffffff, 65536) },
);
const segment = fc.record({
  kind: fc.constant("segment" as const),
  flags: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom("A", "PA") },
    { weight: 1, arbitrary: fc.constantFrom("FA", "UA", "SA", "RA", "EA", "CA", "P", "") },
  ),
  seq: near,
  ack: near,
  length: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1448 })),
  win: fc.oneof({ weight: 6, arbitrary: fc.constant(65535) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 65535 }) }),
  stamp: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, -1000, 5, 0x7fffffff) }),
  sack: fc.boolean(),
  ce: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: segment },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("send" as const), n: fc.integer({ min: 1, max: 3000 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("recv" as const), n: fc.integer({ min: 1, max: 3000 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), n: fc.constantFrom(1, 5, 50, 300, 5000) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "shutdown" as const }) },
);

/** A peer that has been told where the board is sends what the step says, more or less in order. */
function take(at: Connection, step: Step): void {
  const { board, flow, fd, world: w } = at;
  if (step.kind === "send") board.send(fd, wire.pattern(step.n));
  else if (step.kind === "recv") board.recv(fd, step.n);
  else if (step.kind === "shutdown") board.shutdown(fd, 1);
  else if (step.kind === "segment") sendSegment(at, step);
  w.run(step.kind === "wait" ? step.n : 2);
  flow.drain(0);
}

function sendSegment({ flow }: Connection, step: Step & { kind: "segment" }): void {
  const stamp = flow.stamp();
  const held: [number, number][] = [[flow.rcv + 1448, flow.rcv + 2896]];
  flow.send(
    {
      flags: step.flags,
      ...(step.seq ? { seq: flow.nxt + step.seq } : {}),
      ack: flow.rcv + step.ack,
      win: step.win,
      data: wire.pattern(step.length),
      urgent: step.flags.includes("U") ? 1 : 0,
      ...(stamp ? { timestamps: [(stamp[0] + step.stamp) >>> 0, stamp[1]] as [number, number] } : {}),
      ...(step.sack && step.ack ? { sack: held } : {}),
    },
    step.ce ? { tos: 3 } : {},
  );
}

async function start(fast: number, iss: number, stamps: boolean): Promise<Connection> {
  const w = await world({ seed: 5, knobs: { CONFIG_FAST_PATH: fast } });
  const clock = stamps ? { stamps: 0xfffff000 } : {};
  return passive(w, { flow: { port: 4242, iss, ...clock }, sack: true });
}

test("with and without header prediction, the same segments leave the same memory", { timeout: 120_000 }, async () => {
  let octets = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.constantFrom(1000, 0xffffff00),
      fc.boolean(),
      async (steps, iss, stamps) => {
        const fast = await start(1, iss, stamps);
        const slow = await start(0, iss, stamps);
        for (const [i, one] of steps.entries()) {
          take(fast, one);
          take(slow, one);
          const [a, b] = [fast, slow].map(({ board }) => board.board.snapshot().memory);
          expect(Buffer.compare(a, b), `memory after step ${i}, ${JSON.stringify(one)}`).toBe(0);
        }
        octets += fast.board.counters().TcpOctetsIn ?? 0;
      },
    ),
    { seed: 20, numRuns: 40 },
  );
  expect(octets).toBeGreaterThan(20_000);
});
