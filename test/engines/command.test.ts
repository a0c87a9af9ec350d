import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runNode } from "../../host/tools/process";
import { Commands } from "../net/command";
import { inEngines } from "./needed";

const commands = new Commands();
const folder = mkdtempSync(join(tmpdir(), "sandwire-engine-command-"));
afterAll(() => {
  commands.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** A build of the interpreter from scratch, with another environment. */
const build = (env: Record<string, string>): ReturnType<typeof runNode> =>
  runNode(["--import", "tsx", "host/tools/wasm3.ts", "--force"], { env, limit: 60_000 });

describe.each(["wasm3", "aot"])("sandwire run --engine %s", (engine) => {
  inEngines(
    "serves the page and right octets",
    async () => {
      const command = commands.start("run", "--engine", engine, "--forward", "0:80");
      const [url] = /http:\S+/.exec(await command.says(/^http:\S+$/m)) ?? [];
      const page = await fetch(`${url}`);
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<title>Sandwire</title>")]);
      const octets = await (await fetch(`${url}bytes/100000`)).arrayBuffer();
      expect(octets.byteLength).toBe(100_000);
      const stats = (await (await fetch(`${url}stats.json`)).json()) as object;
      expect(stats).toHaveProperty("counters");
      expect(await command.stop("SIGINT")).toMatchObject({ code: 0, err: expect.not.stringContaining("rror") as string });
    },
    150_000,
  );
});

describe("what an engine needs and is not there", () => {
  it("a C compiler", async () => {
    const { code, output } = await build({ CC: "no-such-compiler" });
    expect(code).toBe(1);
    expect(output.trim()).toMatch(/^no-such-compiler is missing: install a C compiler \(.*\), or say in CC which one to take$/);
  });

  it("the source of wasm3", async () => {
    const { code, output } = await build({ WASM3_DIR: folder });
    expect(code).toBe(1);
    expect(output.trim()).toBe(`there is no source of wasm3 in WASM3_DIR=${folder}: m3_compile.c is missing`);
  });

  it("wasm2c", async () => {
    // One that nobody has compiled before: with a custom section of its own.
    const app = join(folder, "unique.wasm");
    const mark = Buffer.from(`mark${Date.now()}`);
    const section = Buffer.concat([Buffer.from([0, mark.length + 1, mark.length]), mark]);
    writeFileSync(app, Buffer.concat([readFileSync("build/sandwire.tiny.wasm"), section]));
    const args = ["host/node/sandwire.mjs", "run", "--engine", "aot", "--app", app, "--forward", "0:80"];
    const { code, output } = await runNode(args, { env: { WASM2C: "no-such-wasm2c" }, limit: 60_000 });
    expect(code).toBe(1);
    expect(output.trim()).toMatch(/no-such-wasm2c is missing: install WABT \(.*\), or say in WASM2C where it is$/);
  });

  it("an engine of that name", async () => {
    const { code, output } = await runNode(["host/node/sandwire.mjs", "run"], { env: { SANDWIRE_ENGINE: "v9" }, limit: 60_000 });
    expect(code).toBe(1);
    expect(output).toContain("there is no engine v9 (SANDWIRE_ENGINE): the engines are v8, wasm3, aot");
  });

  it("an engine to test", async () => {
    const { code, output } = await runNode(["--import", "tsx", "host/tools/test.ts", "none"], {
      env: { ENGINE: "v9" },
      limit: 60_000,
    });
    expect(code).toBe(1);
    expect(output.trim()).toBe("ENGINE=v9: there is no such engine, there are v8, wasm3, aot");
  });
});
