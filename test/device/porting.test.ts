import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { needs } from "../support/needs";
import { ended, start } from "./cable";

const PATIENCE = 240_000;

/** The commands of docs/porting.md, without their remarks. */
function commands(): string[] {
  const blocks = readFileSync("docs/porting.md", "utf8").matchAll(/^```sh\n(.*?)^```$/gms);
  return [...blocks].flatMap(([, block]) => block.trim().split("\n")).map((line) => line.replace(/\s+#.*$/, ""));
}

/** In a shell, outside of this run of the tests. */
async function run(command: string): Promise<{ code: number | null; output: string }> {
  const { code, out, err } = await ended(start("env", ["-u", "VITEST", "NO_COLOR=1", "sh", "-c", command]));
  return { code, output: out.toString() + err };
}

/** The one that begins so. */
function command(beginning: string): string {
  const found = commands().find((line) => line.startsWith(beginning));
  if (found === undefined) throw new Error(`docs/porting.md has no command ${beginning}`);
  return found;
}

needs("arm-none-eabi-gcc", "wasm2c")(
  "the skeleton builds, and its command to flash is printed",
  { timeout: PATIENCE },
  async () => {
    const built = await run(command("npm run firmware"));
    expect(built.output).toContain("build/firmware/skeleton.aot/firmware.elf");
    expect(built.code).toBe(0);
    const flash = await run(command("npx sandwire flash"));
    expect(flash.output).toContain("openocd -f board/YOUR-BOARD.cfg -c 'program build/firmware/skeleton.aot/firmware.elf");
    expect(flash.output).toContain("not tried on hardware");
  },
);

needs("cc")(
  "the conformance test runs on a port in a folder of one's own, and finds what is wrong with it",
  { timeout: PATIENCE },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandwire-port-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    cpSync("test/ports/copying", folder, { recursive: true });
    const command = commands().find((line) => line.startsWith("SANDWIRE_PORT=")) ?? "";
    const mine = command
      .replace("../my-board", folder)
      .replace("test/ports", "test/ports/conformance.test.ts -t 'receive|transmit' --reporter=dot");
    expect((await run(mine)).output).toMatch(/Tests +\d+ passed/);
    const driver = join(folder, "mac.c");
    writeFileSync(driver, readFileSync(driver, "utf8").replace("sw_port_rx_error(port)", "controller_lost()"));
    const { code, output } = await run(mine);
    expect(code).not.toBe(0);
    expect(output).toContain("a damaged frame is an error, never a frame");
  },
);
