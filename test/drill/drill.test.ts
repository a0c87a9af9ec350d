import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { drill } from "../../host/drill/drill";
import { report } from "../../host/drill/report";
import { moduleFor } from "../support/modules";

const folder = "test/drill";
const scripts = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".pkt"));

describe("scripts", () => {
  for (const name of scripts.sort()) {
    test(name, async () => {
      const file = join(folder, name);
      // What is in the folder freebsd/ expects FreeBSD.
      const system = name.startsWith("freebsd") ? "freebsd" : "linux";
      const module = await moduleFor({ profile: "host" });
      const verdict = await drill(file, readFileSync(file, "utf8"), { module, system, strict: true });
      expect(verdict.outcome, report(verdict, { verbose: true })).toBe("passed");
    });
  }
});
