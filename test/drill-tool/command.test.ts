import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runNode } from "../../host/tools/process";
import { ACCEPTED } from "./run";

const folder = mkdtempSync(join(tmpdir(), "sandwire-drill-"));
afterAll(() => rmSync(folder, { recursive: true }));

function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const good = script("good.pkt", ACCEPTED);
const wrong = script("wrong.pkt", `${ACCEPTED}+0 write(4, ..., 10) = 10\n+0 > P. 1:12(11) ack 1\n`);
const unsupported = script("unsupported.pkt", "0 fork() = 0\n");
const broken = script("broken.pkt", "0 < S 0:0(0\n");

const drill = (...args: string[]): Promise<{ code: number | null; output: string }> =>
  runNode(["host/node/sandwire.mjs", "drill", ...args], { limit: 60_000 });

describe("sandwire drill", () => {
  test("--help teaches with a script, examples and the exit codes", async () => {
    const { code, output } = await drill("--help");
    expect(code).toBe(0);
    for (const part of ["> S. 0:0(0) ack 1", "--profile", "--json", "Exit codes: 0 all passed"]) expect(output).toContain(part);
  });

  test("a line a script and one with the sum; 0 when all pass", async () => {
    const { code, output } = await drill(good);
    expect(code).toBe(0);
    expect(output.trim()).toBe(`passed      ${good} (0.100 s)\n1 script: 1 passed`);
  });

  test("1 when one fails, with both lines", async () => {
    const { code, output } = await drill(good, wrong, unsupported);
    expect(code).toBe(1);
    expect(output).toContain("    expected  0.100000 > P. 1:12(11) ack 1\n    actual    0.100000 > P. 1:11(10) ack 1");
    expect(output).toContain("3 scripts: 1 passed, 1 failed, 1 unsupported");
  });

  test("2 when none fails but one cannot be judged", async () => {
    const { code, output } = await drill(good, unsupported, broken, join(folder, "absent.pkt"));
    expect(code).toBe(2);
    expect(output).toContain("unsupported.pkt:1: not supported: the system call fork()");
    expect(output).toContain('broken.pkt:1: expected ")" behind the length of the text, found the end of the script');
    expect(output).toContain("absent.pkt: cannot be read");
    expect(output).toContain("4 scripts: 1 passed, 1 unsupported, 2 broken");
  });

  test("2 for a wrong command line", async () => {
    const { code, output } = await drill("--profile", "minix", good);
    expect(code).toBe(2);
    expect(output).toContain("Try `sandwire drill --help`");
  });

  test("--json is the verdicts for a machine", async () => {
    const { code, output } = await drill("--json", good, wrong);
    const { scripts, exitCode } = JSON.parse(output) as { scripts: Record<string, unknown>[]; exitCode: number };
    expect({ code, exitCode }).toEqual({ code: 1, exitCode: 1 });
    expect(scripts.map(({ outcome, line }) => ({ outcome, line }))).toEqual([
      { outcome: "passed" },
      { outcome: "failed", line: 10 },
    ]);
    expect(scripts[1]).toHaveProperty("pair.expected");
  });

  test("all of a long output goes through a pipe", async () => {
    const { output } = await drill("--json", ...Array.from({ length: 200 }, () => good));
    expect((JSON.parse(output) as { scripts: unknown[] }).scripts).toHaveLength(200);
  });

  test("--verbose shows the conversation of a script that passes; packetdrill's options are taken", async () => {
    const { code, output } = await drill("--verbose", "--strict_segments", "--bind_port=99", good);
    expect(code).toBe(0);
    expect(output).toContain("0.000000 > S. 0:0(0) ack 1 win 65535 <mss 1460>");
  });
});
