import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Library } from "./engine-library";

/** What can run a module: Node's own engine, the interpreter wasm3, or the machine itself once the module is compiled to its code. */
export const ENGINES = ["v8", "wasm3", "aot"] as const;
/** The name of an engine. */
export type Engine = (typeof ENGINES)[number];

/** The engine of boards that are not told one: what the environment variable SANDWIRE_ENGINE names, else V8. Throws for a name of none. */
export function usualEngine(): Engine {
  const name = process.env["SANDWIRE_ENGINE"] || "v8";
  const engine = ENGINES.find((each) => each === name);
  if (!engine) throw new Error(`there is no engine ${name} (SANDWIRE_ENGINE): the engines are ${ENGINES.join(", ")}`);
  return engine;
}

/** A module that runs, as WebAssembly.Instance has it. */
export interface Instance {
  readonly exports: object;
}

/** A module for another engine than V8. */
export interface NativeModule {
  /** "wasm3" or "aot". */
  readonly engine: Exclude<Engine, "v8">;
  /** Another instance. Throws an Error of one line when the engine does not take the module. */
  instantiate(): Instance;
}

/** A module for any engine. */
export type AnyModule = WebAssembly.Module | NativeModule;

/** Start a module: its memory is as the module says. */
export function instantiate(module: AnyModule): Instance {
  return "instantiate" in module ? module.instantiate() : new WebAssembly.Instance(module, {});
}

/** How a module is made ready for an engine. */
export interface EngineOptions {
  /** Told when it takes a while. */
  say?: (line: string) => void;
}

/**
 * The module in a file for another engine than V8. Rejects with an Error of one line that says what to do when the engine, a compiler or
 * koffi is missing.
 */
export async function nativeModule(
  engine: NativeModule["engine"],
  path: string,
  options: EngineOptions = {},
): Promise<NativeModule> {
  const at = engine === "wasm3" ? interpreter() : await compiledAhead(path, options);
  const { loadLibrary } = await import("./engine-library");
  const library: Library = await loadLibrary(at, engine);
  return library.moduleOf(path);
}

const inCheckout = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The library with the interpreter, which one command builds. */
function interpreter(): string {
  const path = inCheckout("build/wasm3/libsandwire-wasm3.so");
  if (existsSync(path)) return path;
  checkCheckout();
  throw new Error("the engine wasm3 is not built: run `npm run build:wasm3` first");
}

/** The module as a library, compiled now where that has not been done. */
async function compiledAhead(path: string, options: EngineOptions): Promise<string> {
  checkCheckout();
  const { aotLibrary } = await import("../tools/aot/library");
  return aotLibrary(path, options);
}

function checkCheckout(): void {
  if (existsSync(inCheckout("host/wasm3/engine.h"))) return;
  throw new Error("the engines wasm3 and aot need a checkout of Sandwire: the package does not have their sources");
}
