#!/usr/bin/env node
// The command `sandwire`: runs the TypeScript of this folder as it is, so that the checkout needs no build of it.
import { register } from "tsx/esm/api";

register();
await import("./cli.ts");
