import { afterAll, beforeAll, describe, expect } from "vitest";
import { needs } from "../support/needs";
import { type Namespace, openNamespace, privateNetwork } from "./namespace";
import { Folder, MIB, pattern, receipt, sha256 } from "./octets";

const test = needs("unshare", "ip", "curl", privateNetwork());
const folder = new Folder();
afterAll(() => folder.remove());

// The smallest has windows of 1 KiB: that is 20,000 round trips. The command's test moves 100 MiB with profile default.
describe.each([
  ["tiny", 10 * MIB],
  ["default", 10 * MIB],
  ["host", 100 * MIB],
] as const)("a board of profile %s", (profile, length) => {
  let network: Namespace;
  const data = pattern(length);

  beforeAll(async () => {
    network = openNamespace();
    await network.lab.boot({ profile });
  });
  afterAll(() => network?.close());

  /** Run curl in a pipe; what it prints, and how many MB it moved in a second. */
  async function curl(direction: "speed_download" | "speed_upload", line: string): Promise<string> {
    const { code, out, err } = await network.lab.shell(line, { limit: 110_000 });
    expect({ code, err: err.replace(/^\d+$/m, "").trim() }).toEqual({ code: 0, err: "" });
    console.log(`${profile}: ${direction} of ${length / MIB} MiB at ${(Number(/^\d+$/m.exec(err)) / 1e6).toFixed(1)} MB/s`);
    return out;
  }

  test(`sends ${length / MIB} MiB unharmed`, async () => {
    const format = "%{stderr}%{speed_download}";
    const out = await curl("speed_download", `curl -sS -w '${format}' http://10.0.0.2/bytes/${length} | sha256sum`);
    expect(out).toContain(sha256(data));
  }, 120_000);

  test(`receives ${length / MIB} MiB unharmed`, async () => {
    const file = folder.write(profile, data);
    const format = "%{stderr}%{speed_upload}";
    const out = await curl("speed_upload", `curl -sS -w '${format}' -T ${file} http://10.0.0.2/upload`);
    expect(JSON.parse(out)).toEqual(receipt(data));
  }, 120_000);
});
