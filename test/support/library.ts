import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import koffi from "koffi";

const FLAGS = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-O2", "-g", "-shared", "-fPIC"];

/** What a library is made of. */
export interface LibrarySources {
  sources: string[];
  /** Folders with headers besides the project's. */
  includes?: string[];
  /** For -D. */
  defines?: string[];
}

/** Compile C files to a library of this process. Throws an Error with what the compiler says. */
export function library(name: string, { sources, includes = [], defines = [] }: LibrarySources): ReturnType<typeof koffi.load> {
  mkdirSync("build/test", { recursive: true });
  const out = `build/test/${name}.${process.pid}.so`;
  const folders = ["host/wasm3", "host/boards", "build/generated", ...includes].map((path) => `-I${path}`);
  const options = [...FLAGS, ...defines.map((one) => `-D${one}`), ...folders];
  const { status, stderr, error } = spawnSync("cc", [...options, ...sources, "-o", out], { encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) throw new Error(stderr);
  return koffi.load(out);
}
