import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Drop, State, Trace, TraceRecord } from "../../host/node/abi";
import type { Sighting } from "./ladder";
import type { Station } from "./station";
import type { World } from "./world";

/** Lines of the ladder printed with a failure. */
const TAIL = 16;

/** Leave everything needed to understand a failure under build/failed/<test>/, and print the end of the story. */
export function writeEvidence(world: World, test: string): void {
  const folder = join("build", "failed", test.replace(/[^\w.-]+/g, "_").slice(0, 120));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "ladder.txt"), world.ladder.draw());
  writeFileSync(join(folder, "frames.pcap"), pcap(world.ladder.sightings));
  writeFileSync(join(folder, "seed.txt"), `${world.seed}\n${JSON.stringify(world.options, null, 2)}\n`);
  for (const station of world.stations) writeStation(folder, station);
  process.stderr.write(`\n${test}\n${world.ladder.draw(TAIL)}\nevidence: ${folder}\n`);
}

function writeStation(folder: string, station: Station): void {
  const { board } = station;
  writeFileSync(join(folder, `${station.name}.trace.txt`), trace(station));
  writeFileSync(join(folder, `${station.name}.memory.bin`), new Uint8Array(board.memory.buffer));
  const rows = attempt(() => station.rows()) ?? "the module trapped";
  writeFileSync(join(folder, `${station.name}.netstat.json`), JSON.stringify({ rows, counters: board.counters() }, null, 2));
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

/** Nanosecond pcap, the classic format: everybody reads it, and it is none of the project's own. */
export function pcap(sightings: Sighting[]): Uint8Array {
  const size = sightings.reduce((sum, { packet }) => sum + 16 + packet.frame.length, 24);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  [0xa1b23c4d, 0x00040002, 0, 0, 65535, 1].forEach((word, i) => view.setUint32(4 * i, word, true));
  let at = 24;
  for (const { at: ms, packet } of sightings) {
    const { frame } = packet;
    view.setUint32(at, Math.floor(ms / 1000), true);
    view.setUint32(at + 4, Math.round((ms % 1000) * 1e6), true);
    view.setUint32(at + 8, frame.length, true);
    view.setUint32(at + 12, frame.length, true);
    bytes.set(frame, at + 16);
    at += 16 + frame.length;
  }
  return bytes;
}

/** The trace ring in words, oldest first. */
export function trace(station: Station): string {
  const { memory, exports } = station.board;
  const start = exports.trace();
  if (start === 0) return "this build has no trace\n";
  const view = new DataView(memory.buffer);
  const total = exports.traced();
  const entries = 256;
  const lines: string[] = [];
  for (let n = Math.max(0, total - entries); n < total; n++) {
    const at = start + (n % entries) * TraceRecord.size;
    const word = (offset: number) => view.getUint32(at + offset, true);
    lines.push(`${n}\t${event(word(TraceRecord.event), word(TraceRecord.a), word(TraceRecord.b), word(TraceRecord.c))}`);
  }
  return lines.join("\n") + "\n";
}

function event(kind: number, a: number, b: number, c: number): string {
  if (kind === Trace.Drop) return `drop ${Drop[a] ?? a}`;
  if (kind === Trace.Enter) return `connection ${a}: ${State[b] ?? b} -> ${State[c] ?? c}`;
  return `${Trace[kind] ?? kind} ${a} ${b} ${c}`;
}
