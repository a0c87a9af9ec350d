import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { needs } from "../support/needs";
import { Commands } from "./command";

const folder = mkdtempSync(join(tmpdir(), "sandwire-cli-"));
const commands = new Commands();
afterAll(() => {
  commands.kill();
  rmSync(folder, { recursive: true });
});

const page = async (url: string): Promise<string> => (await fetch(url)).text();

describe("sandwire", () => {
  test("--help teaches with examples", async () => {
    const { code, out, err } = await commands.start("--help").ended;
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("sandwire run --forward 8080:80");
  });

  test("run --help names every option", async () => {
    const { code, out } = await commands.start("run", "--help").ended;
    expect(code).toBe(0);
    const names = "forward tap address gateway pcap print record loss duplicate reorder corrupt latency profile app seed".split(
      " ",
    );
    expect(names.filter((name) => !out.includes(`--${name}`))).toEqual([]);
  });

  test("--version is the package's", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(await commands.start("--version").ended).toMatchObject({ code: 0, out: `${version}\n` });
  });
});

describe("what cannot be run: one line on stderr, exit code 1", () => {
  const broken = join(folder, "broken.wasm");
  writeFileSync(broken, "no module");
  const foreign = join(folder, "foreign.wasm");
  writeFileSync(foreign, Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  const cases: [string[], RegExp][] = [
    [["fly"], /unknown command 'fly'/],
    [["run", "--foward", "8080:80"], /unknown option '--foward'.*--forward/],
    [["run", "--forward", "8080"], /'8080' is invalid\. It is a host port and a board port, such as 8080:80/],
    [["run", "--forward", "8080:99999"], /a host port and a board port/],
    [
      ["run", "--address", "10.0.0.300/24"],
      /'10\.0\.0\.300\/24' is invalid\. It is an address and a prefix, such as 10\.0\.0\.2\/24/,
    ],
    [["run", "--address", "10.0.0.0/24"], /the address of a whole network/],
    [
      ["run", "--profile", "host", "--address", "10.0.0.2/24", "--address", "10.0.0.2/24"],
      /address_add 10\.0\.0\.2\/24: .* \(EEXIST\)/,
    ],
    [
      ["run", "--profile", "tiny", "--address", "10.0.0.2/24", "--address", "10.0.0.3/24"],
      /address_add 10\.0\.0\.3\/24: .* \(ENOSYS\)/,
    ],
    [["run", "--gateway", "router"], /It is an address such as 10\.0\.0\.1/],
    [["run", "--loss", "2"], /It is a probability, such as 0\.05 or 5%/],
    [["run", "--latency", "-1"], /It is milliseconds/],
    [["run", "--profile", "huge"], /The profiles are tiny, default, host/],
    [["run", "--seed", "x"], /whole number/],
    [["run", "--forward", "0:80", "--app", join(folder, "absent.wasm")], /absent\.wasm is missing/],
    [["run", "--forward", "0:80", "--app", broken], /broken\.wasm is not a WebAssembly module/],
    [
      ["run", "--forward", "0:80", "--app", foreign],
      /foreign\.wasm is no firmware of Sandwire: it does not export memory, init, poll, serve/,
    ],
    [["run", "--forward", "0:80", "--pcap", join(folder, "absent", "x.pcapng")], /absent/],
    [["run", "--tap", "a/b"], /interface name/],
  ];
  for (const [args, words] of cases) {
    test.concurrent(args.join(" ").replace(folder, "..."), async () => {
      const { code, out, err } = await commands.start(...args).ended;
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toMatch(words);
      expect(err).toMatch(/^sandwire: [^\n]+\n$/);
    });
  }

  test("a port in use names another one", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen({ host: "127.0.0.1", port: 0 }, () => resolve((server.address() as { port: number }).port));
    });
    const { code, out, err } = await commands.start("run", "--forward", `${port}:80`).ended;
    server.close();
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(new RegExp(`^sandwire: port ${port} of 127\\.0\\.0\\.1 is in use: [^\\n]*--forward [^\\n]*\\n$`));
  });
});

/** A user namespace without a network namespace: root in name only. */
const powerless = ["unshare", "-Ur"];
const userNamespace = {
  what: "user namespaces (unshare -Ur)",
  present: spawnSync(powerless[0], [powerless[1], "true"]).status === 0,
};

needs(userNamespace)("a TAP interface without the right to one: one line, exit code 1", () => {
  const [program, ...args] = [...powerless, process.execPath, "host/node/sandwire.mjs", "run", "--tap", "sw-none"];
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", timeout: 20_000 });
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toMatch(/^sandwire: no right to [^\n]*root[^\n]*\n$/);
});

describe("run", () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`serves until ${signal}, then ends with exit code 0`, async () => {
      const command = commands.start("run", "--forward", "0:80", "--forward", "0:7");
      const url = await command.says(/http:\/\/127\.0\.0\.1:\d+\//);
      await command.says(/127\.0\.0\.1:\d+ leads to port 7 of the board/);
      expect(await page(url)).toContain("</main>");
      const { code, signal: killed, err, out } = await command.stop(signal);
      expect({ code, killed, err }).toEqual({ code: 0, killed: null, err: "" });
      expect(out).not.toContain("\x1b");
    });
  }

  test("ends with clients connected, too", async () => {
    const command = commands.start("run", "--forward", "0:80");
    const url = await command.says(/http:\/\/127\.0\.0\.1:\d+\//);
    const body = fetch(`${url}bytes/1000000000`).then((response) => response.arrayBuffer());
    const broken = body.then(
      () => "complete",
      () => "broken",
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await command.stop("SIGINT")).toMatchObject({ code: 0, err: "" });
    expect(await broken).toBe("broken");
  });

  test("captures and prints every frame, through a bad cable", async () => {
    const file = join(folder, "run.pcapng");
    const faults = ["--loss", "2%", "--duplicate", "5%", "--reorder", "5%", "--corrupt", "1%", "--latency", "1", "--seed", "7"];
    const command = commands.start("run", "--forward", "0:80", "--pcap", file, "--print", ...faults);
    const url = await command.says(/http:\/\/127\.0\.0\.1:\d+\//);
    const bytes = Buffer.from(await (await fetch(`${url}bytes/50000`)).arrayBuffer());
    expect(bytes.every((octet, i) => octet === i % 251) && bytes.length).toBe(50_000);
    const { code, out } = await command.stop("SIGINT");
    expect(code).toBe(0);
    expect(out).toMatch(/ARP|arp/);
    expect(out).toContain("10.0.0.1");
    const blocks = pcapngBlocks(readFileSync(file));
    expect(blocks.filter((type) => type === ENHANCED_PACKET).length).toBeGreaterThan(50);
  });

  test("other profile, other address", async () => {
    const command = commands.start("run", "--forward", "0:80", "--profile", "tiny", "--address", "192.168.7.1/28");
    const url = await command.says(/http:\/\/127\.0\.0\.1:\d+\//);
    expect(await page(url)).toContain("192.168.7.1");
    expect((await command.stop("SIGTERM")).code).toBe(0);
  });
});

const ENHANCED_PACKET = 6;

/** The types of a pcapng file's blocks; throws when it does not end with a whole one. */
function pcapngBlocks(file: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) {
    const length = file.readUInt32LE(at + 4);
    expect(file.readUInt32LE(at + length - 4)).toBe(length);
    types.push(file.readUInt32LE(at));
  }
  return types;
}
