import { describe, expect, test } from "vitest";
import { companionsOf, parseAlso } from "../../host/node/cli-also";
import { RUN_DEFAULTS } from "../../host/node/cli-options";
import { macOf, seedOf, seedOfGateway } from "../../host/node/seed";
import { macText } from "../support/octets";

/** What `sandwire run --seed N --also v8 ...` gives its boards, the first one's before. */
function seedsOf(seed: number | undefined, count: number): (number | undefined)[] {
  const also = Array.from({ length: count }, () => "v8").reduce<ReturnType<typeof parseAlso>>(
    (all, each) => parseAlso(each, all),
    [],
  );
  return [seed, ...companionsOf({ ...RUN_DEFAULTS, seed, also }).map(({ options }) => options.seed)];
}

describe("boards and gateways on one cable", () => {
  test.each([0, 1, 7, 2 ** 31, 2 ** 32 - 1])("have MAC addresses of their own with --seed %d", (seed) => {
    const seeds = seedsOf(seed, 40).flatMap((each) => [each, seedOfGateway(each)]);
    const macs = seeds.map((each) => macText(macOf(seedOf(each), 0)));
    expect(seeds).not.toContain(undefined);
    expect(new Set(macs).size).toBe(82);
  });

  test("have chance of their own without a seed", () => {
    expect(seedsOf(undefined, 2)).toEqual([undefined, undefined, undefined]);
    expect(seedOfGateway(undefined)).toBe(undefined);
  });
});
