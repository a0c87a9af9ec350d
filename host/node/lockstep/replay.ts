import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Guarded, hasProgram } from "../emulator/process";
import type { Passed } from "../session/frames";

/** A firmware that replays, and the machine it is for. */
export interface ReplayFirmware {
  /** What reports call it. */
  readonly name: string;
  /** QEMU's machine, and what QEMU is told besides. */
  readonly machine: string;
  readonly args: readonly string[];
  /** The firmware: `npm run firmware -- --replay`. */
  readonly elf: string;
}

/** What it shall report beyond frames and the checksums where the session has one. */
export interface Wishes {
  /** The checksum of the memory behind each step from this one ... */
  readonly from?: number;
  /** ... to this one. */
  readonly to?: number;
  /** All of the memory behind this step. */
  readonly dump?: number;
}

/** A frame by the number of the step that sent it. */
export interface ReplayedFrame extends Passed {
  readonly step: number;
}

/** What a firmware has reported: host/boards/common/replay.c says how. */
export interface Replayed {
  readonly frames: ReplayedFrame[];
  /** The CRC-32 of the memory behind steps; the last one counts. */
  readonly checksums: Map<number, number>;
  /** Where it stopped, and how the call ended: not as was recorded. */
  stop?: { readonly step: number; readonly result: number; readonly trap: string | undefined };
  /** All of the memory, where that was asked for. */
  memory?: Uint8Array;
  /** How many steps it played, when it came to the end. */
  steps?: number;
}

const QEMU = "qemu-system-arm";
const COMPLAINT = /^(\S*\/)?qemu-system-\w+: (?!warning)/;
/** Milliseconds a replay may take: a megabyte takes three seconds. */
const LIMIT = 300_000;

/** Replay a session in a board's firmware in QEMU. Rejects with an Error of one line when that cannot be done. */
export async function replay(session: Uint8Array, firmware: ReplayFirmware, wishes: Wishes = {}): Promise<Replayed> {
  if (!hasProgram(QEMU)) throw new Error(`${QEMU} is not installed: apt-get install qemu-system-arm (Debian, Ubuntu)`);
  const folder = mkdtempSync(join(tmpdir(), "sandwire-replay-"));
  try {
    writeFileSync(join(folder, "session"), session);
    await run(firmware, wishes, folder);
    return readReport(readFileSync(join(folder, "report")), firmware.name);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run({ name, machine, args, elf }: ReplayFirmware, { from = 0, to = 0, dump = 0 }: Wishes, folder: string) {
  const words = [from, to, dump].map((word) => `arg=${word}`).join(",");
  const qemu = new Guarded(
    QEMU,
    [
      ...["-machine", machine, "-display", "none", "-nodefaults", "-net", "none", "-kernel", elf],
      ...["-semihosting-config", `enable=on,target=native,${words}`, ...args],
    ],
    COMPLAINT,
    { cwd: folder },
  );
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void qemu.stop();
  }, LIMIT);
  const { said } = await qemu.ended;
  clearTimeout(timer);
  if (late) throw new Error(`${name} has not come to the end of the session within ${LIMIT / 1000} s`);
  if (COMPLAINT.test(said)) throw new Error(`${name}: ${said.replace(COMPLAINT, "")}`);
}

/** Reads records of a letter and words. Throws an Error of one line when the firmware could not replay, or was interrupted. */
function readReport(octets: Buffer, name: string): Replayed {
  const replayed: Replayed = { frames: [], checksums: new Map() };
  let at = 0;
  const word = (): number => octets.readUInt32LE((at += 4) - 4);
  const take = (length: number): Buffer => octets.subarray(at, (at += length));
  while (at < octets.length) {
    const letter = String.fromCharCode(octets[at++]);
    const first = word();
    if (letter === "X") throw new Error(`${name}: ${take(first).toString()}`);
    read(letter, first, replayed, word, take);
  }
  if (replayed.steps === undefined && !replayed.stop) throw new Error(`${name} has ended before the session did`);
  return replayed;
}

function read(letter: string, step: number, into: Replayed, word: () => number, take: (length: number) => Buffer): void {
  if (letter === "F") into.frames.push({ step, sent: true, iface: word(), octets: take(word()) });
  if (letter === "C") into.checksums.set(step, word());
  if (letter === "M") into.memory = take(word());
  if (letter === "T") into.stop = { step, result: 0, trap: take(word()).toString() };
  if (letter === "D") into.stop = { step, result: (word(), word()), trap: undefined };
  if (letter !== "E") return;
  into.steps = step;
  into.checksums.set(step, word());
}
