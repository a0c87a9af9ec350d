#!/usr/bin/env node
// The command `sandwire`: runs the TypeScript of this folder as it is, so that the checkout needs no build of it.
import { existsSync } from "node:fs";
import { register } from "tsx/esm/api";

if (!existsSync(new URL("../../build/generated/abi.ts", import.meta.url))) {
  console.error("sandwire: nothing is built yet: run `npm run build` first");
  process.exit(process.argv[2] === "drill" ? 2 : 1);
}
register();
await import("./cli.ts");
