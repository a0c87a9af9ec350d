import { join } from "node:path";
import { root } from "./process";

/** Where the headers are that C code on an engine needs. */
export const engineIncludes = (): string[] => ["host/wasm3", "host/wasm3/aot", "build/generated"].map((path) => join(root, path));
