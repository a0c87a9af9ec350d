import { afterAll, beforeAll, describe, expect } from "vitest";
import { type Namespace, privateNetwork } from "../interop/namespace";
import { Folder, pattern, sha256 } from "../interop/octets";
import { needs } from "../support/needs";
import { openEcosystem } from "./ecosystem";
import type { Ecosystem } from "./inside/lab";

const test = needs("unshare", "ip", "redis-server", privateNetwork());
const [HOST, BOARD] = ["10.0.0.1", "10.0.0.2"];

describe("node-redis on a board and redis-server", () => {
  const folder = new Folder();
  let network: Namespace<Ecosystem>;

  beforeAll(async () => {
    network = await openEcosystem();
    const settings = { port: 6379, bind: HOST, dir: folder.path, save: "", appendonly: "no", "protected-mode": "no" };
    const options = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    await network.lab.start(["redis-server", ...options]);
    await network.lab.waitForPort(HOST, 6379);
  });
  afterAll(async () => {
    await network?.close();
    folder.remove();
  });

  test("the server sees the board's address", async () => {
    expect(await network.lab.redisPeers(HOST)).toEqual([BOARD]);
  });

  test("text, and a value of 1 MiB, there and back", async () => {
    expect(await network.lab.redisValues(HOST)).toEqual({
      text: "größer als ASCII",
      large: sha256(pattern(1 << 20)),
      length: 1 << 20,
    });
  });

  test("10,000 commands at once, each with its own answer", async () => {
    expect(await network.lab.redisPipeline(HOST, 10_000)).toEqual({ wrong: 0, total: 10_000 });
  });

  test("a transaction", async () => {
    expect(await network.lab.redisTransaction(HOST)).toEqual([2, { a: "1", b: "2" }, 1, 0]);
  });

  test("publish and subscribe, by channel and by pattern", async () => {
    const numbers = Array.from({ length: 500 }, (_, i) => `number ${i}`);
    expect(await network.lab.redisChannels(HOST, 500)).toEqual({
      heard: numbers,
      matched: [...numbers.map((one) => `news: ${one}`), "news: nobody hears this", "nothing: the end"],
    });
  });

  test("the server ends the connection: the client comes back", async () => {
    const { before, after, value } = await network.lab.redisReconnect(HOST);
    expect(after).toBeGreaterThan(before);
    expect(value).toBe("yes");
  });

  test("nobody listens", async () => {
    expect(await network.lab.redisFailure(HOST)).toBe(`connect ECONNREFUSED ${HOST}:6380`);
  });

  test("no socket is left behind", async () => {
    const open = async () => (await network.lab.sockets()).filter(({ kind }) => kind !== "TimeWait");
    await expect.poll(open, { timeout: 5_000 }).toEqual([]);
  });
});
