import type { Epoll } from "./calls_epoll";
import type { Descriptor, Descriptors } from "./descriptors";
import { Mismatch, type Place } from "./errors";
import type { Network } from "./network";
import type { Call, Expression, Micros } from "./script";
import type { Sockets } from "./sockets";
import type { System } from "./settings";
import { Values } from "./values";

/** What all calls of a run share. */
export interface Process {
  readonly sockets: Sockets;
  readonly descriptors: Descriptors;
  readonly network: Network;
  readonly epolls: Map<number, Epoll>;
  readonly now: () => Micros;
  /** When something has to be looked at again, whatever happens before. */
  readonly alarm: (at: Micros) => void;
  /** Whose calls these are. */
  readonly system: System;
}

/** One call and everything it may use. */
export class CallContext {
  readonly values: Values;

  constructor(
    readonly process: Process,
    readonly call: Call,
    readonly place: Place,
  ) {
    this.values = new Values(place);
  }

  get sockets(): Sockets {
    return this.process.sockets;
  }

  arg(index: number): Expression | undefined {
    return this.call.args[index];
  }

  number(index: number, purpose: string): number {
    return this.values.number(this.arg(index), purpose);
  }

  /** As many arguments as the call takes. */
  arity(count: number, ...others: number[]): void {
    const { args, name } = this.call;
    if ([count, ...others].includes(args.length)) return;
    this.values.fail(`${name}() takes ${[count, ...others].join(" or ")} arguments, not ${args.length}`);
  }

  /** The module's descriptor for the first argument, or one it does not know. */
  get live(): number {
    return this.process.descriptors.live(this.number(0, "a file descriptor"));
  }

  /** What the process knows of the first argument's socket. */
  get descriptor(): Descriptor | undefined {
    return this.process.descriptors.get(this.number(0, "a file descriptor"));
  }

  /** The result the script expects, where it is a number. */
  get expected(): number | undefined {
    const { result } = this.call;
    return result.kind === "any" ? undefined : this.values.number(result, "a result");
  }

  /** Whether the script expects the call to succeed. */
  get shouldSucceed(): boolean {
    return (this.expected ?? 0) >= 0;
  }

  mismatch(what: string, expected: string, actual: string): Mismatch {
    return new Mismatch(this.place, `${this.call.name}(): ${what}`, { expected, actual });
  }

  /** A check that a number given back is the script's; "..." is any. */
  compare(what: string, expected: Expression | undefined, actual: number): Mismatch | undefined {
    if (!expected || expected.kind === "any") return undefined;
    const wanted = this.values.number(expected, what);
    return wanted === actual ? undefined : this.mismatch(`another ${what}`, `${what} ${wanted}`, `${what} ${actual}`);
  }
}
