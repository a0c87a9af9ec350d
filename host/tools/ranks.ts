/** A file of the core imports only files of lower rank, no two files of one folder import each other, and no export is idle. */
import { existsSync, readFileSync } from "node:fs";
import { filesBelow, readSource, type Source } from "./sources";

/** From low to high: single files and folders of `assembly/`. Files of one folder share a rank. */
const order = [
  "abi.ts config.ts settings.ts clock.ts random.ts trace.ts stats.ts events.ts".split(" "),
  "wire/ storage/ driver/ link/ ip/ udp/ raw/ tcp/ socket/ lib/".split(" "),
  "stack.ts exports.ts index.ts apps/".split(" "),
].flat();

/** Files whose exports are for hosts, not for other files. */
const borders = ["assembly/abi.ts", "assembly/exports.ts", "assembly/index.ts"];

function rankOf(path: string): number {
  const inside = path.replace(/^assembly\//, "");
  return order.findIndex((entry) => (entry.endsWith("/") ? inside.startsWith(entry) : inside === entry));
}

function rankErrors(source: Source): string[] {
  const rank = rankOf(source.path);
  if (rank < 0) return [`${source.path} has no rank: name it or its folder in host/tools/ranks.ts`];
  const errors: string[] = [];
  for (const { from, line } of source.imports) {
    const where = `${source.path}:${line}`;
    const folder = order[rank]?.endsWith("/");
    if (!existsSync(from)) errors.push(`${where} imports ${from}, which does not exist`);
    else if (rankOf(from) > rank) errors.push(`${where} imports ${from}, which ranks higher`);
    else if (rankOf(from) === rank && !folder) errors.push(`${where} imports itself`);
  }
  return errors;
}

/** Each cycle once, from the file that comes first in the alphabet. */
function cycles(sources: Map<string, Source>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) found.push([...trail.slice(at), path].join(" -> "));
    if (at >= 0 || done.has(path)) return;
    for (const { from } of sources.get(path)?.imports ?? []) visit(from, [...trail, path]);
    done.add(path);
  };
  for (const path of sources.keys()) visit(path, []);
  return found.map((cycle) => `files import each other: ${cycle}`);
}

/** True for a class that its own file names in a signature, and for a knob that another knob is made of. */
function servesItsFile(path: string, name: string): boolean {
  const text = readFileSync(path, "utf8");
  const lines = text.split("\n").filter((line) => !line.startsWith("if (") && !/^[ /]\*/.test(line));
  const mentions = lines.filter((line) => new RegExp(`\\b${name}\\b`).test(line)).length;
  return mentions > 1 && (path === "assembly/config.ts" || text.includes(`export class ${name} `));
}

/** Exports that no other file of the core, no test and no example takes. */
function idleExports(core: Source[], others: Source[]): string[] {
  const taken = new Set<string>();
  for (const { imports } of [...core, ...others]) {
    for (const { from, names } of imports) for (const name of names) taken.add(`${from}#${name}`);
  }
  const candidates = core.filter(({ path }) => !borders.includes(path) && !path.startsWith("assembly/apps/"));
  return candidates.flatMap(({ path, exports }) =>
    exports
      .filter(({ name }) => !taken.has(`${path}#${name}`) && !taken.has(`${path}#*`) && !servesItsFile(path, name))
      .map(({ name, line }) => `${path}:${line} exports ${name}, which nothing imports`),
  );
}

const isModule = (path: string): boolean => !path.endsWith(".d.ts");
const core = filesBelow("assembly", ".ts").filter(isModule).map(readSource);
const others = [...filesBelow("test", ".ts"), ...filesBelow("examples", ".ts"), ...filesBelow("host", ".ts")]
  .filter(isModule)
  .map(readSource);
const errors = [
  ...core.flatMap(rankErrors),
  ...cycles(new Map(core.map((source) => [source.path, source]))),
  ...idleExports(core, others),
];
for (const error of errors) console.error(error);
if (errors.length > 0) process.exitCode = 1;
