import { readFileSync } from "node:fs";
import { functionNames, functionsDigest } from "./abi";
import type { Instance, NativeModule } from "./engine";

/** A pointer, as koffi has it. */
type Pointer = unknown;

/** What host/wasm3/node.c offers. */
interface Calls {
  open(wasm: Uint8Array, length: number, error: [string | null]): Pointer;
  has(node: Pointer, fn: number): number;
  call(node: Pointer, fn: number, a: number, b: number, c: number, d: number, e: number): number;
  memory(node: Pointer): Pointer;
  reason(node: Pointer): string;
  where(node: Pointer): string;
  close(node: Pointer): void;
  view(pointer: Pointer, length: number): ArrayBuffer;
}

/** An engine loaded into this process. */
export interface Library {
  /** The module in a file; one compiled ahead of time is in the library already. */
  moduleOf(path: string): NativeModule;
}

const loaded = new Map<string, Promise<Library>>();

/**
 * Load an engine, each file once. Rejects with an Error of one line when koffi is not installed, or when the file is no such library or one
 * that was compiled for other functions.
 */
export function loadLibrary(path: string, engine: NativeModule["engine"]): Promise<Library> {
  const known = loaded.get(path) ?? load(path, engine);
  loaded.set(path, known);
  return known;
}

async function load(path: string, engine: NativeModule["engine"]): Promise<Library> {
  const { default: koffi } = await import("koffi").catch((cause: unknown) => {
    throw new Error("the optional package koffi is not installed: `npm install koffi`", { cause });
  });
  const library = koffi.load(path);
  if (functionsIn(library) !== functionsDigest) throw new Error(`${path} is of another version: ${REMEDIES[engine]}`);
  const words = ["a", "b", "c", "d", "e"].map((name) => `int32_t ${name}`).join(", ");
  const calls: Calls = {
    open: library.func("void *sw_node_open(const uint8_t *wasm, uint32_t length, _Out_ const char **error)"),
    has: library.func("uint32_t sw_node_has(void *node, uint32_t fn)"),
    call: library.func(`int32_t sw_node_call(void *node, uint32_t fn, ${words})`),
    memory: library.func("void *sw_node_memory(void *node)"),
    reason: library.func("const char *sw_node_reason(void *node)"),
    where: library.func("const char *sw_node_where(void *node)"),
    close: library.func("void sw_node_close(void *node)"),
    view: koffi.view,
  };
  return { moduleOf: (wasm) => moduleOf(calls, engine, readFileSync(wasm)) };
}

const REMEDIES: Record<NativeModule["engine"], string> = {
  wasm3: "run `npm run build:wasm3` again",
  aot: "remove it, and it is compiled again",
};

/** For which functions a library was compiled; "" for one so old that it does not say. */
function functionsIn(library: { func(definition: string): (...args: never[]) => unknown }): unknown {
  try {
    return library.func("const char *sw_node_functions()")();
  } catch {
    return "";
  }
}

function moduleOf(calls: Calls, engine: NativeModule["engine"], wasm: Uint8Array): NativeModule {
  return { engine, instantiate: () => instanceOf(calls, engine, wasm) };
}

/** The instance lives as long as anybody sees its memory: who calls an export does. */
const garbage = new FinalizationRegistry((close: () => void) => close());

function instanceOf(calls: Calls, engine: string, wasm: Uint8Array): Instance {
  const error: [string | null] = [null];
  const node = calls.open(wasm, wasm.length, error);
  if (node === null) throw new Error(`${engine} does not take the module: ${error[0] ?? "no reason given"}`);
  // struct sw_node: whether it has trapped, octets of memory.
  const state = new Uint32Array(calls.view(node, 8));
  const buffer = calls.view(calls.memory(node), state[1]);
  garbage.register(buffer, () => calls.close(node));
  const exports: Record<string, unknown> = { memory: { buffer } };
  const trap = (): Error => asInV8(calls.reason(node), `${calls.where(node)} (${engine})`);
  functionNames.forEach((name, fn) => {
    if (calls.has(node, fn)) exports[name] = caller(calls, node, fn, state, trap, buffer);
  });
  return { exports };
}

type Export = (...args: number[]) => number;

function caller(calls: Calls, node: Pointer, fn: number, state: Uint32Array, trap: () => Error, memory: ArrayBuffer): Export {
  return (a, b, c, d, e) => {
    const result = calls.call(node, fn, a | 0, b | 0, c | 0, d | 0, e | 0);
    // The memory is named here so that it is not given back before the call has returned.
    if (state[0] !== 0 && memory) throw trap();
    return result;
  };
}

/** V8's words for what the engines say. */
const MESSAGES: Record<string, string> = {
  "unreachable executed": "unreachable",
  "out of bounds memory access": "memory access out of bounds",
  "integer divide by zero": "divide by zero",
  "integer overflow": "divide result unrepresentable",
  "invalid conversion to integer": "float unrepresentable in integer range",
  "undefined element": "table index is out of bounds",
  "null table element": "null function or function signature mismatch",
  "indirect call type mismatch": "null function or function signature mismatch",
};

/** A trap as V8 throws it; the function that trapped is the first line of its stack. */
function asInV8(reason: string, where: string): Error {
  const error =
    reason === "stack overflow"
      ? new RangeError("Maximum call stack size exceeded")
      : new WebAssembly.RuntimeError(MESSAGES[reason] ?? reason);
  error.stack = `${error.name}: ${error.message}\n    at ${where}\n${(error.stack ?? "").split("\n").slice(1).join("\n")}`;
  return error;
}
