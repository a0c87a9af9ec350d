import type { Attempt, Outcome } from "./attempt";
import type { CallContext } from "./call_context";
import { ERRNO } from "./constants";

const AGAIN = -ERRNO["EAGAIN"];

/**
 * A call that a blocking socket waits in: what would block is tried again, for at most SO_RCVTIMEO or SO_SNDTIMEO. The module itself
 * never blocks.
 */
export function waiting(context: CallContext, way: "receive" | "send", nonblocking: boolean, once: () => Outcome): Attempt {
  if (nonblocking) return once;
  const { descriptor, process, call } = context;
  const limit = (way === "receive" ? descriptor?.receiveTimeout : descriptor?.sendTimeout) ?? 0;
  const until = limit ? process.now() + limit * 1000 : Infinity;
  process.alarm(until);
  const late = call.name === "connect" ? -ERRNO["EINPROGRESS"] : AGAIN;
  return () => {
    const outcome = once();
    if (outcome.result !== AGAIN) return outcome;
    return process.now() >= until ? { result: late } : null;
  };
}
