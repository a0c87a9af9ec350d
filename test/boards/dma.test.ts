import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { EmulatedBoard } from "../../host/node/emulator/emulator";
import { seedOf } from "../../host/node/seed";
import { readBoard } from "../../host/tools/board/description";
import { firmware } from "../../host/tools/board/firmware";
import { needs } from "../support/needs";

const test = needs("qemu-system-arm", "arm-none-eabi-gcc", "wasm2c");
/** A firmware is compiled, on a machine that may be busy. */
const BUILD = 240_000;

test("a board with DMA refuses a module whose slots share cache lines, and says what to do", { timeout: BUILD }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sandwire-dma-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const board = readBoard("mcimx6ul-evk");
  await firmware(board.name, { engine: "wasm3", profile: "tiny", out: folder });
  const lines: string[] = [];
  let heard = (): void => undefined;
  const serving = new Promise<void>((resolve) => (heard = resolve));
  const powered = await EmulatedBoard.start({
    board,
    firmware: folder,
    address: "10.0.0.2/24",
    seed: seedOf(undefined),
    console: false,
    onLine: (line) => {
      lines.push(line);
      if (line === "serving") heard();
    },
    onReset: () => undefined,
  });
  onTestFinished(() => powered.stop());
  await serving;
  expect(lines).toContain("no network: frame slots share cache lines; build the module with CONFIG_SLOT_ALIGN=64");
});
