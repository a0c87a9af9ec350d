import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { boardNames, readBoard } from "../../host/tools/board/description";
import { type Command, Commands } from "../net/command";
import { needs } from "../support/needs";
import { pattern } from "../support/octets";

const folder = mkdtempSync(join(tmpdir(), "boards-"));
const commands = new Commands();
afterAll(() => {
  commands.kill();
  rmSync(folder, { recursive: true });
});

const emulated = needs("qemu-system-arm", "arm-none-eabi-gcc", "wasm2c");
const BUILD = 300_000;

/** Everything about a run that has come to nothing: one line, exit code 1. */
async function complaint(...args: string[]): Promise<string> {
  const { code, out, err } = await commands.start(...args).ended;
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toMatch(/^sandwire: [^\n]+\n$/);
  return err;
}

describe("what cannot be run: one line on stderr, exit code 1", () => {
  test.concurrent.each([
    [["run", "--board", "nonesuch"], /no such board: nonesuch \(there is .*mps2-an385/],
    [["run", "--board", "lm3s6965evb", "--engine", "v8"], /lm3s6965evb has no engine v8 \(there is aot\)/],
    [["run", "--board", "lm3s6965evb", "--engine", "wasm3"], /lm3s6965evb has no engine wasm3/],
    [["run", "--board", "mps2-an385", "--address", "10.0.0.2/24", "--address", "10.0.0.9/24"], /takes one address: 10\.0\.0\.9/],
    [["run", "--board", "mps2-an385", "--record", "x"], /--record records a board of this process/],
    [["run", "--console"], /name one by --board/],
    [["run", "--also", "v8:aot:x"], /It is an engine \(v8, wasm3, aot\), a board, or both/],
    [["run", "--also", "nonesuch"], /no such board: nonesuch/],
    [["run", "--also", "v8", "--address", "10.0.0.2/30"], /the network of 10\.0\.0\.2\/30 has no room for 1 more boards/],
    [["flash"], /required option '--board <B>'/],
    [["flash", "--board", "nonesuch"], /no such board: nonesuch/],
    [["flash", "--board", "lm3s6965evb", "--engine", "v8", "--dry-run"], /has no engine v8/],
  ])("%j", async (args, words) => expect(await complaint(...args)).toMatch(words));
});

/** The command where QEMU and OpenOCD are not installed, but what a test puts in their places. */
function withPrograms(programs: Record<string, string>, ...args: string[]): { status: number | null; out: string; err: string } {
  const bin = mkdtempSync(join(folder, "bin-"));
  for (const [name, script] of Object.entries(programs)) writeFileSync(join(bin, name), script, { mode: 0o755 });
  for (const place of (process.env["PATH"] ?? "").split(delimiter).filter((each) => existsSync(each))) {
    const others = readdirSync(place).filter((name) => !/^(qemu-system-arm|openocd)$/.test(name) && !existsSync(join(bin, name)));
    for (const name of others) symlinkSync(join(place, name), join(bin, name));
  }
  const env = { ...process.env, PATH: bin };
  const all = ["host/node/sandwire.mjs", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: "utf8", env, timeout: 120_000 });
  return { status, out: stdout, err: stderr.replace(/^building the firmware.*\n/m, "") };
}

describe("sandwire flash", () => {
  const wanted = "board/ek-lm3s6965.cfg -c 'program build/firmware/lm3s6965evb.aot/firmware.elf verify reset exit'";

  test("--dry-run prints the command that programs the board", async () => {
    const { code, out, err } = await commands.start("flash", "--board", "lm3s6965evb", "--dry-run").ended;
    expect({ code, out, err }).toEqual({ code: 0, out: `openocd -f ${wanted}\n`, err: "lm3s6965evb: not tried on hardware\n" });
  });

  test("--dry-run of a board that is emulated only", async () => {
    const { code, out, err } = await commands.start("flash", "--board", "mps2-an385", "--engine", "aot", "--dry-run").ended;
    expect({ code, out, err }).toEqual({ code: 0, out: "sandwire run --board mps2-an385 --engine aot\n", err: "" });
  });

  emulated("runs the tool, after the firmware is built", { timeout: BUILD }, () => {
    const openocd = `#!/bin/sh\nfor each; do echo "[$each]"; done\ntest -s build/firmware/lm3s6965evb.aot/firmware.elf\n`;
    const { status, out, err } = withPrograms({ openocd }, "flash", "--board", "lm3s6965evb");
    expect({ status, err }).toEqual({ status: 0, err: "lm3s6965evb: not tried on hardware\n" });
    expect(out).toContain("[-f]\n[board/ek-lm3s6965.cfg]\n[-c]\n[program ");
  });

  emulated("a tool that fails, and one that is missing: one line, exit code 1", { timeout: BUILD }, () => {
    const failing = withPrograms({ openocd: "#!/bin/sh\nexit 3\n" }, "flash", "--board", "lm3s6965evb");
    expect(failing.status).toBe(1);
    expect(failing.err).toContain("sandwire: openocd has not programmed lm3s6965evb: it ended with code 3\n");
    const missing = withPrograms({}, "flash", "--board", "lm3s6965evb");
    expect(missing.status).toBe(1);
    expect(missing.err).toContain("sandwire: openocd, which programs lm3s6965evb, is not installed: apt-get install openocd\n");
  });
});

/** Processes that have something in their command line. */
function processes(what: string): string[] {
  const numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return numbers.filter((name) => {
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8").includes(what);
    } catch {
      return false;
    }
  });
}

/** Start a command whose temporary files, QEMU's sockets among them, lie in a folder of its own. */
function inFolder(name: string, ...args: string[]): { command: Command; place: string } {
  const place = join(folder, name);
  mkdirSync(place);
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = place;
  try {
    return { command: commands.start(...args), place };
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}

/** Folders of sockets and of what is in a board's memory before power-on, its entropy too. */
function leftovers(place: string): string[] {
  return readdirSync(place).filter((file) => file.startsWith("sandwire-qemu-"));
}

async function bytes(url: string, count: number): Promise<Buffer> {
  return Buffer.from(await (await fetch(`${url}bytes/${count}`)).arrayBuffer());
}

describe("sandwire run --board", () => {
  const boards = boardNames().map(readBoard);
  const each = boards.flatMap(({ name, engines, emulator }) =>
    emulator ? Object.keys(engines).map((engine) => [name, engine]) : [],
  );

  for (const [name, engine] of each) {
    emulated(`${name} with ${engine}: page and a megabyte through the gateway; ends with QEMU`, { timeout: BUILD }, async () => {
      const args = ["run", "--board", name, "--engine", engine, "--forward", "0:80"];
      const { command, place } = inFolder(`${name}.${engine}`, ...args);
      const url = await command.says(/http:\/\/127\.0\.0\.1:\d+\//);
      await command.says(new RegExp(`^${name}: sandwire on ${name}: ${engine}, .*, 10\\.0\\.0\\.2/24, `, "m"));
      expect(await (await fetch(url)).text()).toContain("<b>10.0.0.2</b>");
      expect(Buffer.compare(await bytes(url, 1_000_000), pattern(1_000_000))).toBe(0);
      expect(processes(place).length).toBeGreaterThan(0);
      expect(await command.stop("SIGINT")).toMatchObject({ code: 0 });
      expect(processes(place)).toEqual([]);
      expect(leftovers(place)).toEqual([]);
    });
  }

  emulated("shares the cable with other boards; captures, faults, a seed", { timeout: BUILD }, async () => {
    const file = join(folder, "run.pcapng");
    const cable = ["--loss", "2%", "--reorder", "5%", "--latency", "1", "--seed", "7", "--pcap", file, "--print"];
    const also = ["--also", "v8", "--also", "lm3s6965evb:aot"];
    const args = ["run", "--board", "mps2-an385", "--engine", "aot", "--address", "192.168.7.9/28", "--forward", "0:80"];
    const command = commands.start(...args, ...cable, ...also);
    const others = [/(http\S+) is v8, 192\.168\.7\.10$/m, /(http\S+) is lm3s6965evb with aot, 192\.168\.7\.11$/m];
    for (const [i, what] of others.entries()) {
      const url = (await command.says(what)).split(" ")[0];
      expect(await (await fetch(url)).text()).toContain(`<b>192.168.7.1${i}</b>`);
    }
    const url = await command.says(/^http\S+\/$/m);
    expect(Buffer.compare(await bytes(url, 50_000), pattern(50_000))).toBe(0);
    const { code, out } = await command.stop("SIGTERM");
    expect(code).toBe(0);
    expect(out).toMatch(/192\.168\.7\.9:80/);
    expect(readFileSync(file).length).toBeGreaterThan(50_000);
  });

  emulated("takes QEMU and its files along when it is killed", { timeout: BUILD }, async () => {
    const { command, place } = inFolder("killed", "run", "--board", "mps2-an385", "--engine", "aot", "--forward", "0:80");
    await command.says(/serving/);
    expect(leftovers(place)).toHaveLength(1);
    await command.stop("SIGKILL");
    await expect.poll(() => processes(place), { timeout: 5000 }).toEqual([]);
    await expect.poll(() => leftovers(place), { timeout: 5000 }).toEqual([]);
  });

  emulated("ends with QEMU's last line when QEMU ends", { timeout: BUILD }, () => {
    const dying = "#!/bin/sh\necho 'qemu-system-arm: the machine is on fire' >&2\nexit 1\n";
    const { status, err } = withPrograms(
      { "qemu-system-arm": dying },
      "run",
      "--board",
      "mps2-an385",
      "--engine",
      "aot",
      "--forward",
      "0:80",
    );
    expect({ status, err }).toEqual({ status: 1, err: "sandwire: QEMU ended with code 1: the machine is on fire\n" });
  });

  emulated("names Debian's packages where programs are missing", { timeout: BUILD }, () => {
    const { status, err } = withPrograms({}, "run", "--board", "mps2-an385", "--engine", "aot", "--forward", "0:80");
    const words = "sandwire: qemu-system-arm is not installed: apt-get install qemu-system-arm (Debian, Ubuntu)\n";
    expect({ status, err }).toEqual({ status: 1, err: words });
  });
});
