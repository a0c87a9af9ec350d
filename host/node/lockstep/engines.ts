import { type Engine, type Instance, nativeModule } from "../engine";

/** A module, and the file it was read from. */
export interface ModuleFile {
  readonly path: string;
  readonly wasm: Uint8Array;
  readonly module: WebAssembly.Module;
}

/** An instance of the module in that engine. Rejects with an Error of one line when the engine is not there. */
export async function instantiate(engine: Engine, { path, module }: ModuleFile): Promise<Instance> {
  if (engine === "v8") return WebAssembly.instantiate(module, {});
  const native = await nativeModule(engine, path, { say: (line) => process.stderr.write(`${line}\n`) });
  return native.instantiate();
}
