import { afterAll, beforeAll, describe, expect } from "vitest";
import { needs } from "../support/needs";
import { type Namespace, openNamespace, privateNetwork } from "./namespace";
import { Folder, MIB, pattern, receipt, sha256 } from "./octets";

const test = needs("unshare", "ip", "ss", "curl", "sysctl", privateNetwork());
const folder = new Folder();
afterAll(() => folder.remove());

const LENGTH = 100 * MIB;
/** Each way. */
const FAULTS = { loss: 0.01, reordering: 0.01, delay: 3 };
const LIMIT = 290_000;

describe("the kernel and a board with all that modern TCP has, over a bad cable", () => {
  let network: Namespace;
  const data = pattern(LENGTH);

  beforeAll(async () => {
    network = openNamespace();
    await network.lab.boot({ profile: "host", faults: FAULTS });
    // The kernel asks for ECN; everything else it asks for by default.
    await network.lab.run(["sysctl", "-qw", "net.ipv4.tcp_ecn=1"]);
  });
  afterAll(() => network?.close());

  /** Run curl; meanwhile, what ss says of its connection. */
  async function transfer(line: string): Promise<{ out: string; agreed: string }> {
    const watch = network.lab.shell(
      "for i in $(seq 100); do ss -tinoOH state established dst 10.0.0.2 | grep -m1 bytes_ && break; sleep 0.1; done",
    );
    const { code, out, err } = await network.lab.shell(line, { limit: LIMIT });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    return { out, agreed: (await watch).out };
  }

  function expectAll(agreed: string): void {
    for (const what of [/\bts\b/, /\bsack\b/, /\becn\b/, /\bwscale:\d+,\d+/]) expect(agreed).toMatch(what);
  }

  test(
    "100 MiB from the board arrive unharmed",
    async () => {
      const { out, agreed } = await transfer(`curl -sS http://10.0.0.2/bytes/${LENGTH} | sha256sum`);
      expect(out).toContain(sha256(data));
      expectAll(agreed);
    },
    LIMIT,
  );

  test(
    "100 MiB to the board arrive unharmed",
    async () => {
      const file = folder.write("upload", data);
      const { out, agreed } = await transfer(`curl -sS -T ${file} http://10.0.0.2/upload`);
      expect(JSON.parse(out)).toEqual(receipt(data));
      expectAll(agreed);
    },
    LIMIT,
  );

  test("the cable was bad", async () => {
    const { sending, receiving } = await network.lab.damage();
    for (const { lost, reordered } of [sending, receiving]) expect(Math.min(lost, reordered)).toBeGreaterThan(100);
  });
});
