import fc from "fast-check";
import { expect, test } from "vitest";
import { Random } from "../support/random";
import { PERFECT, deliver, type Wire } from "../support/receiver";
import { active, type Connection } from "../support/states";
import { World, type WorldOptions } from "../support/world";

interface Case {
  seed: number;
  mss: number;
  octets: number;
  sack: boolean;
  stamps: boolean;
  latency: number;
  wire: Wire;
}

const wires: fc.Arbitrary<Wire> = fc.record({
  loss: fc.constantFrom(0, 0.02, 0.1, 0.3),
  ackLoss: fc.constantFrom(0, 0.02, 0.3),
  duplicate: fc.constantFrom(0, 0, 0.1),
  late: fc.constantFrom(0, 0.1, 0.5),
  delay: fc.constantFrom(1, 5, 40),
});

const cases: fc.Arbitrary<Case> = fc.record({
  seed: fc.integer({ min: 1, max: 100_000 }),
  mss: fc.constantFrom(88, 200, 536, 1460),
  octets: fc.integer({ min: 1, max: 30_000 }),
  sack: fc.boolean(),
  stamps: fc.boolean(),
  latency: fc.constantFrom(1, 5, 60),
  wire: wires,
});

/** Where the first number of a connection lies without `start`: the later a world starts, the higher it is (RFC 6528 §3). */
const WRAP = 2 ** 32;
const PER_MS = 250;

async function connected(trial: Case, more: WorldOptions): Promise<Connection> {
  const { mss, sack, stamps, seed, latency } = trial;
  const w = new World({ seed, latency, ...more });
  await w.addBoards(1);
  return active(w, { mss, wscale: 0, sack, flow: { port: 5000, ...(stamps ? { stamps: WRAP - 3000 } : {}) } });
}

/** A connection whose numbers wrap in the middle of the text. */
async function nearWrap(trial: Case, more: WorldOptions): Promise<Connection> {
  const first = await connected(trial, more);
  const missing = (WRAP - Math.floor(trial.octets / 2) - first.flow.irs! + WRAP) % WRAP;
  first.world.close();
  return connected(trial, { ...more, start: Math.floor(missing / PER_MS) });
}

const runs = { numRuns: 25 };

test.each(["default", "host"] as const)(
  "%s: everything arrives once, whatever the wire does, and across 2^32",
  async (profile) => {
    await fc.assert(
      fc.asyncProperty(cases, async (trial) => {
        const made = await nearWrap(trial, { profile });
        deliver(made, trial);
        made.world.close();
      }),
      runs,
    );
  },
  120_000,
);

test("a perfect wire carries nothing twice and never waits long", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (some) => {
      const trial = { ...some, wire: PERFECT };
      const made = await connected(trial, {});
      const { silence } = deliver(made, trial);
      expect(made.board.counters()["TcpRetransmits"]).toBe(0);
      expect(silence).toBeLessThan(2 * some.latency + 45);
      made.world.close();
    }),
    { numRuns: 10 },
  );
}, 60_000);

test("a peer whose window closes, shrinks and opens as it likes gets everything", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (some) => {
      const trial = { ...some, octets: Math.min(some.octets, 8000) };
      const made = await connected(trial, {});
      const random = new Random(trial.seed + 1);
      deliver(made, { ...trial, window: () => random.pick([0, 1, some.mss, 3 * some.mss, 4096, 65535]) });
      made.world.close();
    }),
    runs,
  );
}, 120_000);
