import { afterAll, beforeAll, describe, expect } from "vitest";
import { type Namespace, privateNetwork } from "../interop/namespace";
import { Folder, pattern, sha256 } from "../interop/octets";
import { needs } from "../support/needs";
import { certify } from "./certificate";
import { openEcosystem } from "./ecosystem";
import type { Ecosystem } from "./inside/lab";
import { BEHIND, KERNEL, nginxConfiguration } from "../interop/nginx";

const test = needs("unshare", "ip", "nginx", "openssl", privateNetwork());
const BIG = 10_000_000;
const whole = sha256(pattern(BIG));
const url = `http://${KERNEL}`;

describe("undici with a connector of the board, and nginx", () => {
  const folder = new Folder();
  let network: Namespace<Ecosystem>;

  beforeAll(async () => {
    const configuration = folder.write("nginx.conf", nginxConfiguration(folder, true));
    certify(folder);
    folder.write("www/big", pattern(BIG));
    for (let i = 0; i < 10; i++) folder.write(`www/${i}`, pattern(i * 1000));
    network = await openEcosystem();
    await network.lab.serveSiteAtKernel(KERNEL, BEHIND);
    await network.lab.start(["nginx", "-p", folder.path, "-c", configuration]);
    await network.lab.waitForPort(KERNEL, 80);
  });
  afterAll(async () => {
    await network?.close();
    folder.remove();
  });

  const files = Array.from({ length: 100 }, (_, i) => ({ path: `/${i % 10}` }));
  const digests = files.map((_, i) => `200 ${sha256(pattern((i % 10) * 1000))}`);
  const seen = (answers: { status: number; sha256: string }[]): string[] =>
    answers.map(({ status, sha256 }) => `${status} ${sha256}`);

  for (const pipelining of [1, 10]) {
    test(`a hundred answers over one connection, in order, pipelining ${pipelining}`, async () => {
      const answers = await network.lab.askWithClient(url, files, pipelining);
      expect(seen(answers)).toEqual(digests);
      expect(new Set(answers.map(({ connection }) => connection)).size).toBe(1);
    });
  }

  test("a pool of five connections", async () => {
    const answers = await network.lab.askWithPool(url, files, 5);
    expect(seen(answers)).toEqual(digests);
    expect(new Set(answers.map(({ connection }) => connection)).size).toBe(5);
  });

  test("10 MB down and up", async () => {
    const asked = [{ path: "/big" }, { path: "/site/digest", method: "POST", body: BIG }];
    const [down, up] = await network.lab.askWithClient(url, asked, 1);
    expect(down).toMatchObject({ status: 200, length: BIG, sha256: whole });
    expect(JSON.parse(up.text)).toEqual({ length: BIG, sha256: whole });
  });

  for (const whose of ["undici", "node"] as const) {
    test(`fetch of ${whose} with a dispatcher: keep-alive, 10 MB down and up, https`, async () => {
      const asked = [{ path: "/1" }, { path: "/2" }, { path: "/big" }, { path: "/site/digest", method: "POST", body: BIG }];
      const answers = await network.lab.fetchOverBoard(url, asked, whose);
      expect(answers.slice(0, 3).map(({ sha256 }) => sha256)).toEqual([sha256(pattern(1000)), sha256(pattern(2000)), whole]);
      expect(JSON.parse(answers[3].text)).toEqual({ length: BIG, sha256: whole });
      expect(new Set(answers.map(({ connection }) => connection)).size).toBe(1);
      const [secure] = await network.lab.fetchOverBoard(`https://${KERNEL}`, [{ path: "/big" }], whose);
      expect(secure).toMatchObject({ status: 200, sha256: whole });
    });
  }

  test("a form with a file", async () => {
    expect(await network.lab.postForm(`${url}/site/digest`)).toBeGreaterThan(100_000);
  });

  test("nobody listens", async () => {
    expect(await network.lab.undiciFailure(`http://${KERNEL}:81`)).toBe(`connect ECONNREFUSED ${KERNEL}:81`);
  });

  test("an answer that is given up in its middle ends the connection, and no socket is left behind", async () => {
    expect(await network.lab.undiciAbort(`http://${KERNEL}:${BEHIND}`)).toBe("AbortError");
    const open = async () => (await network.lab.sockets()).filter(({ kind }) => kind !== "TimeWait");
    await expect.poll(open, { timeout: 5_000 }).toEqual([]);
  });
});
