import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Need } from "../support/needs";
import type { Lab } from "./inside/lab";
import type { Answer, Question } from "./inside/serve";

/** The functions of a laboratory as they are seen from outside: each answers later. */
export type Remote<L> = {
  [Name in keyof L]: L[Name] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;
};

const UNSHARE = ["unshare", "-Urn"] as const;
const SCRIPT = join(import.meta.dirname, "inside", "main.ts");

/** For `needs`: whether this machine lets us make a network namespace with a TAP interface in it. */
export function privateNetwork(): Need {
  const { status } = spawnSync(UNSHARE[0], [...UNSHARE.slice(1), "test", "-w", "/dev/net/tun"], { timeout: 10_000 });
  return { what: "the right to use /dev/net/tun in a network namespace (unshare -Urn)", present: status === 0 };
}

/** Make a private network namespace with a process in it that does what it is asked. */
export function openNamespace(): Namespace {
  return new Namespace(SCRIPT);
}

/** The same with a process that runs another script, and so another laboratory. */
export function openNamespaceWith<L extends object>(script: string): Namespace<L> {
  return new Namespace<L>(script);
}

/**
 * A network namespace. It, what runs in it and its interfaces are gone after `close()`, and when this process ends. The network of
 * the machine is never touched.
 */
export class Namespace<L extends object = Lab> {
  readonly lab: Remote<L>;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  private readonly gone: Promise<void>;
  private questions = 0;
  private log = "";

  constructor(script: string) {
    const command = [...UNSHARE.slice(1), process.execPath, "--import", "tsx", script];
    this.child = spawn(UNSHARE[0], command, { stdio: ["ignore", "pipe", "pipe", "ipc"], serialization: "advanced" });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (chunk: Buffer) => (this.log = (this.log + chunk.toString()).slice(-4000)));
    }
    this.child.on("message", (answer) => this.settle(answer as Answer));
    this.gone = new Promise((resolve) => {
      const end = (why: string): void => {
        this.fail(new Error(`the process in the namespace ended (${why}): ${this.log}`));
        resolve();
      };
      this.child.once("error", (error) => end(error.message));
      // Not "close": that does not come when the disconnect was ours.
      this.child.once("exit", (code, signal) => end(String(signal ?? code)));
    });
    this.lab = new Proxy({} as Remote<L>, { get: (_, name) => this.function(String(name)) });
  }

  private function(name: string): (...args: unknown[]) => Promise<unknown> {
    return (...args) =>
      new Promise((resolve, reject) => {
        const question: Question = { id: this.questions++, name, args };
        this.waiting.set(question.id, { resolve, reject });
        if (!this.child.connected) return this.fail(new Error(`the process in the namespace has ended: ${this.log}`));
        this.child.send(question);
      });
  }

  private settle({ id, value, error }: Answer): void {
    const asker = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) asker?.resolve(value);
    else asker?.reject(new Error(error));
  }

  private fail(error: Error): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }

  /** End everything in the namespace; resolves when it is gone. */
  async close(): Promise<void> {
    if (this.child.connected) this.child.disconnect();
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 5_000);
    await this.gone;
    clearTimeout(timer);
  }
}
