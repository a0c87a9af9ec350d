import { afterAll, beforeAll, describe, expect } from "vitest";
import { needs } from "../support/needs";
import { captureFile, examine } from "./capture";
import { type Namespace, openNamespace, privateNetwork } from "./namespace";
import { KERNEL as HOST, nginxConfiguration } from "./nginx";
import { Folder, MIB, pattern, sha256 } from "./octets";

const test = needs("unshare", "ip", "nginx", "tshark", privateNetwork());
const BIG = 10 * MIB;

describe.each(["tiny", "default", "host"] as const)("a board of profile %s as nginx's client", (profile) => {
  const capture = captureFile(`nginx.${profile}`);
  const folder = new Folder();
  const small = pattern(3000);
  const [tiny, whole] = [sha256(small), sha256(pattern(BIG))];
  let network: Namespace;
  let mac: string;

  beforeAll(async () => {
    const configuration = folder.write("nginx.conf", nginxConfiguration(folder));
    folder.write("www/small", small);
    folder.write("www/big", pattern(BIG));
    network = openNamespace();
    mac = await network.lab.boot({ profile, serve: false, pcap: capture });
    await network.lab.start(["nginx", "-p", folder.path, "-c", configuration]);
    await network.lab.waitForPort(HOST, 80);
  });
  afterAll(async () => {
    await network?.close();
    folder.remove();
  });

  test("fetches 10 MiB unharmed", async () => {
    const [fetched] = await network.lab.fetch({ host: HOST, port: 80, paths: ["/big"] });
    expect(fetched).toMatchObject({ status: 200, length: BIG, sha256: whole });
  }, 120_000);

  test("asks for many things over one connection", async () => {
    const paths = Array.from({ length: 100 }, () => "/small");
    const fetched = await network.lab.fetch({ host: HOST, port: 80, paths, keepAlive: true });
    expect(fetched.map(({ status, sha256 }) => `${status} ${sha256}`)).toEqual(paths.map(() => `200 ${tiny}`));
    expect(new Set(fetched.map(({ port }) => port)).size).toBe(1);
  });

  test("gets the answer after its half-close", async () => {
    // A small one: what its client's end finds unsent, nginx throws away.
    const [fetched] = await network.lab.fetch({ host: HOST, port: 80, paths: ["/small"], halfClose: true });
    expect(fetched).toMatchObject({ status: 200, sha256: tiny });
  });

  test("receives 10 MiB that are sent only after its half-close", async () => {
    const { question, answer } = await network.lab.exchange({ text: "that was all\n".repeat(1000), length: BIG });
    expect(question).toBe(sha256(Buffer.from("that was all\n".repeat(1000))));
    expect(answer).toBe(whole);
  }, 120_000);

  test("makes 300 connections in a row", async () => {
    const paths = Array.from({ length: 300 }, () => "/small");
    const fetched = await network.lab.fetch({ host: HOST, port: 80, paths });
    expect(new Set(fetched.map(({ status, sha256 }) => `${status} ${sha256}`))).toEqual(new Set([`200 ${tiny}`]));
    const open = async () => (await network.lab.sockets()).filter(({ kind }) => kind !== "TimeWait");
    await expect.poll(open, { timeout: 5_000 }).toEqual([]); // the last one may still be closing
  }, 60_000);

  test("hears that nobody listens", async () => {
    await expect(network.lab.fetch({ host: HOST, port: 81, paths: ["/"] })).rejects.toThrow("ECONNREFUSED");
  });

  test("tshark finds no fault in any frame of the board", async () => {
    await network.lab.powerOff();
    const { frames, faults } = await examine(capture, mac);
    expect(faults).toEqual([]);
    expect(frames).toBeGreaterThan(2000);
  }, 240_000);
});
