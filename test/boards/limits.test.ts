import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect } from "vitest";
import { boardNames, readBoard } from "../../host/tools/board/description";
import { firmware } from "../../host/tools/board/firmware";
import { needs } from "../support/needs";

const test = needs("arm-none-eabi-gcc", "wasm2c");
/** A module is compiled, translated and compiled again, on a machine that may be busy. */
const BUILD = 240_000;
const KIB = 1024;

const boards = boardNames().map(readBoard);
const folder = mkdtempSync(join(tmpdir(), "sandwire-limits-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a board of 64 KiB of RAM", () => {
  test(
    "needs 160 KiB of flash and 56 KiB of RAM in all, at most",
    async () => {
      const { report } = await firmware("lm3s6965evb", { engine: "aot", out: join(folder, "lm3s6965evb") });
      expect(report.limits).toEqual({ flash: 256 * KIB, ram: 64 * KIB });
      expect(report.total.flash).toBeLessThanOrEqual(160 * KIB);
      expect(report.total.ram).toBeLessThanOrEqual(56 * KIB);
    },
    BUILD,
  );
});

describe("a board that nobody emulates", () => {
  test.each(boards.filter(({ emulator }) => !emulator).map(({ name }) => name))(
    "compiles and links as it is: %s",
    async (name) => {
      const { report } = await firmware(name, { out: join(folder, name) });
      expect(report.owners["driver"]?.flash).toBeGreaterThan(0);
      expect(report.total.flash).toBeLessThanOrEqual(report.limits.flash);
    },
    BUILD,
  );
});
