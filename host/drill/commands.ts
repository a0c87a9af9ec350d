/** Back-ticked shell text: read, answered from a table, never run. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type System, SYSTEMS } from "./settings";
import { type Effect, LINUX_DEFAULTS, sysctl } from "./sysctl";

/** What holds the commands of a shell script together. */
const CONTROL = ["if", "then", "elif", "else", "fi", "exit", "[", "#!/bin/sh", "#!/bin/bash"];

export interface Answer {
  effects: Effect[];
  /** Virtual seconds to sleep. */
  sleep: number;
  /** What is not known here, and was left out. */
  ignored: string[];
}

/** Where the commands stand, and for whom. */
export interface Surroundings {
  /** The script's. */
  folder: string;
  system: System;
}

/** What commands of a script mean. Scripts of common settings beside it are read for the settings in them. */
export function answer(text: string, where: Surroundings): Answer {
  const result: Answer = { effects: [], sleep: 0, ignored: [] };
  for (const line of commandsOf(text)) one(line, where, result);
  return result;
}

/** The commands of a shell text, without comments and redirections. */
function commandsOf(text: string): string[] {
  return text
    .replaceAll(/\\\n/g, " ")
    .replaceAll(/echo\s+("[^"]*"|\S+)\s*>\s*\/proc\/sys\/(\S+)/g, "sysctl $2=$1")
    .split(/\n|;|&&|\|\|/)
    .map((line) =>
      line
        .replace(/(^|\s)#.*$/, "")
        .replaceAll(/\s*\d?>{1,2}\s*\S+|\s*\d>&\d/g, "")
        .trim(),
    )
    .filter((line) => line !== "");
}

function one(line: string, where: Surroundings, result: Answer): void {
  const [program, ...words] = wordsOf(line);
  const name = program.split("/").at(-1) ?? "";
  if (name === "sysctl") assignments(words, line, result);
  else if (name === "set_sysctls.py")
    assignments(
      words.map((word) => word.replace(/^\/proc\/sys\//, "").replaceAll(/\/(?=.*=)/g, ".")),
      line,
      result,
    );
  else if (name === "echo" || name === "true" || name === "set") return;
  else if (name === "sleep") result.sleep += Number(words[0]) || 0;
  else if (name === "ip") route(words, line, result);
  else if (name.endsWith(".sh")) included(program, where, line, result);
  else if (program === "." || name === "source") included(words[0] ?? "", where, line, result);
  else if (CONTROL.includes(name) || line.includes("=$(")) return;
  else result.ignored.push(line);
}

/** Words of a line; quotes hold words together, $((sums)) are worked out. */
function wordsOf(line: string): string[] {
  const worked = line.replaceAll(/\$\(\(([-+*\d\s()]+)\)\)/g, (_, sum: string) => String(product(sum)));
  return (worked.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) => word.replaceAll(/["']/g, ""));
}

/** "256*1024". */
function product(sum: string): number {
  return sum
    .replaceAll(/[()\s]/g, "")
    .split("*")
    .reduce((value, factor) => value * Number(factor), 1);
}

/** -q net.ipv4.tcp_sack=0 -w net.ipv4.tcp_rmem = "4096 131072 6291456" */
function assignments(words: string[], line: string, result: Answer): void {
  const given = words
    .filter((word) => !word.startsWith("-"))
    .join(" ")
    .replaceAll(/\s*=\s*/g, "=");
  const pairs = [...given.matchAll(/([a-zA-Z0-9_./]+)=(.*?)(?=\s+[a-zA-Z0-9_./]+=|$)/g)];
  if (pairs.length === 0) result.ignored.push(line);
  for (const [, name, value] of pairs) set(name, value, result);
}

function set(name: string, value: string, result: Answer): void {
  const effects = sysctl(name, value.trim());
  if (effects) result.effects.push(...effects);
  else result.ignored.push(`${name}=${value}`);
}

/** ip route change ... initcwnd 10 rto_min 50ms */
function route(words: string[], line: string, result: Answer): void {
  const after = (word: string): string | undefined => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined);
  const [cwnd, rto] = [after("initcwnd"), after("rto_min")];
  if (cwnd !== undefined) result.effects.push({ setting: "InitialWindow", value: Number(cwnd), from: `initcwnd ${cwnd}` });
  if (rto !== undefined) {
    const value = rto.endsWith("ms") || rto.endsWith("s") ? parseFloat(rto) * (rto.endsWith("ms") ? 1 : 1000) : Number(rto);
    result.effects.push({ setting: "RtoMin", value, from: `rto_min ${rto}` });
  }
  if (cwnd === undefined && rto === undefined) result.ignored.push(line);
}

/** A shell script of settings: read if it is there; packetdrill's own and the kernel's set what Linux does unless told otherwise. */
function included(program: string, where: Surroundings, line: string, result: Answer): void {
  // One script for several systems takes the file of the one it runs on.
  if (SYSTEMS.some((other) => other !== where.system && program.includes(other))) return;
  const path = [join(where.folder, program), program].find((each) => existsSync(each));
  if (path !== undefined) {
    const inner = answer(readFileSync(path, "utf8"), { ...where, folder: dirname(path) });
    result.effects.push(...inner.effects);
    result.ignored.push(...inner.ignored);
  } else if (program.endsWith("defaults.sh") && where.system === "linux") {
    result.effects.push(...LINUX_DEFAULTS);
  } else {
    result.ignored.push(line);
  }
}
