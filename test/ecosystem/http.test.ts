import { afterAll, beforeAll, describe, expect } from "vitest";
import { type Namespace, privateNetwork } from "../interop/namespace";
import { Folder, pattern, sha256 } from "../interop/octets";
import { needs } from "../support/needs";
import { openEcosystem } from "./ecosystem";
import type { Ecosystem } from "./inside/lab";
import { BEHIND, KERNEL, nginxConfiguration } from "../interop/nginx";

const BIG = 10_000_000;
const URL = "http://10.0.0.2";
const whole = sha256(pattern(BIG));

describe("http.createServer on a board", () => {
  const test = needs("unshare", "ip", "curl", privateNetwork());
  const folder = new Folder();
  let network: Namespace<Ecosystem>;

  beforeAll(async () => {
    network = await openEcosystem();
    await network.lab.serveSite(80);
  });
  afterAll(async () => {
    await network?.close();
    folder.remove();
  });

  async function shell(line: string): Promise<string> {
    const { code, signal, out, err } = await network.lab.shell(line);
    expect({ code, signal, err }, line).toEqual({ code: 0, signal: null, err: "" });
    return out;
  }

  test("curl is greeted, with its own address", async () => {
    expect(await shell(`curl -sS ${URL}/hello`)).toBe("hello, 10.0.0.1");
    expect(await shell(`curl -sS -o /dev/null -w '%{http_code}' ${URL}/nowhere`)).toBe("404");
  });

  test("curl gets 10 MB unharmed, with a length and in chunks", async () => {
    expect(await shell(`curl -sS ${URL}/bytes/${BIG} | sha256sum`)).toContain(whole);
    expect(await shell(`curl -sS ${URL}/chunked/${BIG} | sha256sum`)).toContain(whole);
  });

  test("curl uploads 10 MB unharmed, after 100 Continue", async () => {
    const file = folder.write("upload", pattern(BIG));
    const said = await shell(`curl -sS -D - -H 'Expect: 100-continue' --data-binary @${file} ${URL}/digest`);
    expect(said).toContain("HTTP/1.1 100 Continue");
    expect(said).toContain(JSON.stringify({ length: BIG, sha256: whole }));
  });

  test("curl asks ten times over one connection", async () => {
    const said = await shell(`curl -sS -w '%{num_connects} ' ${`${URL}/bytes/0 `.repeat(10)}`);
    expect(said.trim().split(" ")).toEqual(["1", ...new Array<string>(9).fill("0")]);
  });

  test("Node's fetch gets what it asks for, fifty at a time", async () => {
    const asked = Array.from({ length: 50 }, (_, i) => ({ path: `/bytes/${i * 1000}` }));
    const answers = await network.lab.fetchThroughKernel(URL, asked);
    expect(answers.map(({ status, sha256 }) => ({ status, sha256 }))).toEqual(
      asked.map((_, i) => ({ status: 200, sha256: sha256(pattern(i * 1000)) })),
    );
  });

  test("Node's fetch uploads 10 MB", async () => {
    const [answer] = await network.lab.fetchThroughKernel(URL, [{ path: "/digest", method: "POST", body: BIG }]);
    expect(JSON.parse(answer.text)).toEqual({ length: BIG, sha256: whole });
  });

  test("closed, it refuses, and leaves no socket behind", async () => {
    await network.lab.closeSites();
    expect(await network.lab.shell(`curl -sS ${URL}/hello`)).toMatchObject({ code: 7 });
    const open = async () => (await network.lab.sockets()).filter(({ kind }) => kind !== "TimeWait");
    await expect.poll(open, { timeout: 5_000 }).toEqual([]);
  });
});

describe("http.request from a board", () => {
  const test = needs("unshare", "ip", "nginx", privateNetwork());
  const folder = new Folder();
  const url = `http://${KERNEL}`;
  let network: Namespace<Ecosystem>;

  beforeAll(async () => {
    const configuration = folder.write("nginx.conf", nginxConfiguration(folder));
    folder.write("www/big", pattern(BIG));
    folder.write("www/small", pattern(3000));
    network = await openEcosystem();
    await network.lab.serveSiteAtKernel(KERNEL, BEHIND);
    await network.lab.start(["nginx", "-p", folder.path, "-c", configuration]);
    await network.lab.waitForPort(KERNEL, 80);
  });
  afterAll(async () => {
    await network?.close();
    folder.remove();
  });

  test("gets 10 MB from nginx unharmed", async () => {
    const [answer] = await network.lab.request(url, [{ path: "/big" }], false);
    expect(answer).toMatchObject({ status: 200, length: BIG, sha256: whole });
  });

  test("uploads 10 MB through nginx", async () => {
    const [answer] = await network.lab.request(url, [{ path: "/site/digest", method: "POST", body: BIG }], false);
    expect(JSON.parse(answer.text)).toEqual({ length: BIG, sha256: whole });
  });

  test("an agent with keepAlive asks fifty times over one connection", async () => {
    const asked = new Array(50).fill({ path: "/small" }) as { path: string }[];
    const answers = await network.lab.request(url, asked, true);
    expect(new Set(answers.map(({ status, sha256 }) => `${status} ${sha256}`))).toEqual(
      new Set([`200 ${sha256(pattern(3000))}`]),
    );
    expect(answers).toHaveLength(50);
    expect(new Set(answers.map(({ connection, port }) => `${connection} ${port}`)).size).toBe(1);
  });

  test("twenty connections at the same time", async () => {
    const asked = Array.from({ length: 20 }, (_, i) => ({ path: `/site/chunked/${i * 50_000}` }));
    const answers = await network.lab.request(url, asked, false);
    expect(answers.map(({ sha256 }) => sha256)).toEqual(asked.map((_, i) => sha256(pattern(i * 50_000))));
    expect(new Set(answers.map(({ port }) => port)).size).toBe(20);
  });

  test("nobody listens: the error is Node's", async () => {
    expect(await network.lab.failure(`http://${KERNEL}:81`)).toEqual({
      message: `connect ECONNREFUSED ${KERNEL}:81`,
      code: "ECONNREFUSED",
      errno: -111,
      syscall: "connect",
      address: KERNEL,
      port: 81,
    });
  });

  test("an answer that is given up in its middle leaves no socket behind", async () => {
    expect(await network.lab.abandon(`http://${KERNEL}:${BEHIND}`)).toBe("ABORT_ERR");
    const open = async () => (await network.lab.sockets()).filter(({ kind }) => kind !== "TimeWait");
    await expect.poll(open, { timeout: 5_000 }).toEqual([]);
  });
});
