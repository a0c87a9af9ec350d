import { expect, test } from "vitest";
import { moduleFor } from "../support/modules";
import { deliver } from "../support/receiver";
import { active } from "../support/states";
import { world } from "../support/world";

const NO_SACK = { CONFIG_SACK: 0, CONFIG_RACK: 0 };

/** What a profile can leave out, and a pool of records that is nearly always empty. */
const builds: [string, Record<string, number>][] = [
  ["RACK, CUBIC and ECN", { CONFIG_RACK: 0, CONFIG_CUBIC: 0, CONFIG_ECN: 0 }],
  ["SACK", NO_SACK],
  ["timestamps", { CONFIG_TIMESTAMPS: 0 }],
  ["all of it", { ...NO_SACK, CONFIG_TIMESTAMPS: 0, CONFIG_CUBIC: 0, CONFIG_ECN: 0 }],
  ["all records but four", { CONFIG_SENT_RECORDS: 4 }],
];

test.each(builds)(
  "a build without %s delivers everything over a bad wire",
  async (_, knobs) => {
    await moduleFor({ knobs });
    const wire = { loss: 0.05, ackLoss: 0.05, duplicate: 0.02, late: 0.1, delay: 10 };
    let frames = 0;
    let missing = 0;
    for (const mss of [100, 1460]) {
      for (const [seed, sack, stamps] of [
        [1, true, true],
        [2, true, false],
        [3, false, true],
      ] as const) {
        const w = await world({ seed, latency: 5, knobs });
        const made = active(w, { mss, sack, flow: stamps ? { stamps: 1 } : {} });
        const agreed = stamps && knobs["CONFIG_TIMESTAMPS"] !== 0;
        if (!agreed) made.flow.stamps = undefined;
        const { sent, lost } = deliver(made, { seed, octets: 20_000, sack: sack && knobs["CONFIG_SACK"] !== 0, wire });
        frames += sent;
        missing += lost;
      }
    }
    expect(missing).toBeGreaterThan(20);
    // Go-back-N may repeat a window for each loss, no more.
    expect(frames).toBeLessThan(1500);
  },
  60_000,
);
