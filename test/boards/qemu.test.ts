import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Machine, type MachineOptions } from "../../host/node/emulator/qemu";

/** QEMU as it would be if it did what each test needs: a stub in front of the others in PATH. */
const folder = mkdtempSync(join(tmpdir(), "stub-"));
const { PATH, TMPDIR } = process.env;
const temporary = join(folder, "tmp");

beforeAll(() => {
  mkdirSync(temporary);
  process.env["TMPDIR"] = temporary;
  symlinkSync(resolve("test/boards/stub-qemu.mjs"), join(folder, "qemu-system-arm"));
  process.env["PATH"] = `${folder}${delimiter}${PATH}`;
});
afterAll(() => {
  process.env["PATH"] = PATH;
  if (TMPDIR === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = TMPDIR;
  rmSync(folder, { recursive: true });
});

/** Lines of the consoles of a test's machines. */
const lines: string[] = [];
const running: Machine[] = [];
afterEach(async () => {
  delete process.env["STUB"];
  await Promise.all(running.splice(0).map((machine) => machine.stop()));
  lines.length = 0;
});

async function start(behaviour = "", options: Partial<MachineOptions> = {}): Promise<Machine> {
  process.env["STUB"] = behaviour;
  const machine = await Machine.start({ machine: "mps2-an385", kernel: "f.elf", onLine: (line) => lines.push(line), ...options });
  running.push(machine);
  return machine;
}

async function said(what: RegExp): Promise<RegExpExecArray> {
  for (let i = 0; i < 1000; i++) {
    const found = lines.map((line) => what.exec(line)).find((match) => match !== null);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${String(what)} was not said: ${lines.join("\n")}`);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<void> {
  for (let i = 0; i < 1000 && isAlive(pid); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(isAlive(pid)).toBe(false);
}

/** Folders of the machines there are; other programs have theirs beside them. */
function machines(): string[] {
  return readdirSync(temporary).filter((name) => name.startsWith("sandwire-qemu-"));
}

describe("a machine in QEMU", () => {
  test("is told of firmware, cable, console and memory", async () => {
    await start("", {
      args: ["-m", "4"],
      loads: [{ address: 0x2000, bytes: Uint8Array.of(1, 2, 255) }],
      mac: "02:00:00:00:00:01",
    });
    const args = JSON.parse((await said(/^\[.*\]$/))[0]) as string[];
    expect(args.join(" ")).toMatch(/-machine mps2-an385 .*-m 4 -kernel f\.elf -device loader,file=\S+,addr=0x2000,force-raw=on$/);
    expect(args).toContain("nic,netdev=cable,macaddr=02:00:00:00:00:01");
    expect((await said(/^load (.*)/))[1]).toBe("0102ff");
  });

  test("gives and takes frames", async () => {
    const { link } = await start();
    const frames: number[][] = [];
    link.onFrame = (frame) => frames.push([...frame]);
    link.send(Uint8Array.of(1, 2, 3));
    await expect.poll(() => frames).toEqual([[1, 2, 3]]);
  });

  test("says lines without their ends; the last one when it is off", async () => {
    const machine = await start();
    machine.type("a\x1b[31mred\rb\n");
    await said(/^no enda\[31mredb$/);
    machine.type("restx");
    await machine.ended;
    await said(/^rest$/);
  });

  test("is reset, and tells of it; a command that fails rejects with QEMU's words", async () => {
    let resets = 0;
    const machine = await start("", { onReset: () => resets++ });
    await machine.reset();
    expect(resets).toBe(1);
    await machine.cable(false);
    await expect(machine.cable(true)).rejects.toThrow("QEMU: Device 'cable' not found");
  });

  test("bears nonsense from the monitor", async () => {
    const machine = await start("babbles");
    await machine.reset();
  });

  test("stops, leaving no process and no file", async () => {
    const machine = await start();
    const pid = Number((await said(/^pid (\d+)/))[1]);
    expect(machines()).toHaveLength(1);
    await machine.stop();
    expect(await machine.ended).toBe(null);
    expect(isAlive(pid)).toBe(false);
    await expect(machine.reset()).rejects.toThrow("QEMU has ended");
    expect(machines()).toEqual([]);
  });
});

describe("QEMU ends", () => {
  test("before it runs: its complaint, not the advice after it", async () => {
    await expect(start("refuses")).rejects.toThrow(/^QEMU ended with code 1: unsupported machine type$/);
  });

  test("without a word", async () => {
    await expect(start("silent")).rejects.toThrow(/^QEMU ended with code 3$/);
  });

  test("while it runs: its last line", async () => {
    const machine = await start();
    await said(/^pid/);
    machine.type("x");
    expect((await machine.ended)?.message).toBe("QEMU ended: the last word");
  });

  test("while frames are on their way: its last line, not the cable's", async () => {
    const machine = await start("ignores");
    for (let i = 0; i < 300; i++) machine.link.send(new Uint8Array(1000));
    await said(/^pid/);
    machine.type("x");
    expect((await machine.ended)?.message).toBe("QEMU ended: the last word");
  });

  test("while frames are on their way, as it was told to", async () => {
    const machine = await start("ignores");
    for (let i = 0; i < 300; i++) machine.link.send(new Uint8Array(1000));
    await said(/^pid/);
    await machine.stop();
    expect(await machine.ended).toBe(null);
  });

  test("soon after its cable was cut", async () => {
    const machine = await start("ignores");
    for (let i = 0; i < 300; i++) machine.link.send(new Uint8Array(1000));
    machine.type("c");
    expect((await machine.ended)?.message).toMatch(/ECONNRESET|EPIPE/);
  });

  test("when it does not come up", async () => {
    await expect(start("deaf", { patience: 300 })).rejects.toThrow("QEMU has not come up within 0.3 s");
  });

  test("when its cable carries no frames", async () => {
    const machine = await start("floods");
    const pid = Number((await said(/^pid (\d+)/))[1]);
    expect((await machine.ended)?.message).toMatch(/not QEMU's stream protocol/);
    expect(isAlive(pid)).toBe(false);
  });

  test.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)("with the process that started it: %s", async (signal) => {
    const script = `
      import { Machine } from ${JSON.stringify(resolve("host/node/emulator/qemu.ts"))};
      await Machine.start({ machine: "m", kernel: "k", onLine: (line) => console.log(line) });`;
    const args = ["--import", "tsx", "--input-type=module", "-e", script];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    await expect.poll(() => out, { timeout: 10_000 }).toMatch(/pid \d+/);
    const pid = Number(/pid (\d+)/.exec(out)?.[1]);
    expect(isAlive(pid)).toBe(true);
    expect(machines()).toHaveLength(1);
    child.kill(signal);
    await once(child, "exit");
    await gone(pid);
    await expect.poll(machines, { timeout: 5000 }).toEqual([]);
  });

  test("where it is not installed: one line that names the package", async () => {
    process.env["PATH"] = join(folder, "nothing");
    try {
      await expect(start()).rejects.toThrow("qemu-system-arm is not installed: apt-get install qemu-system-arm (Debian, Ubuntu)");
    } finally {
      process.env["PATH"] = `${folder}${delimiter}${PATH}`;
    }
  });
});
