import { afterAll, beforeAll, describe, expect } from "vitest";
import { type Namespace, privateNetwork } from "../interop/namespace";
import { needs } from "../support/needs";
import { openEcosystem } from "./ecosystem";
import type { Ecosystem } from "./inside/lab";

const test = needs("unshare", "ip", privateNetwork());
const [KERNEL, BOARD] = ["10.0.0.1", "10.0.0.2"];

describe("createDgram and peers at the kernel", () => {
  let network: Namespace<Ecosystem>;

  beforeAll(async () => {
    network = await openEcosystem();
  });
  afterAll(() => network?.close());

  test("DNS: the machine's resolver asks a name server on the board", async () => {
    expect(await network.lab.resolve(BOARD)).toEqual({ address: [BOARD], text: [["x".repeat(200)]], missing: "ENOTFOUND" });
  });

  test("DNS: the board asks a name server at the kernel", async () => {
    const names = ["board.test", "kernel.test", "nobody.test"];
    expect(await network.lab.askForNames(KERNEL, names)).toEqual([BOARD, KERNEL, undefined]);
  });

  test("NTP: the board asks a time server at the kernel", async () => {
    expect(Math.abs(await network.lab.askForTime(KERNEL))).toBeLessThan(1000);
  });

  test("datagrams of every length, from none to one that fills a frame and beyond", async () => {
    const lengths = [0, 1, 1471, 1472, 1473, 3000, 20_000];
    expect(await network.lab.echoes(KERNEL, lengths)).toEqual(lengths);
  });

  test("a group: the kernel tells the board, the board tells the kernel", async () => {
    expect(await network.lab.groups(KERNEL, BOARD, "239.7.7.7")).toEqual([`from ${KERNEL}`, `from ${BOARD}`]);
  });

  test("nobody is there: ECONNREFUSED", async () => {
    expect(await network.lab.refusedDatagram(KERNEL, 9)).toBe("recvmsg ECONNREFUSED");
  });

  test("no socket is left behind", async () => {
    expect(await network.lab.sockets()).toEqual([]);
  });
});
