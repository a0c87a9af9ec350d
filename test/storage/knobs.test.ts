import * as asc from "assemblyscript/asc";
import { beforeAll, describe, expect, test } from "vitest";

const ENTRY = "test/unit/support/probe.ts";
const RELEASE = ["--runtime", "stub", "--bindings", "raw", "--noAssert", "-O3", "--use", "abort=", "--noColors"];

/** Compiles the probe within this process, which knows the compiler already at the second time. */
async function compiled(knobs: string[], options: string[]): Promise<{ module?: Uint8Array<ArrayBuffer>; output: string }> {
  let module: Uint8Array<ArrayBuffer> | undefined;
  const uses = knobs.flatMap((knob) => ["--use", `CONFIG_${knob}`]);
  const said = asc.createMemoryStream();
  const { error } = await asc.main([ENTRY, ...RELEASE, ...uses, ...options, "--outFile", "probe.wasm"], {
    stdout: said,
    stderr: said,
    writeFile: (name, contents) => {
      if (name === "probe.wasm") module = new Uint8Array(contents as Uint8Array);
    },
  });
  const output = `${said.toString()}${error?.message ?? ""}`;
  return module && !error ? { module, output } : { output };
}

/** A compiled probe: its functions by name, and its memory. Pointers and counts alike are numbers. */
class Core {
  private readonly exports: Record<string, unknown>;
  private readonly octets: Uint8Array;
  private readonly view: DataView;

  constructor(instance: WebAssembly.Instance) {
    this.exports = instance.exports;
    const { buffer } = this.exports["memory"] as WebAssembly.Memory;
    this.octets = new Uint8Array(buffer);
    this.view = new DataView(buffer);
  }

  call(name: string, ...args: number[]): number {
    return (this.exports[name] as (...args: number[]) => number)(...args) >>> 0;
  }

  octet(at: number): number {
    return this.view.getUint8(at);
  }

  poke(at: number, octet: number): void {
    this.octets[at] = octet;
  }

  half(at: number): number {
    return this.view.getUint16(at, true);
  }

  setHalf(at: number, value: number): void {
    this.view.setUint16(at, value, true);
  }

  word(at: number): number {
    return this.view.getUint32(at, true);
  }
}

/** The core's storage and driver, release build, with these knobs. */
async function probe(knobs: string[], options: string[] = []): Promise<Core> {
  const { module, output } = await compiled(knobs, options);
  if (!module) throw new Error(output);
  return new Core((await WebAssembly.instantiate(module)).instance);
}

/** Offsets of abi.ts that the driver's tests need. */
const RX_RING = 8;
const TX_RING = 16;
const LINK = 44;
const LENGTH = 4;
const STATUS = 6;
const OWN = 1;

describe.each(["release", "release with one slot each"])("the rings, %s", (kind) => {
  let core: Core;
  const one = kind.endsWith("each");
  beforeAll(async () => {
    core = await probe(one ? ["RX_SLOTS=1", "TX_SLOTS=1", "LOOPBACK_SLOTS=1"] : []);
    core.poke(core.call("macAt", 0) + LINK, 1);
  });

  test("have as many slots as the knobs say", () => {
    if (one) expect([core.call("rxSlots"), core.call("txSlots"), core.call("loopbackSlots")]).toEqual([1, 1, 1]);
    else expect(core.call("rxSlots")).toBeGreaterThan(1);
  });

  test("receive frame after frame, damaged ones between", () => {
    core.call("initRings");
    const ring = core.word(core.call("macAt", 0) + RX_RING);
    const slots = core.call("rxSlots");
    for (let k = 0; k < 100; k++) {
      const at = ring + (k % slots) * 16;
      expect(core.half(at + STATUS)).toBe(OWN);
      expect(core.call("rxNext")).toBe(0);
      core.poke(core.word(at), k);
      core.setHalf(at + LENGTH, k % 7 === 3 ? 0xffff : 60);
      core.setHalf(at + STATUS, k % 5 === 2 ? 2 : 0);
      if (k % 7 === 3 || k % 5 === 2) expect(core.call("rxNext")).toBe(0);
      else {
        expect(core.octet(core.word(core.call("rxNext")))).toBe(k);
        core.call("rxDone");
      }
    }
  });

  test("send until they are full, and go on where there is room", () => {
    core.call("initRings");
    const ring = core.word(core.call("macAt", 0) + TX_RING);
    const slots = core.call("txSlots");
    for (let k = 0; k < 100; k++) {
      const frame = core.call("txOpen");
      expect(frame).not.toBe(0);
      core.poke(frame, k);
      core.call("txCommit", 60, 0);
      if (k < slots - 1) continue;
      expect(core.call("txOpen")).toBe(0);
      expect(core.call("txBlocked")).toBe(1);
      const oldest = ring + ((k + 1) % slots) * 16;
      expect(core.octet(core.word(oldest))).toBe(k + 1 - slots);
      core.setHalf(oldest + STATUS, 0);
    }
  });

  test("ignore what they were not asked for, where a debug build stops", () => {
    core.call("initRings");
    const ring = core.word(core.call("macAt", 0) + TX_RING);
    core.call("txCommit", 1515, 0);
    expect(core.half(ring + STATUS)).toBe(0);
    for (let k = 0; k < core.call("txSlots"); k++) core.call("txCommit", 60, 0);
    core.setHalf(ring + LENGTH, 61);
    core.call("txCommit", 100, 0);
    expect(core.half(ring + LENGTH)).toBe(61);
    core.call("loCommit", 0xffffffff);
    expect(core.call("loNext")).toBe(0);
    for (let k = 0; k < 2 * core.call("loopbackSlots"); k++) core.call("loCommit", 40 + k);
    expect(core.half(core.call("loNext") + LENGTH)).toBe(40);
  });

  test("loop frames back in order", () => {
    core.call("initRings");
    for (let k = 0; k < 50; k++) {
      core.poke(core.call("loOpen"), k);
      core.call("loCommit", 40);
      if (core.call("loopbackSlots") === 1) expect(core.call("loOpen")).toBe(0);
      expect(core.octet(core.word(core.call("loNext")))).toBe(k);
      core.call("loDone");
      expect(core.call("loNext")).toBe(0);
    }
  });
});

/** RFC 1071 to the letter, in memory order. */
function checksumOf(core: Core, at: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += core.octet(at + i) << (i % 2 ? 0 : 8);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  const checksum = ~sum & 0xffff;
  return ((checksum & 0xff) << 8) | (checksum >> 8);
}

describe.each([
  ["scalar", [], []],
  ["vector", ["SIMD=1"], ["--enable", "simd"]],
])("the %s checksum of a release build", (_kind, knobs, options) => {
  let core: Core;
  beforeAll(async () => {
    core = await probe(knobs, options);
  });

  test.each(["random octets", "ones"])("agrees with the plain one on %s, at all lengths and alignments", (kind) => {
    const at = core.call("roomAt");
    let x = 12345;
    for (let i = 0; i < 1600; i++) core.poke(at + i, kind === "ones" ? 255 : (x = (x * 1103515245 + 12345) >>> 0) >>> 24);
    for (const length of [...Array(201).keys(), 1459, 1460, 1461, 1480]) {
      for (let shift = 0; shift < 16; shift += length > 70 ? 3 : 1)
        expect(core.call("checksum", at + shift, length), `${length} octets at ${shift}`).toBe(
          checksumOf(core, at + shift, length),
        );
    }
  });
});

describe.each([
  ["one block", ["BUFFERS=512", "MIN_BUF=512"]],
  ["an odd number of blocks", ["BUFFERS=6656", "MIN_BUF=512", "MAX_BUF=4096"]],
  ["a largest buffer above the arena", ["BUFFERS=6144", "MIN_BUF=512", "MAX_BUF=1048576"]],
  ["one size only", ["BUFFERS=14336", "MIN_BUF=2048", "MAX_BUF=2048"]],
  ["small blocks", ["BUFFERS=5376", "MIN_BUF=256", "MAX_BUF=2048"]],
])("an arena with %s", (_kind, knobs) => {
  let core: Core;
  beforeAll(async () => {
    core = await probe(knobs);
  });

  test("is used to the last octet in each size, and whole again afterwards", () => {
    for (let size = core.call("minBuf"); size <= core.call("maxBuf"); size *= 2) {
      core.call("initBuffers");
      const taken: number[] = [];
      for (let at = core.call("takeBuffer", size); at !== 0; at = core.call("takeBuffer", size)) taken.push(at);
      expect(taken).toHaveLength(Math.floor(core.call("buffers") / size));
      expect(new Set(taken.map((at) => Math.floor((at - Math.min(...taken)) / size))).size).toBe(taken.length);
      expect(core.call("freeOctets")).toBe(core.call("buffers") - taken.length * size);
      for (const at of taken) core.call("freeBuffer", at, size);
      expect(core.call("freeOctets")).toBe(core.call("buffers"));
    }
  });

  test("never gives what it has not", () => {
    core.call("initBuffers");
    let taken = 0;
    while (core.call("freeOctets") > 0 && taken < 1000) {
      const size = core.call("sizeFor", 0xffffffff);
      expect(core.call("takeBuffer", size)).not.toBe(0);
      taken++;
    }
    expect(core.call("freeOctets")).toBe(0);
    expect(core.call("takeBuffer", core.call("sizeFor", 1))).toBe(0);
  });

  test("ignores a buffer given back twice, where a debug build stops", () => {
    core.call("initBuffers");
    const size = core.call("minBuf");
    const at = core.call("takeBuffer", size);
    core.call("freeBuffer", at, size);
    core.call("freeBuffer", at, size);
    core.call("freeBuffer", 0, size);
    core.call("freeBuffer", 0xfffffff0, size);
    expect(core.call("freeOctets")).toBe(core.call("buffers"));
    const again = core.call("takeBuffer", size);
    expect(core.call("takeBuffer", size)).not.toBe(again);
  });
});

describe("the knobs", () => {
  test("make buffers smaller under pressure", async () => {
    const core = await probe(["BUFFERS=32768", "MIN_BUF=512", "MAX_BUF=4096", "BUFFER_PRESSURE=16"]);
    core.call("initBuffers");
    const sizes: number[] = [];
    for (let size = core.call("sizeFor", 4096); core.call("takeBuffer", size) !== 0; size = core.call("sizeFor", 4096))
      sizes.push(size);
    expect(sizes.slice(0, 2)).toEqual([2048, 1024]);
    expect(sizes.at(-1)).toBe(512);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(32768);
  });

  test.each([["BUFFERS=1000"], ["BUFFERS=256"], ["RX_SLOTS=0"], ["MAX_BUF=3000"]])("%s does not compile", async (knob) => {
    const { module, output } = await compiled([knob], []);
    expect(module).toBeUndefined();
    expect(output).toContain("CONFIG_");
  });
});
