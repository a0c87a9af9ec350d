/**
 * The parts of the documentation that are copied from elsewhere: between `<!-- name argument -->` and `<!-- /name -->` stands what
 * the sources, the profiles, the measurements and the tests say. `npm run docs` writes them, test/golden/readme.test.ts finds the stale
 * ones, those with ladders test/textbook/walk.test.ts.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readAsConfig } from "./compile";
import { goals, profiles, type Profile, type Sizes } from "./goals";
import { root } from "./process";
import { filesBelow } from "./sources";

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const number = (value: number): string => value.toLocaleString("en");

/** Pages with blocks. */
export function pages(): string[] {
  return ["README.md", ...filesBelow("docs", ".md")];
}

/**
 * `page` with every block as it has to be now; blocks of what benchmarks measure and tests draw only where `measured`. Throws an Error
 * for a block nobody knows.
 */
export function rendered(page: string, measured = false): string {
  return page.replace(/^<!-- (\w+)((?: [^ >]+)*) -->\n[\s\S]*?^<!-- \/\1 -->$/gm, (before, name: string, rest: string) => {
    const make = blocks[name];
    if (!make) throw new Error(`no such block: ${name} (there is ${Object.keys(blocks).join(", ")})`);
    const body = produced.includes(make) && !measured ? undefined : make(...rest.trim().split(" "));
    return body === undefined ? before : `<!-- ${name}${rest} -->\n\n${body.trimEnd()}\n\n<!-- /${name} -->`;
  });
}

/** What stands in a block; undefined leaves it as it is. */
const blocks: Record<string, ((...args: string[]) => string | undefined) | undefined> = {
  file: (path = "") => fenced(endingOf(path), read(path)),
  scenario: (path = "", ...words) => fenced(endingOf(path), scenario(path, words.join(" "))),
  excerpt: (path = "", ...names) => fenced(endingOf(path), names.map((name) => declaration(path, name)).join("\n")),
  sizes,
  bench,
  ladder,
  knobs,
};
/** Blocks of what a run leaves, not the sources: only `npm run docs` writes them. */
const produced: unknown[] = [bench, ladder];

const endingOf = (path: string): string => path.slice(path.lastIndexOf(".") + 1);

/** A listing in Markdown. */
export function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}

/** What stands in a block of a page, or undefined where there is none that begins so. */
export function blockOf(page: string, head: string): string | undefined {
  const [name = ""] = head.split(" ");
  const opening = `<!-- ${head} -->\n\n`;
  const from = page.indexOf(opening);
  const to = page.indexOf(`\n\n<!-- /${name} -->`, from);
  return from < 0 || to < 0 ? undefined : page.slice(from + opening.length, to);
}

/** Where the tests leave their drawings while `npm run docs` runs. */
export const ladders = "build/ladders";

/** A conversation that a test has drawn. */
function ladder(name = ""): string | undefined {
  const path = `${ladders}/${name}.txt`;
  return existsSync(join(root, path)) ? fenced("text", read(path)) : undefined;
}

/** A function of a source with the comment before it, up to the brace that closes it at the line's start. */
function declaration(path: string, name: string): string {
  const text = read(path);
  const found = new RegExp(`^(?:export )?(?:async )?function ${name}\\b[\\s\\S]*?^}$`, "m").exec(text);
  if (!found) throw new Error(`${path} has no function ${name}`);
  const comment = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n$/.exec(text.slice(0, found.index));
  return `${comment?.[0] ?? ""}${found[0]}\n`;
}

/** A test of a file by how its name begins, moved to the left edge. */
function scenario(path: string, name: string): string {
  const found = new RegExp(`^( *)test\\("${name}[\\s\\S]*?^\\1}\\);$`, "m").exec(read(path));
  if (!found) throw new Error(`${path} has no test that begins with "${name}"`);
  return found[0].replaceAll(new RegExp(`^${found[1] ?? ""}`, "gm"), "");
}

/** A table in Markdown; columns after `left` are numbers. */
function table(head: string[], rows: string[][], left = 1): string {
  const lines = [head, head.map((_, i) => (i < left ? "---" : "--:")), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A knob's value in a profile, where asconfig.json gives one. */
function knobOf(profile: Profile, name: string): number | undefined {
  const use = readAsConfig().targets[profile]?.use.find((item) => item.startsWith(`CONFIG_${name}=`));
  return use === undefined ? undefined : Number(use.split("=")[1]);
}

interface Knob {
  name: string;
  standard: string;
  meaning: string;
  bounds: string;
}

function knobsOf(config: string): Knob[] {
  const pattern =
    /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport const (\w+): \w+ = isDefined\(CONFIG_\2\)\s*(?:\? CONFIG_\2(?: != 0)?\s*: ([\s\S]*?))?;/g;
  return [...config.matchAll(pattern)].map(([, comment = "", name = "", standard = "off"]) => ({
    name,
    standard: standard === "true" ? "1" : standard === "false" ? "0" : standard,
    meaning: comment
      .replace(/\n \* ?/g, " ")
      .replace(/\s+/g, " ")
      .trim(),
    bounds: boundsOf(config, name),
  }));
}

function boundsOf(config: string, name: string): string {
  const rules = config.matchAll(new RegExp(`ERROR\\("CONFIG_${name} (?:must be |(?=needs ))([^"]+)"\\)`, "g"));
  const either = config.includes(`? CONFIG_${name} != 0 :`) ? ["0, 1"] : [];
  return [...either, ...[...rules].map(([, rule = ""]) => rule.replace("CONFIG_", ""))].join("; ");
}

/** The knob that is not set by a profile shows its standard value in every column, or that of the knob it follows. */
function knobs(): string {
  const all = knobsOf(read("assembly/config.ts"));
  const rows = all.map(({ name, standard, meaning, bounds }) => {
    const plain = /^\d+$/.test(standard) || standard === "off";
    const followed = all.find((other) => other.name === standard);
    const unset = plain ? standard : `\`${standard}\``;
    const unsetIn = (profile: Profile): string => (followed ? String(standardOf(profile, followed.name)) : unset);
    const values = profiles.map((profile) => knobOf(profile, name)?.toString() ?? unsetIn(profile));
    return [`\`${name}\``, ...values, bounds, meaning.replaceAll("|", "\\|")];
  });
  return table(["knob", ...profiles, "bounds", "meaning"], rows, 7);
}

function standardOf(profile: Profile, name: string): number {
  const knob = knobsOf(read("assembly/config.ts")).find((one) => one.name === name);
  return knobOf(profile, name) ?? Number(knob?.standard);
}

/** Rounded up, so that no size looks smaller than it is. */
function amount(octets: number): string {
  const unit = octets < 1 << 20 ? 1024 : 1 << 20;
  const value = Math.ceil((octets / unit) * 10) / 10;
  const digits = octets % unit === 0 ? 0 : 1;
  return `${value.toFixed(digits)} ${unit === 1024 ? "KiB" : "MiB"}`;
}

function sizes(): string {
  const recorded = JSON.parse(read("test/golden/sizes.json")) as Sizes;
  const rows = profiles.map((profile) => {
    const bare = recorded[goals[profile].module];
    const knob = (name: string): number => standardOf(profile, name);
    return [
      `\`${profile}\``,
      number(knob("CONNECTIONS")),
      `${amount(knob("RCV_BUF"))} + ${amount(knob("SND_BUF"))}`,
      `${knob("RX_SLOTS")} + ${knob("TX_SLOTS")}`,
      goals[profile].module === profile ? "–" : amount(bare.file),
      amount(recorded[profile].file),
      goals[profile].module === profile ? "–" : amount(bare.memory),
      amount(recorded[profile].memory),
    ];
  });
  const head = ["profile", "connections", "buffers of each", "frames in + out", "module: stack", "with its web server"];
  return table([...head, "memory: stack", "with its web server"], rows);
}

interface Measured {
  node: string;
  rows: { what: string; value: number; unit: string; ratio?: number; of?: string }[];
}

function bench(): string | undefined {
  if (!existsSync(join(root, "build/bench/bench.json"))) return undefined;
  const { node, rows } = JSON.parse(read("build/bench/bench.json")) as Measured;
  const cells = rows.map(({ what, value, unit, ratio, of }) => [
    what,
    `${value >= 100 ? number(Math.round(value)) : value.toFixed(2)} ${unit}`,
    ratio === undefined || ratio === 1 ? "" : `${ratio.toFixed(2)} of ${of ?? "it"}`,
  ]);
  return `${table(["", "measured", "beside"], cells)}\n\nNode ${node}, one core, both ends and the wire in one process.`;
}
