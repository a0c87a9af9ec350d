import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { crc32 } from "../../host/node/session/crc32";
import { Session } from "../../host/node/session/reader";
import { Commands } from "../net/command";
import { needs } from "../support/needs";

const folder = mkdtempSync(join(tmpdir(), "sandwire-lockstep-"));
const commands = new Commands();
afterAll(() => {
  commands.kill();
  rmSync(folder, { recursive: true });
});

const equal =
  /^v8, v8 again: no difference in [\d,]+ steps, [\d,]+ frames sent \([\d,]+ octets\) and in 24,\d{3} octets of memory\n$/;

describe("sandwire lockstep", () => {
  const session = join(folder, "tiny.session");

  test("records a transfer, keeps it, and compares it again", async () => {
    const options = ["--profile", "tiny", "--bytes", "20000", "--engines", "v8,v8"];
    const first = await commands.start("lockstep", ...options, "--record", session).ended;
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(first.out).toMatch(equal);
    expect(await commands.start("lockstep", "--engines", "v8,v8", session).ended).toMatchObject({ code: 0, out: first.out });
    expect(await commands.start("lockstep", session, "--record", session).ended).toMatchObject({ code: 2 });
  });

  test("compares what `sandwire run --record` has recorded", async () => {
    const path = join(folder, "run.session");
    const run = commands.start("run", "--forward", "0:80", "--profile", "tiny", "--record", path);
    const url = await run.says(/http:\/\/127\.0\.0\.1:\d+\//);
    expect((await (await fetch(`${url}bytes/5000`)).arrayBuffer()).byteLength).toBe(5000);
    expect(await run.stop("SIGINT")).toMatchObject({ code: 0, err: "" });
    const { code, out, err } = await commands.start("lockstep", "--engines", "v8,v8", path).ended;
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(equal);
  });

  test("tells a difference with all there is to know, and ends with code 1", async () => {
    const wrong = join(folder, "wrong.session");
    const octets = readFileSync(session);
    // The first step is a call without writes whose arguments are of one octet each: its result is the next octet.
    const [first] = new Session(octets).entries();
    const at = octets.readUInt16LE(6) + 2 + (first.kind === "step" ? first.args.length : 0);
    octets[at] ^= 1;
    octets.writeUInt32LE(crc32(octets.subarray(0, -4)), octets.length - 4);
    writeFileSync(wrong, octets);
    const { code, out, err } = await commands.start("lockstep", "--engines", "v8", wrong).ended;
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(out).toMatch(
      /^the recording and v8 differ in step 1, at 0\.000 s, in mac\(0\):\n {2}result: the recording \d+, v8 \d+\n/,
    );
  });

  needs("cc", "wasm2c")(
    "compares what ran in another engine, too",
    async () => {
      const path = join(folder, "aot.session");
      const run = commands.start("run", "--engine", "aot", "--forward", "0:80", "--profile", "tiny", "--record", path);
      const url = await run.says(/http:\/\/127\.0\.0\.1:\d+\//);
      expect((await (await fetch(`${url}stats.json`)).text()).length).toBeGreaterThan(100);
      expect(await run.stop("SIGINT")).toMatchObject({ code: 0 });
      const { code, out } = await commands.start("lockstep", "--engines", "v8,v8", path).ended;
      expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(equal) as string });
    },
    120_000,
  );

  test("--help names every option and the exit codes", async () => {
    const { code, out } = await commands.start("lockstep", "--help").ended;
    expect(code).toBe(0);
    const names = "engines boards record profile app bytes loss duplicate reorder corrupt latency seed".split(" ");
    expect(names.filter((name) => !out.includes(`--${name}`))).toEqual([]);
    expect(out).toContain("Exit codes: 0 no difference; 1 a difference; 2 it could not be tried.");
  });

  test("a session of another module is told in one line", async () => {
    const own = join(folder, "own.wasm");
    // An empty custom section makes it another module.
    writeFileSync(own, Buffer.concat([readFileSync("build/sandwire.tiny.wasm"), Uint8Array.of(0, 1, 0)]));
    expect(statSync(session).size).toBeGreaterThan(20_000);
    const { code, err } = await commands.start("lockstep", session, "--app", own).ended;
    expect(code).toBe(2);
    expect(err).toMatch(
      /^sandwire: \S+tiny\.session was recorded with another module than \S+own\.wasm, of \d+ octets and SHA-256 /,
    );
    const recorded = join(folder, "own.session");
    const args = ["--engines", "v8", "--bytes", "1000"];
    expect(await commands.start("lockstep", ...args, "--app", own, "--record", recorded).ended).toMatchObject({ code: 0 });
    expect(await commands.start("lockstep", ...args, "--app", own, recorded).ended).toMatchObject({ code: 0 });
    expect((await commands.start("lockstep", recorded).ended).err).toContain("name it with --app FILE.wasm");
  });

  test.each([
    [["README.md"], /^sandwire: README\.md is no session of Sandwire: `sandwire lockstep --record FILE` writes one\n$/],
    [["none.session"], /^sandwire: none\.session is missing: /],
    [["--engines", "v9"], /The engines are v8.*, with commas between them/],
    [["--bytes", "0"], /It is a number of octets, such as 1000000/],
    [["--engines", "v8", "--record", "/nowhere/x"], /^sandwire: \/nowhere\/x cannot be written: ENOENT/],
    [["--engines", "v8", "--profile", "host"], /take profile tiny or default/],
  ])("%j cannot be tried: one line, exit code 2", async (args, what) => {
    const { code, err } = await commands.start("lockstep", ...args).ended;
    expect(code).toBe(2);
    expect(err).toMatch(what);
    expect(err.trim().split("\n")).toHaveLength(1);
  });
});
