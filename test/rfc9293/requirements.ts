import { readFileSync } from "node:fs";
import { join } from "node:path";
import { verdicts, type Ruling } from "./verdicts";

/** What RFC 9293 or one of its extensions asks for, and whether we do it. */
export interface Requirement {
  /** RFC 9293's own ("MUST-13"), or the RFC and a number of ours ("7323-8"). */
  id: string;
  /** MUST, MUST NOT, SHOULD ...; "rule" where the RFC uses no keyword, "ours" for a test the RFC does not ask for. */
  level: string;
  /** In RFC 9293, or in the RFC the id names. */
  section: string;
  /** In our own words. */
  text: string;
  /** Why it is not done, or not done to the letter. */
  ruling: Ruling | undefined;
}

/** Requirements.csv, in its order. */
export function readRequirements(): Requirement[] {
  const lines = readFileSync(join(import.meta.dirname, "requirements.csv"), "utf8")
    .trim()
    .split("\n");
  return lines.slice(1).map((line) => {
    const [id = "", level = "", section = "", text = ""] = fieldsOf(line);
    return { id, level, section, text, ruling: verdicts[id] };
  });
}

/** The fields of a line of CSV; quotes protect commas, two quotes are one. */
function fieldsOf(line: string): string[] {
  const fields = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...fields].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
}

/** True where the RFC leaves no choice. */
export function isBinding({ level }: Requirement): boolean {
  return level.startsWith("MUST");
}
