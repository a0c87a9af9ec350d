import * as dgram from "node:dgram";
import { createRequire, Module } from "node:module";
import * as net from "node:net";
import type { Dgram } from "../dgram";
import type { Net } from "./index";

type Load = (this: unknown, request: string, parent: unknown, isMain: boolean) => unknown;
interface Loader {
  _load: Load;
}

/**
 * Load a CommonJS package for which `require("net")` and `require("dgram")` are a board's: for those that open their sockets themselves and take
 * none from outside, such as node-redis. Each call loads the package, and what it requires while it is loaded, anew, so that several
 * boards can have their own; nobody else's `require` is changed.
 * @param name as `require` takes it, found from where `from` lies
 * @param from a file's path or URL: `import.meta.url`
 */
export function requireOver(over: { net?: Net; dgram?: Dgram }, name: string, from: string | URL): unknown {
  const require = createRequire(from);
  const loader = Module as unknown as Loader;
  const modules = new Map<string, unknown>();
  if (over.net) modules.set("net", { ...net, ...over.net });
  if (over.dgram) modules.set("dgram", { ...dgram, ...over.dgram });
  const load = loader._load;
  const before = { ...require.cache };
  for (const path of Object.keys(before)) delete require.cache[path];
  loader._load = function (request, parent, isMain) {
    return modules.get(request.replace(/^node:/, "")) ?? load.call(this, request, parent, isMain);
  };
  try {
    return require(name);
  } finally {
    loader._load = load;
    for (const path of Object.keys(require.cache)) delete require.cache[path];
    Object.assign(require.cache, before);
  }
}
