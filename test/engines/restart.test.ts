import { readFileSync } from "node:fs";
import koffi from "koffi";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { functionNames } from "../../host/node/abi";
import { aotLibrary } from "../../host/tools/aot/library";
import { wasm3Library } from "../../host/tools/wasm3";
import { compiled, type Compiled } from "./edges";
import { inEngines } from "./needed";

/** An instance as C programs have it. */
interface Instance {
  call(name: (typeof functionNames)[number], ...args: number[]): number;
  /** A clean memory image. */
  start(): void;
  /** Why and where it trapped. */
  trap(): { reason: string; where: string };
  readonly memory: Uint8Array;
  close(): void;
}

function open(library: string, path: string): Instance {
  const engine = koffi.load(library);
  const func = (prototype: string): ((...args: unknown[]) => unknown) =>
    engine.func(prototype) as (...args: unknown[]) => unknown;
  const wasm = readFileSync(path);
  const node = func("void *sw_node_open(const uint8_t *wasm, uint32_t length, _Out_ const char **error)")(wasm, wasm.length, [
    null,
  ]);
  const call = func("int32_t sw_node_call(void *node, uint32_t fn, int a, int b, int c, int d, int e)");
  const [reason, where] = ["reason", "where"].map((what) => func(`const char *sw_node_${what}(void *node)`));
  const [start, close] = ["start", "close"].map((what) => func(`void sw_node_${what}(void *node)`));
  const size = new Uint32Array(koffi.view(node, 8))[1];
  const memory = new Uint8Array(koffi.view(func("void *sw_node_memory(void *node)")(node), size));
  return {
    call: (name, ...args) => Number(call(node, functionNames.indexOf(name), ...[...args, 0, 0, 0, 0, 0].slice(0, 5))),
    start: () => void start(node),
    trap: () => ({ reason: String(reason(node)), where: String(where(node)) }),
    memory,
    close: () => void close(node),
  };
}

let module: Compiled;

beforeAll(async () => {
  module = await compiled("edges.ts", "--debug");
});
afterAll(() => module.remove());

describe.each(["wasm3", "aot"])("after a trap, %s", (engine) => {
  let instance: Instance;
  afterAll(() => instance?.close());

  inEngines("says why and where, and answers nothing", async () => {
    instance = open(engine === "wasm3" ? wasm3Library : await aotLibrary(module.path), module.path);
    expect(instance.call("init", 1, 2, 3, 4)).toBe(10);
    expect(instance.call("recv", 1)).toBe(0);
    expect(instance.trap()).toEqual({ reason: "stack overflow", where: "test/engines/modules/edges/forever" });
    expect(instance.call("init", 1, 2, 3, 4)).toBe(0);
  });

  inEngines("starts from the memory image of the beginning, at the same place", () => {
    instance.start();
    expect(instance.trap()).toEqual({ reason: "", where: "" });
    const image = Uint8Array.from(instance.memory);
    expect(instance.call("init", 1, 2, 3, 4)).toBe(10);
    expect(instance.call("send", 11, 0, 0x55, 65536)).toBe(0);
    expect(instance.memory.every((octet) => octet === 0x55)).toBe(true);
    instance.start();
    expect(Buffer.compare(instance.memory, image)).toBe(0);
    expect(instance.call("init", 1, 2, 3, 4)).toBe(10);
  });

  inEngines("does so again and again", () => {
    for (let round = 0; round < 100; round++) {
      instance.call("send", 4, 65534);
      expect(instance.trap().reason).toBe("out of bounds memory access");
      instance.start();
      expect(instance.call("init", 0, 0, 0, round)).toBe(round);
    }
  });
});
