import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { describe, expect } from "vitest";
import { macOf, seedOf } from "../../host/node/seed";
import { buildProgram, type NativeEngine } from "../../host/tools/chost";
import { needs } from "../support/needs";
import * as wire from "../support/packet";
import { Random } from "../support/random";
import { bytes, Cable, ended, readAll, start } from "./cable";

const MODULE = "build/sandwire.default.wasm";
const BUILDING = 120_000;

/** A program, and the module where that is not built in. */
async function program(engine: NativeEngine, example?: string): Promise<{ file: string; module: string[] }> {
  const application = example && `examples/c/${example}.c`;
  const file = await buildProgram({ engine, application, out: `build/wasm3/${example ?? "sandwire"}-${engine}` });
  return { file, module: engine === "aot" ? [] : [MODULE] };
}

async function onCable(cable: Cable, engine: NativeEngine, example?: string, options: string[] = [], args: string[] = []) {
  const { file, module } = await program(engine, example);
  return start(file, ["--stream", cable.where, ...options, ...module, ...args]);
}

/** The first octets a program writes. */
async function octetsFrom(child: ChildProcess, length: number): Promise<Buffer> {
  let seen = Buffer.alloc(0);
  while (seen.length < length) seen = Buffer.concat([seen, ...((await once(child.stdout ?? child, "data")) as Buffer[])]);
  return seen;
}

const engines: [NativeEngine, ReturnType<typeof needs>][] = [
  ["wasm3", needs("cc")],
  ["aot", needs("cc", "wasm2c")],
];

for (const [engine, test] of engines) {
  describe(`a device as a program, ${engine}`, () => {
    test("serves a megabyte of right octets over QEMU's stream", { timeout: BUILDING }, async () => {
      const cable = await Cable.open();
      await onCable(cable, engine, undefined, ["--serve"]);
      const socket = await cable.connect(80);
      socket.end("GET /bytes/1000000 HTTP/1.0\r\n\r\n");
      const answer = await readAll(socket);
      expect(answer.subarray(answer.indexOf("\r\n\r\n") + 4).equals(bytes(1_000_000))).toBe(true);
    });

    test("the echo server in C serves clients side by side, and each gets its own back", { timeout: BUILDING }, async () => {
      const cable = await Cable.open();
      await onCable(cable, engine, "echo");
      const texts = [1, 2, 3, 4, 5].map((seed) => Buffer.from(new Random(seed).bytes(40_000 + seed)));
      const echoes = texts.map(async (text) => {
        const socket = await cable.connect(7);
        socket.end(text);
        return (await readAll(socket)).equals(text);
      });
      expect(await Promise.all(echoes)).toEqual([true, true, true, true, true]);
    });

    test("the HTTP client in C gets what the server has, and says why it cannot", { timeout: BUILDING }, async () => {
      const cable = await Cable.open();
      const got = await ended(await onCable(cable, engine, "http_get", [], ["10.0.0.1/bytes/300000"]));
      expect([got.code, got.err]).toEqual([0, ""]);
      expect(got.out.subarray(got.out.indexOf("\r\n\r\n") + 4).equals(bytes(300_000))).toBe(true);
      const refused = await ended(await onCable(cable, engine, "http_get", [], ["10.0.0.1:81"]));
      expect([refused.code, refused.err]).toEqual([1, "10.0.0.1:81: connection refused\n"]);
      const wrong = await ended(await onCable(cable, engine, "http_get", [], ["example.org/"]));
      expect([wrong.code, wrong.err.split("\n").length]).toEqual([1, 2]);
    });

    test("takes frames from a pipe, and ends with it; a seed makes the device Node makes", { timeout: BUILDING }, async () => {
      const { file, module } = await program(engine);
      const child = start(file, ["--pipe", "--seed", "7", "--address", "10.1.2.3/16", ...module]);
      const request = wire.arp({ op: 1, senderMac: "02:00:00:00:00:99", senderIp: "10.1.0.1", targetIp: "10.1.2.3" });
      const frame = wire.ethernet({ src: "02:00:00:00:00:99", dst: wire.BROADCAST, type: wire.EtherType.Arp }, request);
      child.stdin?.write(Buffer.concat([Buffer.of(0, 0, 0, frame.length), frame]));
      // It announces its address, then it answers.
      const both = await octetsFrom(child, 2 * 64);
      const answer = wire.parse(both.subarray(68)).arp;
      expect([both.readUInt32BE(0), both.readUInt32BE(64)]).toEqual([60, 60]);
      expect(answer).toMatchObject({ op: 2, senderIp: "10.1.2.3", senderMac: wire.macText(macOf(seedOf(7), 0)) });
      child.stdin?.end();
      expect((await ended(child)).code).toBe(0);
    });
  });
}

const REFUSALS: [string[], RegExp][] = [
  [[], /^sandwire-wasm3: one of --tap, --stream, --pipe says where the network is \(see --help\)$/],
  [["--pipe", "--tap", "sw0", MODULE], /one of --tap/],
  [["--pipe"], /: the module's file is missing, such as build\/sandwire.default.wasm$/],
  [["--pipe", "nothing.wasm"], /: nothing.wasm: No such file or directory \(npm run build makes/],
  [["--pipe", "package.json"], /^sandwire-wasm3: /],
  [["--stream", "somewhere", MODULE], /: --stream somewhere: it is unix:PATH or HOST:PORT$/],
  [["--stream", "unix:/nowhere/at/all", MODULE], /: --stream unix:\/nowhere\/at\/all: No such file or directory \(somebody/],
  [["--tap", "much-too-long-a-name", MODULE], /: --tap much-too-long-a-name: an interface's name has 1 to 15 characters$/],
  [["--pipe", "--address", "10.0.0.2", MODULE], /: --address 10.0.0.2: it is an address and a prefix of 1 to 30, such as/],
  [["--pipe", "--address", "10.0.0.256/24", MODULE], /: --address 10.0.0.256: it is an address such as/],
  [["--pipe", "--gateway", "x", MODULE], /: --gateway x: it is an address such as 10.0.0.1$/],
  [["--pipe", "--mac", "01:00:00:00:00:01", MODULE], /: --mac 01:00:00:00:00:01: it is one station's address, such as/],
  [["--pipe", "--seed", "x", MODULE], /: --seed x: it is a whole number from 0 to 4294967295$/],
  [["--pipe", "--address", "224.0.0.1/24", MODULE], /: the module does not take this address, prefix and gateway$/],
  [["--frob"], /: unrecognized option '--frob'$/],
];

describe("the command line of a device as a program", () => {
  const test = needs("cc");

  test("what is wrong is said in one line, and the exit code is 1", { timeout: BUILDING }, async () => {
    const { file } = await program("wasm3");
    for (const [args, line] of REFUSALS) {
      const { code, err } = await ended(start(file, args));
      expect(err.trimEnd(), args.join(" ")).toMatch(line);
      expect([code, err.split("\n").length], args.join(" ")).toEqual([1, 2]);
    }
  });

  test("--help names every option", { timeout: BUILDING }, async () => {
    const { file } = await program("wasm3");
    const { code, out } = await ended(start(file, ["--help"]));
    expect(code).toBe(0);
    for (const option of ["tap NAME", "stream WHERE", "pipe", "address", "gateway", "mac", "seed N", "serve", "help"]) {
      expect(out.toString()).toContain(`--${option}`);
    }
  });
});
