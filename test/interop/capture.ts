import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);
const folder = join("build", "interop");
const BAD_CHECKSUM = ["ip", "icmp", "tcp", "udp"].map((protocol) => `${protocol}.checksum.status == "Bad"`);
const CHECK = ["ip", "tcp", "udp"].flatMap((protocol) => ["-o", `${protocol}.check_checksum:TRUE`]);
/** Some minutes for a big capture on a slow machine. */
const LIMIT = 240_000;

/** Where the capture of that name lies; it stays there as evidence. */
export function captureFile(name: string): string {
  mkdirSync(folder, { recursive: true });
  return join(folder, `${name}.pcapng`);
}

/** What tshark, with `more` options, has to say about the frames of a capture that match `filter`: a line each, or its `fields`. */
export async function dissect(path: string, filter: string, fields: string[] = [], more: string[] = []): Promise<string[]> {
  const columns = fields.length ? ["-T", "fields", ...fields.flatMap((field) => ["-e", field])] : [];
  const args = ["-n", "-r", path, ...CHECK, ...more, "-Y", filter, ...columns];
  const { stdout } = await execute("tshark", args, { timeout: LIMIT, maxBuffer: 1 << 26 });
  return stdout.split("\n").filter((line) => line !== "");
}

/** How many frames the interface with this MAC address emitted, and those in which tshark finds a fault. */
export async function examine(path: string, mac: string, more: string[] = []): Promise<{ frames: number; faults: string[] }> {
  const ours = `eth.src == ${mac}`;
  const frames = await dissect(path, ours, ["frame.number"], more);
  const faults = await dissect(
    path,
    `${ours} && (_ws.malformed || ${BAD_CHECKSUM.join(" || ")} || _ws.expert.severity == "Error")`,
    [],
    more,
  );
  return { frames: frames.length, faults };
}
