import type { Mismatch } from "./errors";

/** What a call came to. */
export interface Outcome {
  /** A count, a descriptor of the script, 0, or a negated errno. */
  result: number;
  /** Whether what else the call gave back is what the script says. */
  check?: () => Mismatch | undefined;
}

/** Try a call: its outcome, or null where a blocking socket waits. May be called again and again. */
export type Attempt = () => Outcome | null;

/** An attempt that needs no more than one try. */
export function immediate(result: number, more: Partial<Outcome> = {}): Attempt {
  return () => ({ result, ...more });
}
