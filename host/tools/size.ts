/**
 * `npm run size`: where the octets of each profile's module and of its memory go, and build/size.json with the same.
 * `-- --record` writes test/golden/sizes.json, when a change of size is meant.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { compile, firmwareOf, readAsConfig, readLayout, usedMemory, type Compilation, type Region } from "./compile";
import { goals, modules, profileOf, profiles, type Profile, type Sizes } from "./goals";
import { inParallel, root } from "./process";
import { parseWasm, type Module } from "./wasm";

interface Report {
  module: string;
  file: number;
  memory: number;
  sections: Record<string, number>;
  /** Octets of code by source file; an inlined function counts where it is used. */
  code: Record<string, number>;
  /** Octets of static memory by source file and constant. */
  regions: Record<string, Record<string, number>>;
}

/** How many connections more the second layout has, from whose difference the price of one follows. */
const MORE = 64;

async function must(compilation: Compilation): Promise<void> {
  const { code, output } = await compile(compilation);
  if (code !== 0) throw new Error(`${compilation.outFile}: ${output}`);
}

/** The source file of a function or constant: `assembly/tcp/tcb/Tcb#get:state` belongs to assembly/tcp/tcb.ts. */
function fileOf(name: string): string {
  const plain = name.replace(/^start:/, "");
  const parts = plain.split("/");
  for (let length = parts.length; length > 0; length--) {
    const path = `${parts.slice(0, length).join("/").replace(/#.*/, "")}.ts`;
    if (existsSync(join(root, path))) return path;
  }
  return plain.startsWith("~lib") ? "AssemblyScript's library" : "other";
}

function codeByFile(module: Module): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const { name, size } of module.functions) sizes[fileOf(name)] = (sizes[fileOf(name)] ?? 0) + size;
  return sizes;
}

function regionsByFile(layout: Region[]): Record<string, Record<string, number>> {
  const found: Record<string, Record<string, number>> = {};
  for (const { name, size } of layout) {
    const file = name === "" ? "literals" : fileOf(name);
    const constant = name.slice(name.lastIndexOf("/") + 1) || "text and tables";
    const inFile = (found[file] ??= {});
    inFile[constant] = (inFile[constant] ?? 0) + size;
  }
  return found;
}

/** A knob's value in a profile: what asconfig.json says, or the default of config.ts. */
function knob(profile: Profile, name: string): number {
  const use = readAsConfig().targets[profile]?.use.find((item) => item.startsWith(`CONFIG_${name}=`));
  if (use) return Number(use.split("=")[1]);
  const text = readFileSync(join(root, "assembly/config.ts"), "utf8");
  const value = new RegExp(`CONFIG_${name}\\)\\s*\\?\\s*CONFIG_${name}\\s*:\\s*(\\d+)`).exec(text)?.[1];
  if (value === undefined) throw new Error(`assembly/config.ts has no plain default for ${name}`);
  return Number(value);
}

/** Octets of memory that one more connection costs without its buffers, from the difference of two layouts. */
async function stateOfConnection(profile: Profile): Promise<number> {
  const end = async (more: number): Promise<number> => {
    const config = readAsConfig();
    const target = config.targets[profile];
    if (!target) throw new Error(`asconfig.json has no target ${profile}`);
    const connections = knob(profile, "CONNECTIONS") + more;
    const fixed = target.use.filter((item) => !/^CONFIG_(CONNECTIONS|BUFFERS)=/.test(item));
    target.use = [...fixed, `CONFIG_CONNECTIONS=${connections}`, `CONFIG_BUFFERS=${knob(profile, "MAX_BUF") * 16}`];
    Object.assign(target, { lowMemoryLimit: 0, optimizeLevel: 0, shrinkLevel: 0, converge: false });
    Object.assign(target, { initialMemory: 1024, maximumMemory: 1024, runPasses: ["memory-packing"] });
    const name = `build/size/${profile}.${more}`;
    writeFileSync(join(root, `${name}.json`), JSON.stringify({ options: config.options, targets: { [profile]: target } }));
    await must({ entry: firmwareOf(profile), target: profile, config: `${name}.json`, outFile: `${name}.wasm` });
    return usedMemory(readLayout(`${name}.wasm`));
  };
  const [few = 0, many = 0] = [await end(0), await end(MORE)];
  return Math.round((many - few) / MORE);
}

async function measure(module: string): Promise<Report> {
  const named = `build/size/${module}.named.wasm`;
  const outFile = `build/size/${module}.wasm`;
  await must({ entry: firmwareOf(module), target: module, outFile });
  await must({ entry: firmwareOf(module), target: module, outFile: named, extra: ["--debug"] });
  const bytes = readFileSync(join(root, outFile));
  const layout = readLayout(outFile);
  return {
    module,
    file: bytes.length,
    memory: usedMemory(layout),
    sections: Object.fromEntries(parseWasm(bytes).sections),
    code: codeByFile(parseWasm(readFileSync(join(root, named)))),
    regions: regionsByFile(layout),
  };
}

interface Price {
  profile: Profile;
  state: number;
  buffers: number;
}

async function priceOfConnection(profile: Profile): Promise<Price> {
  return { profile, state: await stateOfConnection(profile), buffers: knob(profile, "RCV_BUF") + knob(profile, "SND_BUF") };
}

const total = (sizes: Record<string, number>): number => Object.values(sizes).reduce((sum, size) => sum + size, 0);

/** A table with a column for each module, rows by size. */
function table(title: string, columns: Record<string, number>[], limit = Infinity): void {
  const rows = [...new Set(columns.flatMap((column) => Object.keys(column)))];
  const weight = (row: string): number => columns.reduce((sum, column) => sum + (column[row] ?? 0), 0);
  rows.sort((a, b) => weight(b) - weight(a));
  const line = (name: string, cells: string[]): string => `${name.padEnd(34)}${cells.map((cell) => cell.padStart(13)).join("")}`;
  const cell = (value: number | undefined): string => (value === undefined ? "-" : value.toLocaleString("en"));
  console.log(`\n${line(title, [...modules])}`);
  for (const row of rows.slice(0, limit))
    console.log(
      line(
        row,
        columns.map((column) => cell(column[row])),
      ),
    );
  const rest = columns.map((column) => rows.slice(limit).reduce((sum, row) => sum + (column[row] ?? 0), 0));
  if (rows.length > limit) console.log(line(`${rows.length - limit} others`, rest.map(cell)));
  console.log(line("total", columns.map(total).map(cell)));
}

function print(reports: Report[], prices: Price[]): void {
  const pair = (label: string, value: number, goal: number | undefined): string =>
    `${label} ${value.toLocaleString("en")}` +
    (goal ? ` of ${goal.toLocaleString("en")} (${Math.round((100 * value) / goal)} %)` : "");
  for (const { module, file, memory } of reports) {
    const goal = goals[profileOf(module)].module === module ? goals[profileOf(module)] : undefined;
    console.log(`${module.padEnd(14)} ${pair("file", file, goal?.file)}, ${pair("memory", memory, goal?.memory)}`);
  }
  for (const { profile, state, buffers } of prices) {
    console.log(
      `${profile.padEnd(14)} a connection costs ${state} octets, and its two buffers ${buffers.toLocaleString("en")} by default`,
    );
  }
  table(
    "module by section",
    reports.map((report) => report.sections),
  );
  table(
    "code by source file",
    reports.map((report) => report.code),
  );
  const flat = reports.map(({ regions }) =>
    Object.fromEntries(
      Object.entries(regions).flatMap(([file, of]) => Object.entries(of).map(([name, size]) => [`${file} ${name}`, size])),
    ),
  );
  table("memory by region", flat, 40);
}

async function main(): Promise<void> {
  mkdirSync(join(root, "build/size"), { recursive: true });
  const width = availableParallelism();
  const reports = await inParallel(
    modules.map((module) => () => measure(module)),
    width,
  );
  const prices = await inParallel(
    profiles.map((profile) => () => priceOfConnection(profile)),
    width,
  );
  writeFileSync(join(root, "build/size.json"), `${JSON.stringify({ modules: reports, connections: prices }, null, 2)}\n`);
  print(reports, prices);
  if (!process.argv.includes("--record")) return;
  const sizes = Object.fromEntries(reports.map(({ module, file, memory }) => [module, { file, memory }])) as Sizes;
  writeFileSync(join(root, "test/golden/sizes.json"), `${JSON.stringify(sizes, null, 2)}\n`);
  console.log("\nrecorded in test/golden/sizes.json");
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
