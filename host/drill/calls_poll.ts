/** poll(2). */
import type { Attempt } from "./attempt";
import type { CallContext } from "./call_context";
import { CONSTANTS, pollNames } from "./constants";
import type { Mismatch } from "./errors";
import type { Expression } from "./script";

const { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLRDNORM, POLLWRNORM } = CONSTANTS;

interface Polled {
  fd: number;
  events: number;
  expected: Expression | undefined;
}

function poll(context: CallContext): Attempt {
  context.arity(3);
  const polled = context.values.items(context.arg(0), "the descriptors").map((item) => polledOf(context, item));
  const timeout = context.number(2, "a timeout in milliseconds");
  const { process } = context;
  const until = timeout < 0 ? Infinity : process.now() + timeout * 1000;
  process.alarm(until);
  return () => {
    const masks = polled.map((each) => maskOf(context, each));
    const ready = masks.filter((mask) => mask !== 0).length;
    if (ready === 0 && process.now() < until) return null;
    return { result: ready, check: () => compareMasks(context, polled, masks) };
  };
}

function polledOf(context: CallContext, item: Expression): Polled {
  const { values } = context;
  const fields = new Map(values.fields(item, "a pollfd").map(({ name, value }) => [name, value]));
  const fd = values.number(fields.get("fd"), "fd");
  return { fd, events: values.number(fields.get("events"), "events"), expected: fields.get("revents") };
}

function maskOf({ process: { descriptors }, sockets }: CallContext, { fd, events }: Polled): number {
  if (fd < 0) return 0;
  const ready = sockets.ready(descriptors.live(fd));
  const normal = (ready & POLLIN ? POLLRDNORM : 0) | (ready & POLLOUT ? POLLWRNORM : 0);
  return (ready | normal) & (events | POLLERR | POLLHUP | POLLNVAL);
}

function compareMasks(context: CallContext, polled: Polled[], masks: number[]): Mismatch | undefined {
  for (const [i, { fd, expected }] of polled.entries()) {
    if (!expected || expected.kind === "any") continue;
    const wanted = context.values.number(expected, "revents");
    if (wanted === masks[i]) continue;
    return context.mismatch(
      `other revents of descriptor ${fd}`,
      `revents=${pollNames(wanted)}`,
      `revents=${pollNames(masks[i])}`,
    );
  }
  return undefined;
}

export const polling = { poll };
