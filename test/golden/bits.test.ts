import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { filesBelow } from "../../host/tools/sources";

/** The masks of the core: where each is, and its members as `name = 1 << n`. */
const masks = filesBelow("assembly", ".ts").flatMap((path) => {
  const enums = readFileSync(path, "utf8").matchAll(/const enum (\w+) \{([^}]*)\}/g);
  return [...enums].flatMap(([, name, body]) => {
    const bits = [...body.matchAll(/\w+ = 1 << (\d+)/g)].map((member) => member[1]);
    return bits.length ? [{ mask: `${path} ${name}`, bits }] : [];
  });
});

test("the core has masks", () => expect(masks.length).toBeGreaterThan(2));

test.each(masks)("no bit of $mask has two names: that compiles, and fails strangely", ({ bits }) => {
  expect(bits.filter((bit, i) => bits.indexOf(bit) !== i)).toEqual([]);
});
