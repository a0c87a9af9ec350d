/** Every relative link in the documentation leads somewhere: to a file, a heading, or a name that the linked source declares. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { filesBelow } from "./sources";

interface Link {
  text: string;
  target: string;
  line: number;
}

/** Links of a page outside fenced code: `[text](target)`, images too, and `[text]: target` at a line's start. */
function linksOf(text: string): Link[] {
  const links: Link[] = [];
  let fenced = false;
  text.split("\n").forEach((content, index) => {
    if (/^\s*(```|~~~)/.test(content)) fenced = !fenced;
    if (fenced) return;
    const inline = content.matchAll(/\[((?:[^[\]]|\[[^\]]*\])*)\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g);
    const defined = content.matchAll(/^\[([^\]]+)\]:\s+(\S+)/g);
    for (const [, label = "", target = ""] of [...inline, ...defined]) links.push({ text: label, target, line: index + 1 });
  });
  return links;
}

/** The anchors GitHub makes of a page's headings. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of text.replace(/```[\s\S]*?```/g, "").matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
    let unique = slug;
    for (let n = 1; anchors.has(unique); n++) unique = `${slug}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}

/** A link's text in backticks is a name the linked source must contain: `drop()`, `snd.una`, `Tcb`. */
function namesIn(label: string): string[] {
  return [...label.matchAll(/`([A-Za-z_$][\w$.]*)(?:\([^`]*\))?`/g)].map(([, name = ""]) => name);
}

function anchorError(path: string, anchor: string): string | undefined {
  const text = readFileSync(path, "utf8");
  if (path.endsWith(".md")) return anchorsOf(text).has(anchor) ? undefined : `${path} has no heading #${anchor}`;
  const line = /^L(\d+)(?:-L\d+)?$/.exec(anchor)?.[1];
  if (line === undefined) return `${path}#${anchor}: a source has only anchors like #L12`;
  return Number(line) <= text.split("\n").length ? undefined : `${path} is shorter than ${line} lines`;
}

function nameErrors(path: string, label: string): string[] {
  if (!/\.(ts|mjs|json|c|h)$/.test(path)) return [];
  const text = readFileSync(path, "utf8");
  const missing = namesIn(label).filter((name) => !path.endsWith(name) && !name.split(".").every((part) => hasWord(text, part)));
  return missing.map((name) => `${path} does not contain ${name}`);
}

function hasWord(text: string, word: string): boolean {
  return new RegExp(`(?<![\\w$])${word.replace(/\$/g, "\\$")}(?![\\w$])`).test(text);
}

function errorsOf(page: string): string[] {
  return linksOf(readFileSync(page, "utf8")).flatMap(({ text, target, line }) => {
    if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return [];
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? page : normalize(join(dirname(page), decodeURIComponent(path)));
    const where = `${page}:${line}`;
    if (file.startsWith("..")) return [`${where}: ${target} leads out of the repository`];
    if (!existsSync(file)) return [`${where}: ${target} does not exist`];
    if (statSync(file).isDirectory()) return [];
    const wrong = anchor === undefined ? undefined : anchorError(file, anchor);
    return [...(wrong === undefined ? [] : [wrong]), ...nameErrors(file, text)].map((error) => `${where}: ${error}`);
  });
}

const top = ["README.md", "CHANGELOG.md"].filter((page) => existsSync(page));
const errors = [...top, ...filesBelow("docs", ".md"), ...filesBelow("examples", ".md")].flatMap(errorsOf);
for (const error of errors) console.error(error);
if (errors.length > 0) process.exitCode = 1;
