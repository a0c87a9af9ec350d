import { createServer, type AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { needs } from "../support/needs";
import { Programs } from "./inside/programs";
import { Folder, pattern, receipt, sha256 } from "./octets";

const test = needs("curl", "nc");
const LIMIT = 60_000;

/** Ports nobody uses at the moment. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = servers.map(
    (server) =>
      new Promise<number>((resolve) => {
        server.listen({ host: "127.0.0.1", port: 0 }, () => resolve((server.address() as AddressInfo).port));
      }),
  );
  const free = await Promise.all(ports);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return free;
}

describe("sandwire run --forward, for everybody", () => {
  const programs = new Programs();
  const folder = new Folder();
  let board: number;
  let url: string;
  let echo: number;

  beforeAll(async () => {
    const [web, other] = await freePorts(2);
    url = `http://127.0.0.1:${web}`;
    echo = other;
    const forwards = ["--forward", `${web}:80`, "--forward", `${echo}:7`];
    board = programs.start([process.execPath, "host/node/sandwire.mjs", "run", ...forwards]);
    await programs.says(board, `${url}/`, LIMIT);
  });
  afterAll(async () => {
    await programs.close();
    folder.remove();
  });

  async function shell(line: string, input?: string): Promise<string> {
    const { code, out, err } = await programs.run(["bash", "-c", `set -o pipefail; ${line}`], LIMIT, input);
    expect({ code, err }, line).toEqual({ code: 0, err: "" });
    return out;
  }

  test("the page", async () => {
    expect(await shell(`curl -sS ${url}/`)).toContain("<title>Sandwire");
  });

  test("the page for machines parses", async () => {
    expect(JSON.parse(await shell(`curl -sS ${url}/stats.json`))).toMatchObject({ counters: {} });
  });

  test("10 MB come with the right octets", async () => {
    expect(await shell(`curl -sS ${url}/bytes/10000000 | sha256sum`)).toContain(sha256(pattern(10_000_000)));
  }, 90_000);

  test("10 MB go with the right checksum", async () => {
    const data = pattern(10_000_000);
    expect(JSON.parse(await shell(`curl -sS -T ${folder.write("10MB", data)} ${url}/upload`))).toEqual(receipt(data));
  }, 90_000);

  test("echo", async () => {
    expect(await shell(`printf hi | nc -q1 127.0.0.1 ${echo}`)).toBe("hi");
  });

  test("200 clients at once all succeed", async () => {
    const line = `for i in $(seq 200); do curl -sS ${url}/bytes/3000 | sha256sum & done; wait`;
    const digests = (await shell(line)).trim().split("\n");
    expect(digests).toEqual(Array.from({ length: 200 }, () => `${sha256(pattern(3000))}  -`));
  }, 90_000);

  test("Ctrl-C ends it", async () => {
    expect(await programs.stop(board, "SIGINT", LIMIT)).toMatchObject({ code: 0, signal: null, err: "" });
  });
});
