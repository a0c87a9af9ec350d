import { afterAll, beforeAll, describe, expect } from "vitest";
import { needs } from "../support/needs";
import { captureFile, examine } from "./capture";
import { type Namespace, openNamespace, privateNetwork } from "./namespace";
import { Folder, MIB, pattern, receipt, sha256 } from "./octets";

const test = needs("unshare", "ip", "curl", "tshark", privateNetwork());
const folder = new Folder();
afterAll(() => folder.remove());

/** Each way. */
const FAULTS = { loss: 0.02, duplication: 0.02, reordering: 0.02, corruption: 0.005, delay: 5 };

// With a window of a segment or two nearly every loss costs a timeout, so that the small profiles move less.
describe.each([
  ["tiny", MIB / 4],
  ["default", MIB / 2],
  ["host", 5 * MIB],
] as const)("the kernel and a board of profile %s, over a bad cable", (profile, length) => {
  const capture = captureFile(`loss.${profile}`);
  const data = pattern(length);
  let network: Namespace;
  let mac: string;

  beforeAll(async () => {
    network = openNamespace();
    mac = await network.lab.boot({ profile, pcap: capture, faults: FAULTS });
  });
  afterAll(() => network?.close());

  async function curl(line: string): Promise<string> {
    const { code, out, err } = await network.lab.shell(line, { limit: 110_000 });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    return out;
  }

  test(`the board sends ${length} octets unharmed`, async () => {
    expect(await curl(`curl -sS http://10.0.0.2/bytes/${length} | sha256sum`)).toContain(sha256(data));
  }, 120_000);

  test(`the board receives ${length} octets unharmed`, async () => {
    const file = folder.write(profile, data);
    expect(JSON.parse(await curl(`curl -sS -T ${file} http://10.0.0.2/upload`))).toEqual(receipt(data));
  }, 120_000);

  test("the cable was bad", async () => {
    const { sending, receiving } = await network.lab.damage();
    for (const { lost, duplicated, reordered, corrupted } of [sending, receiving]) {
      expect(Math.min(lost, duplicated, reordered, corrupted)).toBeGreaterThan(0);
    }
  });

  test("tshark finds no fault in any frame of the board", async () => {
    await network.lab.powerOff();
    expect((await examine(capture, mac)).faults).toEqual([]);
  }, 240_000);
});
