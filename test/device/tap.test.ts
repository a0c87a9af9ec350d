import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import { buildProgram } from "../../host/tools/chost";
import { needs } from "../support/needs";
import { bytes } from "./cable";

const tun = spawnSync("unshare", ["-Urn", "sh", "-c", ": <>/dev/net/tun"], { timeout: 5000 }).status === 0;
const test = needs("cc", "curl", { what: "`unshare -Urn` and the right to open /dev/net/tun", present: tun });

/** The device beside curl, in a network of their own that ends with the shell. */
const SCRIPT = `"$1" --tap sw0 --serve build/sandwire.default.wasm & device=$!
curl -sS -m 20 --retry 40 --retry-delay 1 --retry-all-errors http://10.0.0.2/bytes/100000
code=$?; kill $device; exit $code`;

test("the kernel reaches a device on a TAP interface", { timeout: 120_000 }, async () => {
  const file = await buildProgram({ engine: "wasm3", out: "build/wasm3/sandwire-wasm3" });
  const { status, stdout, stderr } = spawnSync("unshare", ["-Urn", "sh", "-c", SCRIPT, "sh", file], { timeout: 60_000 });
  expect(status, stderr.toString()).toBe(0);
  expect(stdout.equals(bytes(100_000))).toBe(true);
});

test("without the right it says in one line what to do", { timeout: 120_000 }, async () => {
  const file = await buildProgram({ engine: "wasm3", out: "build/wasm3/sandwire-wasm3" });
  const command = ["-U", file, "--tap", "sw0", "build/sandwire.default.wasm"];
  const { status, stderr } = spawnSync("unshare", command, { encoding: "utf8", timeout: 20_000 });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^sandwire-wasm3: --tap sw0: .*: run as root, with CAP_NET_ADMIN, or try inside `unshare -Urn`\n$/);
});
