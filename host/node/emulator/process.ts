import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Lines } from "./lines";

/**
 * The program runs beside one that waits for the end of standard input, which is a pipe from us: it comes when we close it and
 * when this process ends, in whatever way. Then the program is killed. When the program ends first, so does the one that waits. In the
 * end the folder that is the first argument is removed, unless it is empty; by then nobody may be left to read complaints.
 */
const GUARD = `
exec 3<&0
folder=$1; shift
"$@" </dev/null 3<&- & program=$!
trap "" PIPE
{ read -r _; kill -9 $program; } <&3 >/dev/null 2>&1 & guard=$!
wait $program; code=$?
kill $guard
[ -z "$folder" ] || rm -rf -- "$folder"
exit $code`;

/** How a program ended. */
export interface Ending {
  code: number;
  /** The last line it wrote, of those that are complaints where there are any. */
  said: string;
}

/** Folders of a program. */
interface Folders {
  /** It works there; where this process does when absent. */
  cwd?: string;
  /** Removed once it has ended, also when this process is no more. */
  scratch?: string;
}

/** A program that never outlives this process, however that ends. */
export class Guarded {
  /** Settles when it has ended. */
  readonly ended: Promise<Ending>;
  private readonly child: ChildProcess;
  private said = "";

  /**
   * Start it in a process group of its own: Ctrl-C is not for it. Throws nothing; what cannot be started has ended.
   *
   * @param complaint what its complaints look like
   */
  constructor(program: string, args: string[], complaint: RegExp, { cwd, scratch = "" }: Folders = {}) {
    const options: SpawnOptions = { stdio: ["pipe", "pipe", "pipe"], detached: true, ...(cwd === undefined ? {} : { cwd }) };
    this.child = spawn("sh", ["-c", GUARD, "sh", scratch, program, ...args], options);
    const lines = new Lines((line) => {
      if (complaint.test(line) || (line.trim() && !complaint.test(this.said))) this.said = line.trim();
    });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on("data", (chunk: Buffer) => lines.take(chunk));
    this.child.stdin?.on("error", () => undefined);
    this.ended = new Promise((resolve) => {
      const end = (code: number): void => {
        lines.end();
        resolve({ code, said: this.said });
      };
      this.child.once("error", (error) => {
        this.said = error.message;
        end(127);
      });
      this.child.once("close", (code) => end(code ?? 1));
    });
  }

  /** End it; resolves when it is gone. */
  async stop(): Promise<void> {
    this.child.stdin?.destroy();
    await this.ended;
  }
}

/** True when a program of that name can be started. */
export function hasProgram(name: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, name)));
}
