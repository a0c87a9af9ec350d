import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compactWasm3 } from "../../host/tools/board/compact";
import { readBoard } from "../../host/tools/board/description";
import { firmware, firmwareOf, type Firmware } from "../../host/tools/board/firmware";
import { piecesOf } from "../../host/tools/board/map";
import { linkerScript } from "../../host/tools/board/script";
import { inputsOf } from "../../host/tools/board/toolchain";
import { root } from "../../host/tools/process";
import { needs } from "../support/needs";

const toolchain = needs("arm-none-eabi-gcc", "wasm2c");
/** A module is compiled, translated and compiled again, on a machine that may be busy. */
const LIMIT = 240_000;

describe("npm run firmware", () => {
  const folder = mkdtempSync(join(tmpdir(), "sandwire-firmware-"));
  const board = readBoard("lm3s6965evb");
  const choice = { engine: "aot", out: join(folder, "build") };
  const read = (name: string): string => readFileSync(join(choice.out, name), "utf8");
  let built: Firmware;

  beforeAll(async () => {
    if (toolchain === test) built = await firmwareOf(board, choice);
  }, LIMIT);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  toolchain("gives every octet of every section an owner", () => {
    const { stdout } = spawnSync("arm-none-eabi-size", ["-A", join(choice.out, "firmware.elf")], { encoding: "utf8" });
    const rows = stdout.matchAll(/^(\.\w+) +(\d+) +\d+$/gm);
    const sections = Object.fromEntries(
      [...rows].filter(([, name]) => !name.startsWith(".debug")).map(([, name, size]) => [name, Number(size)]),
    );
    const reported: Record<string, number> = {};
    for (const { section, size } of built.report.pieces) reported[section] = (reported[section] ?? 0) + size;
    expect(reported).toEqual({ ...Object.fromEntries(Object.entries(sections).filter(([, size]) => size > 0)), ".boot": 64 });
    expect(built.report.owners["alignment"]?.flash ?? 0).toBeLessThan(256);
    expect(read("report.txt")).toContain(built.report.total.ram.toLocaleString("en"));
    expect(JSON.parse(read("report.json"))).toEqual(built.report);
  });

  toolchain("keeps inside the chip", () => {
    expect(built.report.limits).toEqual({ flash: 256 * 1024, ram: 64 * 1024 });
    expect(built.report.total.flash).toBeLessThanOrEqual(256 * 1024);
    expect(built.report.total.ram).toBeLessThanOrEqual(64 * 1024);
  });

  toolchain("names the functions for what shows the console", () => {
    expect(read("firmware.symbols")).toMatch(/^[0-9a-f]{8} [0-9a-f]{8} main$/m);
  });

  toolchain(
    "links anew, with another seed, only when something has changed",
    async () => {
      const first = read("build.c");
      await firmwareOf(board, choice);
      expect(read("build.c")).toBe(first);
      await firmwareOf({ ...board, stack: board.stack - 8 }, choice);
      const seedOf = (text: string): string | undefined => /build_seed\[4\] = \{(.*)\}/.exec(text)?.[1];
      expect(seedOf(read("build.c"))).toMatch(/^(0x[0-9a-f]{8}(, )?){4}$/);
      expect(seedOf(read("build.c"))).not.toBe(seedOf(first));
    },
    LIMIT,
  );

  toolchain(
    "links anew what was compiled before another was ended",
    async () => {
      const first = read("build.c");
      const object = readdirSync(join(choice.out, "obj/driver")).find((name) => name.endsWith(".o")) ?? "";
      const path = join(choice.out, "obj/driver", object);
      // As the object of another driver, compiled by a process that has not come to the link: its stamp says that it is fresh.
      const { status } = spawnSync("arm-none-eabi-objcopy", ["--add-section", ".mark=/etc/hostname", path]);
      expect(status).toBe(0);
      await firmwareOf(board, choice);
      expect(read("build.c")).not.toBe(first);
    },
    LIMIT,
  );

  toolchain.each([
    ["flash", 32],
    ["ram", 24],
  ])(
    "does not link for a chip with too little %s, and says by how much",
    async (name, kibibytes) => {
      const memory = board.memory.map((region) => (region.name === name ? { ...region, size: kibibytes * 1024 } : region));
      const end = memory.find((region) => region.name === "ram");
      const small = { ...board, memory, boot: (end?.origin ?? 0) + (end?.size ?? 0) - 64 };
      const size = (kibibytes * 1024).toLocaleString("en");
      await expect(firmwareOf(small, choice)).rejects.toThrow(
        new RegExp(`^the firmware does not fit into lm3s6965evb: ${name} has ${size} octets, [\\d,]+ too few$`),
      );
    },
    LIMIT,
  );
});

describe("wasm3 in firmware", () => {
  toolchain(
    "runs profile default in 256 KiB of RAM in all",
    async () => {
      const { report } = await firmware("mps2-an385", { engine: "wasm3" });
      expect(report.module).toBe("default");
      expect(report.total.ram).toBeLessThanOrEqual(256 * 1024);
    },
    LIMIT,
  );

  test("is not made of another version of wasm3", () => {
    const folder = mkdtempSync(join(tmpdir(), "sandwire-wasm3-"));
    writeFileSync(join(folder, "m3_core.h"), "typedef void * code_t;\n");
    expect(() => compactWasm3(folder, join(folder, "out"))).toThrow(
      /^this m3_core\.h is not wasm3 0\.5\.0's .*: unset WASM3_DIR$/,
    );
    rmSync(folder, { recursive: true, force: true });
  });
});

describe("npm run firmware refuses, in one line,", () => {
  const run = (...args: string[]): { status: number | null; lines: string[] } => {
    const env = { ...process.env, PATH: import.meta.dirname };
    const options = { cwd: root, env, encoding: "utf8", timeout: 120_000 } as const;
    const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", "host/tools/firmware.ts", ...args], options);
    return { status, lines: stderr.trim().split("\n") };
  };

  test.each([
    ["no board", [], /^which board\? --board NAME \(there is .*mps2-an385/],
    ["an unknown board", ["--board", "abacus"], /^no such board: abacus \(there is .*mps2-an385/],
    ["an unknown engine", ["--board", "mps2-an385", "--engine", "v8"], /^mps2-an385 has no engine v8 \(there is wasm3, aot\)$/],
    ["an unknown profile", ["--board", "mps2-an385", "--profile", "vast"], /^no such profile: vast \(there is /],
    ["an application that is not there", ["--board", "mps2-an385", "--app", "nowhere.c"], /^no such file: nowhere\.c$/],
  ])("%s", (_, args, message) => {
    const { status, lines } = run(...args);
    expect(lines).toEqual([expect.stringMatching(message)]);
    expect(status).toBe(1);
  });

  test("a machine without the compiler", () => {
    const out = mkdtempSync(join(tmpdir(), "sandwire-no-compiler-"));
    const { status, lines } = run("--board", "mps2-an385", "--engine", "wasm3", "--out", out);
    rmSync(out, { recursive: true, force: true });
    expect(lines).toEqual([
      expect.stringMatching(/^arm-none-eabi-gcc is not installed: on Debian, apt install gcc-arm-none-eabi/),
    ]);
    expect(status).toBe(1);
  });
});

describe("the linker's map", () => {
  const map = `
Linker script and memory map

.text           0x00000040      0x120
 *(.text .text.*)
 .text.main     0x00000040       0x20 obj/a.o
                0x00000040                main
 .text.a_function_with_a_long_name
                0x00000060       0x40 obj/b.o
                                 0x44 (size before relaxing)
 *fill*         0x000000a0        0x4
 .text          0x000000a4       0x3c /usr/lib/libgcc.a(_udivsi3.o)

.stack          0x20000000      0x800
                0x20000800                        . = (. + 0x800)

.debug_info     0x00000000      0x500
 .debug_info    0x00000000      0x500 obj/a.o
`;

  test("tells whose every octet is", () => {
    const objects = [
      { owner: "driver", path: "obj/a.o" },
      { owner: "port", path: "obj/b.o" },
    ];
    expect(piecesOf(map, objects)).toEqual([
      { section: ".text", owner: "driver", size: 0x20 },
      { section: ".text", owner: "port", size: 0x40 },
      { section: ".text", owner: "libc", size: 0x3c },
      { section: ".text", owner: "alignment", size: 0x120 - 0x9c },
      { section: ".stack", owner: "stack", size: 0x800 },
    ]);
  });
});

test("what an object was made of may have spaces in its names", () => {
  expect(inputsOf("obj/a.o: my\\ app/main.c \\\n  /usr/include/a.h cash$$.h\n")).toEqual([
    "my app/main.c",
    "/usr/include/a.h",
    "cash$.h",
  ]);
});

describe("the linker script", () => {
  test("has the chip's memory without the boot block, which nobody loads or clears", () => {
    const script = linkerScript(readBoard("lm3s6965evb"), { heap: 4096 });
    expect(script).toContain("ram : ORIGIN = 0x20000000, LENGTH = 0x0000ffc0");
    expect(script).toContain("sw_boot = 0x2000ffc0;");
    expect(script).toContain(". += 4096;");
  });
});
