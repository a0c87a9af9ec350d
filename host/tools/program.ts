import { root, runProgram } from "./process";

/** A program the machine must have, and what to do where it has not. */
export interface Program {
  command: string;
  /** Said after "is missing: ". */
  remedy: string;
}

/** The machine's C compiler. */
export const compiler: Program = {
  command: process.env["CC"] ?? "cc",
  remedy: "install a C compiler (Debian: apt install gcc libc6-dev), or say in CC which one to take",
};

/**
 * Runs a program in the checkout's top folder; what it wrote. Throws an Error of one line when it is missing, one with all it said when
 * it fails.
 */
export async function perform({ command, remedy }: Program, args: string[], limit = 300_000): Promise<string> {
  const { code, output, missing } = await runProgram(command, args, { cwd: root, limit });
  if (missing) throw new Error(`${command} is missing: ${remedy}`);
  if (code !== 0) throw new Error(`${command} failed (${code}):\n${output.trimEnd()}`);
  return output;
}
