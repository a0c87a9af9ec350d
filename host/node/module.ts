import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type AnyModule, type Engine, nativeModule } from "./engine";

/** The sizes there are modules of. */
export const PROFILES = ["tiny", "default", "host"] as const;
/** One source, three sizes; asconfig.json has the figures. */
export type Profile = (typeof PROFILES)[number];

const loaded = new Map<string, Promise<WebAssembly.Module>>();

export function isProfile(text: string): text is Profile {
  return (PROFILES as readonly string[]).includes(text);
}

/** Where the build of a profile lies. */
export function modulePath(profile: Profile, debug = false): string {
  return fileURLToPath(new URL(`../../build/sandwire.${profile}${debug ? ".debug" : ""}.wasm`, import.meta.url));
}

/**
 * Compile a profile's build, or the module in any file; each file once.
 * Rejects with an Error of one line when the build is missing or is no module.
 */
export function loadModule(profileOrPath: string = "default", debug = false): Promise<WebAssembly.Module> {
  const path = isProfile(profileOrPath) ? modulePath(profileOrPath, debug) : profileOrPath;
  const known = loaded.get(path);
  if (known) return known;
  const module = compile(path);
  loaded.set(path, module);
  module.catch(() => loaded.delete(path));
  return module;
}

async function compile(path: string): Promise<WebAssembly.Module> {
  if (!existsSync(path)) throw new Error(`${path} is missing: run \`npm run build\` first`);
  try {
    return await WebAssembly.compile(await readFile(path));
  } catch (error) {
    throw new Error(`${path} is not a WebAssembly module: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** A profile's build for an engine. Rejects with an Error of one line when the build, or the engine, is missing. */
export async function moduleOf(profile: Profile, debug: boolean, engine: Engine): Promise<AnyModule> {
  if (engine === "v8") return loadModule(profile, debug);
  await loadModule(profile, debug);
  return nativeModule(engine, modulePath(profile, debug));
}
