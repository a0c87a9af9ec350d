import { describe, expect, test as everywhere } from "vitest";
import { needs } from "../support/needs";
import { build } from "./boards/build";
import { missedGoals } from "./boards/goals";
import type { Row } from "./boards/report";
import { type Figures, figuresOf, measure, SCENARIOS, valuesOf } from "./boards/run";
import { nameOf, type Variant } from "./boards/variants";

const test = needs("arm-none-eabi-gcc", "wasm2c", "qemu-system-arm");
const LIMIT = 240_000;
const COUNTS = { segments: 40, requests: 8 };
const aot: Variant = { stack: "aot", level: "Os", checksums: "driver", application: "inside" };

/** A row of the table where a segment and a request take so many instructions. */
function row(variant: Partial<Variant>, receive: number, send: number, request = 0): Row {
  const all = { ...aot, ...variant };
  const figures = (instructions: number): Figures => ({ instructions, driver: 0, frames: 1 });
  return { ...all, name: nameOf(all), result: { receive: figures(receive), send: figures(send), request: figures(request) } };
}

describe("the goals", () => {
  const lwip = row({ stack: "lwip" }, 100, 100, 100);

  everywhere("are met up to what they say, whatever a request costs", () => {
    expect(missedGoals([lwip, row({}, 150, 150, 1000)])).toEqual([]);
  });

  everywhere("are missed by more, each by name", () => {
    const wasm3 = row({ stack: "wasm3" }, 1201, 1200);
    const words = ["aot-Os-driver send: 1.51 times lwIP, not 1.5", "wasm3-Os-driver receive: 12.01 times lwIP, not 12"];
    expect(missedGoals([lwip, row({}, 150, 151), wasm3])).toEqual(words);
  });

  everywhere("are nothing to those compiled otherwise, with the application outside, or with checksums in the stack", () => {
    const others: Partial<Variant>[] = [{ level: "O2" }, { application: "outside" }, { checksums: "stack" }];
    expect(missedGoals([lwip, ...others.map((other) => row(other, 1000, 1000))])).toEqual([]);
  });
});

describe("what the firmware prints", () => {
  const values = SCENARIOS.flatMap((scenario) =>
    ["all", "driver", "frames", "count"].map((what) => [`${scenario}.${what}`, 4] as const),
  );

  everywhere("is told per segment and request", () => {
    expect(figuresOf(new Map(values), "f.elf").send).toEqual({ instructions: 1, driver: 1, frames: 1 });
  });

  everywhere.each(values.map(([name]) => name))("is not made up where it is missing: %s", (name) => {
    const some = new Map(values.filter(([other]) => other !== name));
    expect(() => figuresOf(some, "f.elf")).toThrow(`the bench's firmware has not printed ${name}: f.elf`);
  });

  everywhere("is nothing to divide by", () => {
    const none = new Map([...values, ["send.count", 0] as const]);
    expect(() => figuresOf(none, "f.elf")).toThrow("the bench's firmware has counted no send: f.elf");
  });
});

describe("the bench on boards", () => {
  test(
    "counts the same instructions in every run, and those of driver and stack are all there are",
    async () => {
      const elf = await build(aot, COUNTS);
      const [first, second] = [await valuesOf(elf), await valuesOf(elf)];
      expect([...second]).toEqual([...first]);
      expect(first.get("receive.count")).toBe(COUNTS.segments);
      expect(first.get("request.count")).toBe(COUNTS.requests);
      const parts = ["driver", "stack", "application"].map((part) => first.get(`receive.${part}`) ?? NaN);
      const all = first.get("receive.all") ?? NaN;
      const sum = parts.reduce((total, part) => total + part, 0);
      expect(Math.abs(sum / all - 1)).toBeLessThan(0.02);
    },
    LIMIT,
  );

  test(
    "acknowledges every second segment, sends only full ones, and answers a request with three frames",
    async () => {
      const { receive, send, request } = await measure(await build(aot, COUNTS));
      expect(receive.frames).toBe(0.5);
      expect(send.frames).toBe(1);
      expect(request.frames).toBe(3);
      expect(receive.driver).toBeLessThan(receive.instructions);
    },
    LIMIT,
  );
});
