import { expect, test } from "vitest";
import { needs } from "../support/needs";
import { Random } from "../support/random";
import { anything, plain } from "./frames";
import { NativePort, NodePort } from "./port";
import { Rig } from "./rig";

const STEPS = 400;

/** Something happens to both, chosen by chance. */
function happen(random: Random, both: readonly [Rig, Rig]): void {
  const what = random.below(100);
  const frame = anything(random);
  const fill = random.chance(0.5);
  for (const { core, port } of both) {
    if (what < 45) port.deliver(frame, what < 3);
    else if (what < 60) core.receive();
    else if (what < 75) core.send(frame.subarray(0, 1518), fill);
    else if (what < 97) port.exchange();
    else if (what < 99) port.cable(what === 98, 100);
  }
  if (what === 99 && random.chance(0.2)) both.forEach((rig) => rig.start());
}

needs("cc")("the port in C and the one in TypeScript do the same to memory and frames, whatever comes in whatever order", () => {
  for (let seed = 1; seed <= 25; seed++) {
    const random = new Random(seed);
    const rings = { rx: random.pick([1, 2, 4, 7]), tx: random.pick([1, 2, 4, 7]) };
    const both = [new Rig(NativePort.of("test/ports/copying"), rings), new Rig(new NodePort(), rings)] as const;
    const [native, node] = both;
    for (let step = 0; step < STEPS; step++) {
      happen(random, both);
      const same = Buffer.compare(native.core.memory, node.core.memory) === 0;
      if (!same) expect([...native.core.memory], `seed ${seed}, step ${step}`).toEqual([...node.core.memory]);
      expect(native.port.sent(), `seed ${seed}, step ${step}`).toEqual(node.port.sent());
    }
  }
});

test("frames by chance are of every kind", () => {
  const random = new Random(1);
  const lengths = Array.from({ length: 500 }, () => anything(random).length);
  expect(Math.min(...lengths)).toBeLessThan(34);
  expect(Math.max(...lengths)).toBeGreaterThan(plain(1537, 0).length);
});
