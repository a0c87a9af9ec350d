import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
/** One instruction takes a nanosecond of virtual time, so the machine's timer counts instructions and every run is the same. */
const EMULATOR =
  "-M mps2-an385 -icount shift=0 -nographic -monitor none -serial none -semihosting-config enable=on,target=native";

/** Per segment or request. */
export interface Figures {
  /** Instructions in all. */
  instructions: number;
  /** Of these, the driver's. */
  driver: number;
  /** Frames the stack sent. */
  frames: number;
}

export const SCENARIOS = ["receive", "send", "request"] as const;
export type Scenario = (typeof SCENARIOS)[number];
/** Octets that an interpreter has allocated: records of the module's functions, and the code of those that were called. */
export interface Heap {
  module: number;
  code: number;
}

export type Result = Record<Scenario, Figures> & { heap?: Heap };

/** Runs a firmware of the bench in QEMU to its end; every value it printed. */
export async function valuesOf(elf: string, limit = 300_000): Promise<Map<string, number>> {
  try {
    // Semihosting writes to the standard error.
    const { stderr } = await run("qemu-system-arm", [...EMULATOR.split(" "), "-kernel", elf], { timeout: limit });
    const rows = stderr.split("\n").map((line) => /^([a-z.]+) (\d+)$/.exec(line));
    return new Map(rows.flatMap((row) => (row ? [[row[1] ?? "", Number(row[2])] as const] : [])));
  } catch (error) {
    const { code, stderr = "", killed } = error as { code?: unknown; stderr?: string; killed?: boolean };
    if (code === "ENOENT") throw new Error("qemu-system-arm is not installed: on Debian, apt install qemu-system-arm");
    throw new Error(`the bench's firmware ${killed ? "does not end" : "failed"}: ${elf}\n${stderr.trimEnd()}`);
  }
}

/** The same, per segment and request. Rejects with an Error of one line when the firmware has not printed what it should. */
export async function measure(elf: string): Promise<Result> {
  return figuresOf(await valuesOf(elf), elf);
}

/** Throws an Error of one line when a value is missing, or there was nothing to count. */
export function figuresOf(values: ReadonlyMap<string, number>, elf: string): Result {
  const value = (name: string): number => {
    const found = values.get(name);
    if (found === undefined) throw new Error(`the bench's firmware has not printed ${name}: ${elf}`);
    return found;
  };
  const figures = (scenario: Scenario): Figures => {
    if (value(`${scenario}.count`) === 0) throw new Error(`the bench's firmware has counted no ${scenario}: ${elf}`);
    const per = (what: string): number => value(`${scenario}.${what}`) / value(`${scenario}.count`);
    return { instructions: per("all"), driver: per("driver"), frames: per("frames") };
  };
  const result: Result = { receive: figures("receive"), send: figures("send"), request: figures("request") };
  if (values.has("heap.code")) result.heap = { module: value("heap.module"), code: value("heap.code") };
  return result;
}
