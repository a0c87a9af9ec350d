import { afterAll, beforeAll, describe, expect } from "vitest";
import { needs } from "../support/needs";
import { captureFile, examine } from "./capture";
import { type Namespace, openNamespace, privateNetwork } from "./namespace";

const test = needs("unshare", "ip", "tshark", privateNetwork());

// A board's sockets send what fits into its scratch region, and receive what fits into their buffers.
describe.each([
  ["tiny", [0, 1, 2, 255, 400]],
  ["default", [0, 1, 2, 255, 1400]],
  ["host", [0, 1, 2, 255, 1471, 1472, 1473, 2953, 20_000, 65_000]],
] as const)("UDP sockets of a board of profile %s", (profile, sizes) => {
  const capture = captureFile(`datagrams.${profile}`);
  let network: Namespace;
  let mac: string;

  beforeAll(async () => {
    network = openNamespace();
    mac = await network.lab.boot({ profile, serve: false, pcap: capture });
  });
  afterAll(() => network?.close());

  test("datagrams go to the kernel and come back unharmed", async () => {
    expect(await network.lab.echoed([...sizes])).toEqual(sizes);
  });

  test("a connected socket hears from the kernel that nobody listens", async () => {
    expect(await network.lab.refused()).toBe("ECONNREFUSED");
  });

  test("tshark finds no fault in any frame of the board", async () => {
    await network.lab.powerOff();
    const { frames, faults } = await examine(capture, mac);
    expect(faults).toEqual([]);
    expect(frames).toBeGreaterThan(sizes.length);
  });
});
