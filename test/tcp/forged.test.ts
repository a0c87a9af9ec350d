import fc from "fast-check";
import { expect, test } from "vitest";
import { pattern } from "../support/packet";
import { PERFECT, Receiver } from "../support/receiver";
import { Random } from "../support/random";
import { active } from "../support/states";
import { World } from "../support/world";

/** What a peer that lies, or an attacker that knows the numbers, sends: edges count from SND.UNA as the peer saw it. */
interface Lie {
  ack: number;
  sack: [number, number][];
  win: number;
  /** Added to what the board said last; none: no timestamps. */
  echo: number | undefined;
  ahead: number;
  text: number;
  pause: number;
  /** The board's user writes so much before. */
  write: number;
}

const edge = fc.oneof(
  fc.integer({ min: -3000, max: 6000 }),
  fc.constantFrom(-1, 0, 1, 2, 100, 101, 200, 0x7fffffff, -0x80000000, 0x40000000, -70000),
);
const lies: fc.Arbitrary<Lie> = fc.record({
  ack: fc.oneof(fc.constantFrom(0, 0, 0, 1, 50, 100, 150, 500), edge),
  sack: fc.array(fc.tuple(edge, edge), { maxLength: 3 }),
  win: fc.constantFrom(0, 1, 99, 100, 1000, 65535),
  echo: fc.option(fc.constantFrom(0, -1, 1, -100000, 100000, 0x7fffffff, -0x80000000), { nil: undefined }),
  ahead: fc.constantFrom(0, 0, 1, 1000, -1),
  text: fc.constantFrom(0, 0, 0, 1, 20),
  pause: fc.constantFrom(0, 0, 1, 5, 30, 250, 1000),
  write: fc.constantFrom(0, 0, 1, 99, 100, 1000, 4000),
});

test.each([
  ["SACK and timestamps", true, true],
  ["SACK", true, false],
  ["timestamps", false, true],
  ["neither", false, false],
])(
  "lies about what arrived break nothing, and an honest peer goes on: %s",
  async (_, sack, stamps) => {
    const trial = fc.asyncProperty(
      fc.integer({ min: 1, max: 1000 }),
      fc.array(lies, { minLength: 1, maxLength: 40 }),
      async (seed, told) => {
        const w = new World({ seed, latency: 2 });
        await w.addBoards(1);
        const made = active(w, {
          mss: stamps ? 112 : 100,
          wscale: 0,
          sack,
          flow: { port: 5000, ...(stamps ? { stamps: 77 } : {}) },
        });
        const { board, fd, flow } = made;
        let queued = 0;
        let una = 1;
        for (const lie of told) {
          const wrote = board.send(fd, pattern(lie.write));
          if (wrote > 0) queued += wrote;
          const stamp = flow.stamp();
          const ack = una + lie.ack;
          flow.send({
            flags: "A",
            ack,
            win: lie.win,
            sack: lie.sack.map(([from, to]) => [una + from, una + to]),
            data: pattern(lie.text),
            ...(stamp && lie.echo !== undefined
              ? { timestamps: [(stamp[0] + lie.ahead) >>> 0, (stamp[1] + lie.echo) >>> 0] }
              : {}),
          });
          w.run(4 + lie.pause);
          board.read(fd);
          // Only what was sent counts as acknowledged.
          const sent = Math.max(
            una,
            ...flow.inbox.splice(0).map(({ segment }) => ((segment.seq - flow.irs!) | 0) + segment.data.length),
          );
          highest = Math.max(highest, sent);
          if (ack > una && ack <= highest) una = ack;
        }
        expect(made.state()).toBe("Established");
        // From here on the peer is honest: whatever it had claimed, the rest arrives.
        const receiver = new Receiver(made, new Random(seed), PERFECT, { sack, window: () => 65535 });
        receiver.resume(una);
        for (let i = 0; i < 300_000 && una + receiver.text.length < 1 + queued; i++) receiver.step();
        expect(una + receiver.text.length, w.story()).toBe(1 + queued);
        w.close();
      },
    );
    let highest = 1;
    await fc.assert(
      trial.beforeEach(() => {
        highest = 1;
      }),
      { numRuns: 25 },
    );
  },
  60_000,
);
