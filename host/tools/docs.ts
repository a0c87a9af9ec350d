/** `npm run docs`: write the parts of the documentation that are copied from sources, profiles and the last `npm run bench`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pages, rendered } from "./blocks";
import { root } from "./process";

for (const page of pages()) {
  const path = join(root, page);
  const before = readFileSync(path, "utf8");
  const now = rendered(before, true);
  if (now !== before) writeFileSync(path, now);
  console.log(`${page.padEnd(32)} ${now === before ? "up to date" : "written"}`);
}
