#!/usr/bin/env node
// The command `sandwire`. In the checkout it runs the TypeScript of this folder as it is, so that no build of it is needed; the package
// has what was made of it, and none of it here.
import { existsSync } from "node:fs";

const isThere = (path) => existsSync(new URL(path, import.meta.url));

async function start() {
  if (!isThere("./cli.ts")) return import("../../dist/node/cli.js");
  if (!isThere("../../build/generated/abi.ts")) {
    console.error("sandwire: nothing is built yet: run `npm run build` first");
    process.exit(process.argv[2] === "drill" ? 2 : 1);
  }
  const { register } = await import("tsx/esm/api");
  register();
  return import("./cli.ts");
}

await start();
