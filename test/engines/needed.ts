import { existsSync } from "node:fs";
import { wasm3Library } from "../../host/tools/wasm3";
import { needs } from "../support/needs";

/** A test that runs modules in all engines. */
export const inEngines = needs("cc", "wasm2c", {
  what: "the interpreter (npm run build:wasm3)",
  present: existsSync(wasm3Library),
});
