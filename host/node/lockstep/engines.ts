import { nativeModule } from "../engine";
import type { Instance } from "../session/player";

/** A module, and the file it was read from. */
export interface ModuleFile {
  readonly path: string;
  readonly wasm: Uint8Array;
  readonly module: WebAssembly.Module;
}

/** Makes an instance of the module. Rejects with an Error of one line when the engine is not there. */
type Start = (file: ModuleFile) => Promise<Instance>;

const engines: Record<string, Start> = {
  v8: ({ module }) => WebAssembly.instantiate(module, {}),
  wasm3: async ({ path }) => (await nativeModule("wasm3", path)).instantiate(),
  aot: async ({ path }) => (await nativeModule("aot", path)).instantiate(),
};

/** What `--engines` may name. */
export const CONTENDERS: readonly string[] = Object.keys(engines);

/** Start the engine of that name, one of CONTENDERS. */
export function instantiate(name: string, file: ModuleFile): Promise<Instance> {
  return engines[name](file);
}
