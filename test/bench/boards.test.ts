import { describe, expect } from "vitest";
import { needs } from "../support/needs";
import { build } from "./boards/build";
import { measure, valuesOf } from "./boards/run";
import type { Variant } from "./boards/variants";

const test = needs("arm-none-eabi-gcc", "wasm2c", "qemu-system-arm");
const LIMIT = 240_000;
const COUNTS = { segments: 40, requests: 8 };
const aot: Variant = { stack: "aot", level: "Os", checksums: "driver", application: "inside" };

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
