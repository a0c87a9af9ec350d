import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { expect } from "vitest";
import { fillChecksum, verifiesChecksums } from "../../host/node/checksum";
import { anything } from "../ports/frames";
import { library } from "../support/library";
import { needs } from "../support/needs";
import { Random } from "../support/random";

needs("cc")("checksums in C and in TypeScript agree on every frame", () => {
  const lib = library("checksum", { sources: ["host/wasm3/checksum.c"] });
  const sum = lib.func("uint32_t sw_sum(const uint8_t *data, uint32_t length, uint32_t sum)");
  const right = lib.func("bool sw_checksums_ok(const uint8_t *frame, uint32_t length, uint32_t sum)");
  const fill = lib.func("void sw_checksum_fill(_Inout_ uint8_t *frame, uint32_t length)");
  const random = new Random(5);
  for (let i = 0; i < 5000; i++) {
    const frame = anything(random);
    const [ours, theirs] = [frame.slice(), frame.slice()];
    expect(right(frame, frame.length, sum(frame, frame.length, 0)), `frame ${i}`).toBe(verifiesChecksums(frame));
    fill(ours, ours.length);
    fillChecksum(theirs);
    expect(Buffer.compare(ours, theirs), `frame ${i}`).toBe(0);
  }
});

const CPU = ["-mcpu=cortex-m3", "-mthumb", "-nostdlib", "-nostartfiles"];
const PLACES = [
  "-Wl,--entry=reset",
  "-Wl,--section-start=.vectors=0",
  "-Wl,-Ttext=0x100",
  "-Wl,-Tdata=0x20000000",
  "-Wl,-Tbss=0x20001000",
];

for (const optimize of ["-Os", "-O2"]) {
  needs("arm-none-eabi-gcc", "qemu-system-arm")(`sums on a Cortex-M3 are those of RFC 1071, ${optimize}`, () => {
    mkdirSync("build/test", { recursive: true });
    const out = `build/test/cortex_m${optimize}.${process.pid}.elf`;
    const options = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-ffreestanding", optimize, "-Ihost/wasm3", ...CPU, ...PLACES];
    const sources = ["test/device/cortex_m/main.c", "host/wasm3/checksum.c"];
    const built = spawnSync("arm-none-eabi-gcc", [...options, ...sources, "-lc", "-lgcc", "-o", out], { encoding: "utf8" });
    expect(built.stderr).toBe("");
    const machine = ["-M", "mps2-an385", "-display", "none", "-semihosting-config", "enable=on,target=native"];
    const run = spawnSync("qemu-system-arm", [...machine, "-kernel", out], { encoding: "utf8", timeout: 25_000 });
    expect(run.stdout + run.stderr).toBe("every sum is right\n");
  });
}
