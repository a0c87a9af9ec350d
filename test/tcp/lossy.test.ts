import { beforeAll, describe, expect, test } from "vitest";
import { share } from "../bench/lossy/share";
import { type Outcome, transfer, type Trial } from "../bench/lossy/transfer";
import { moduleOf, variants } from "../bench/lossy/variants";

const MIB = 1 << 20;
const plain: Trial = {
  variant: "cubic",
  bandwidth: 100e6,
  loss: 0,
  reordering: 0,
  acks: false,
  octets: 2 * MIB,
  seed: 1,
  strict: true,
};

const goodput = ({ octets, duration }: Outcome): number => (octets * 8) / duration / 1000;
/** Frames with text sent for each one needed: those that carry it once, and those that were lost. */
const excess = ({ frames, needed, lost }: Outcome): number => frames / (needed + lost);

// Two modules may have to be compiled.
beforeAll(async () => {
  for (const { name } of variants) await moduleOf(name, true);
}, 120_000);

// Every octet is compared where it arrives and every frame of both boards is examined: see test/bench/lossy/referee.ts.
describe("a transfer over a lossy way", () => {
  test("is as fast as its window allows when nothing is lost", async () => {
    const outcome = await transfer(plain);
    expect(goodput(outcome)).toBeGreaterThan(23);
    expect(outcome).toMatchObject({ lost: 0, retransmissions: 0, timeouts: 0, frames: outcome.needed });
  });

  test.each(variants.map(({ name }) => name))("%s sends hardly more than is lost at 1 %", async (variant) => {
    const outcome = await transfer({ ...plain, variant, loss: 0.01 });
    expect(outcome.lost).toBeGreaterThan(5);
    expect(goodput(outcome)).toBeGreaterThan(4);
    expect(excess(outcome)).toBeLessThan(1.03);
  });

  test("comes to its end at 10 %, both ways", async () => {
    const outcome = await transfer({ ...plain, octets: MIB / 2, loss: 0.1, acks: true });
    expect(outcome.lost).toBeGreaterThan(20);
  });

  test("fills a slower link, and its queue loses nothing of one window", async () => {
    const outcome = await transfer({ ...plain, bandwidth: 20e6 });
    expect(goodput(outcome)).toBeGreaterThan(17);
    expect(outcome.lost).toBe(0);
  });

  test("repeats itself by its seed", async () => {
    const trial = { ...plain, octets: MIB / 2, loss: 0.03, reordering: 0.01, seed: 7 };
    const first = await transfer(trial);
    expect(await transfer(trial)).toEqual(first);
    expect(await transfer({ ...trial, seed: 8 })).not.toEqual(first);
  });
});

test.each([
  ["CUBIC", ["cubic", "cubic", "cubic", "cubic"]],
  ["Reno", ["reno", "reno", "reno", "reno"]],
])("four connections with %s share a bottleneck fairly", async (_, senders) => {
  const { jain, goodputs, lost } = await share({ variants: senders, bandwidth: 20e6, duration: 10_000, seed: 1, strict: true });
  expect(lost).toBeGreaterThan(0);
  expect(goodputs.reduce((all, one) => all + one, 0)).toBeGreaterThan(17);
  expect(jain).toBeGreaterThanOrEqual(0.9);
});
