import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Engine, instantiate, nativeModule } from "../../host/node/engine";
import { packageFile, runNode } from "../../host/tools/process";

/** What a small module with the border's names does: see modules/edges.ts. */
export interface Edges {
  readonly memory: { readonly buffer: ArrayBuffer };
  init(a: number, b: number, c: number, d: number): number;
  scratch(): number;
  sendto(op: number, aLow: number, aHigh: number, bLow: number, bHigh: number): number;
  send(op: number, at: number, other: number, value: number): number;
  recv(op: number, a: number, b: number, c: number): number;
}

/** A compiled module in a folder of its own. */
export interface Compiled {
  readonly path: string;
  remove(): void;
}

/** Compile a source beside this file. */
export async function compiled(source: string, ...options: string[]): Promise<Compiled> {
  const folder = mkdtempSync(join(tmpdir(), "sandwire-engines-"));
  const path = join(folder, "module.wasm");
  const sizes = ["--runtime", "stub", "--initialMemory", "1", "--maximumMemory", "1", "--use", "abort=", "-O1"];
  const args = [
    packageFile("assemblyscript/bin/asc.js"),
    `test/engines/modules/${source}`,
    "--outFile",
    path,
    ...sizes,
    ...options,
  ];
  const { code, output } = await runNode(args, { limit: 60_000 });
  if (code !== 0) throw new Error(output);
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** An instance of a compiled module in an engine. */
export async function edgesIn(engine: Engine, path: string): Promise<Edges> {
  const module = engine === "v8" ? new WebAssembly.Module(readFileSync(path)) : await nativeModule(engine, path);
  return instantiate(module).exports as Edges;
}
