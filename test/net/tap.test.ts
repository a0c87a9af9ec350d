import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Libc } from "../../host/node/links/libc";
import { becomeTap, otherAddress } from "../../host/node/links/tap_device";
import { needs } from "../support/needs";

const child = join(import.meta.dirname, "inside/tap.ts");
const tun = spawnSync("unshare", ["-Urn", "sh", "-c", ": <>/dev/net/tun"], { timeout: 5000 }).status === 0;
const inNamespace = needs({ what: "`unshare -Urn` and the right to open /dev/net/tun", present: tun });

/** What the scenario says, played in a network namespace that ends with it; `before` runs in front of node there. */
function play(scenario: string, ...before: string[]): unknown {
  const command = [...before, process.execPath, "--import", "tsx", child, scenario];
  const run = spawnSync("unshare", ["-Urn", ...command], { encoding: "utf8", timeout: 20_000 });
  expect(run.signal, `${scenario} did not end by itself: ${run.stderr}`).toBe(null);
  expect(run.stdout, run.stderr).not.toBe("");
  return JSON.parse(run.stdout);
}

describe("tap", () => {
  inNamespace("configures the kernel's side, carries frames both ways unharmed, and vanishes when closed", () => {
    const expected = { count: 2000, address: "10.0.0.1/24", kernelAddress: "10.0.0.1", lost: 0, left: false };
    expect(play("echo")).toEqual(expected);
  });

  inNamespace("says in one line why it cannot be had", () => {
    expect(play("refusals")).toEqual({
      inUse: "TapError: the network interface sw0 is in use by another program",
      noTap: 'TapError: "lo" exists and is no TAP interface, or is no name for one',
      badName: 'TapError: "much-too-long-name" is no name for a network interface (1 to 15 characters)',
      badAddress: 'RangeError: "10.0.0.2" is not an address with a prefix length, such as 10.0.0.2/24',
      noRoom: "TapError: 10.0.0.2/32 leaves no address for the kernel's side of the interface",
    });
  });

  inNamespace("says in one line what to do when the right is missing", () => {
    expect(play("withoutRight", "unshare", "-U")).toMatch(/^TapError: no right to .*: run as root, .*unshare -Urn`$/);
  });

  inNamespace("tells when the interface is taken away", () => {
    expect(play("gone")).toMatch(/^TapError: the network interface sw0 is gone: errno \d+$/);
  });

  inNamespace("does not keep a process from exiting", () => {
    expect(play("exit")).toBe("exits");
  });

  it("gives the kernel the first address of the network that is not the board's", () => {
    expect(otherAddress("10.0.0.2/24")).toEqual({ ip: 0x0a000001, prefix: 24 });
    expect(otherAddress("192.168.7.129/25")).toEqual({ ip: 0xc0a80782, prefix: 25 });
    expect(otherAddress("172.16.255.254/12")).toEqual({ ip: 0xac100001, prefix: 12 });
  });

  it("tells the kernel's refusals apart", () => {
    const refusing = (errno: number): Libc => ({ ioctl: () => -1, errno: () => errno }) as unknown as Libc;
    expect(() => becomeTap(refusing(1), 3, "sw0")).toThrow("no right to create the network interface sw0");
    expect(() => becomeTap(refusing(16), 3, "sw0")).toThrow("in use");
    expect(() => becomeTap(refusing(22), 3, "sw0")).toThrow("no TAP interface");
    expect(() => becomeTap(refusing(5), 3, "sw0")).toThrow("errno 5");
  });
});
