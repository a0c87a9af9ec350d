/** epoll(7): level-triggered by asking, edge-triggered by the news the module has of its sockets. */
import { type Attempt, immediate } from "./attempt";
import type { CallContext } from "./call_context";
import { CONSTANTS, ERRNO, pollNames } from "./constants";
import type { Mismatch } from "./errors";
import type { Expression } from "./script";

const { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EPOLLERR, EPOLLET, EPOLLHUP, EPOLLONESHOT } = CONSTANTS;

interface Watched {
  live: number;
  events: number;
  /** What the script wants back: its descriptor or another value. */
  data: number;
  /** Something has happened since it was last reported. */
  news: boolean;
}

/** One descriptor of epoll. */
export class Epoll {
  readonly watched = new Map<number, Watched>();

  /** Something happened to a descriptor of the module. */
  tell(live: number): void {
    for (const each of this.watched.values()) if (each.live === live) each.news = true;
  }

  /** What is ready, at most `most`; what is reported is no news any more. */
  ready(most: number, maskOf: (live: number) => number): { mask: number; data: number }[] {
    const found: { mask: number; data: number }[] = [];
    for (const each of this.watched.values()) {
      const mask = maskOf(each.live) & (each.events | EPOLLERR | EPOLLHUP);
      if (mask === 0 || (each.events & EPOLLET && !each.news) || found.length === most) continue;
      each.news = false;
      if (each.events & EPOLLONESHOT) each.events = 0;
      found.push({ mask, data: each.data });
    }
    return found;
  }
}

function create(context: CallContext): Attempt {
  context.arity(1);
  const { expected = -1 } = context;
  if (expected < 0) return immediate(-ERRNO["EINVAL"]);
  context.process.epolls.set(expected, new Epoll());
  return immediate(expected);
}

/** {events=EPOLLIN, fd=4}: the mask, and the value that goes with it. */
function eventOf({ values }: CallContext, expression: Expression | undefined): { events: number; data: Expression | undefined } {
  const fields = new Map(values.fields(expression, "an event").map(({ name, value }) => [name, value]));
  const data = fields.get("fd") ?? fields.get("ptr") ?? fields.get("u32") ?? fields.get("u64");
  return { events: values.number(fields.get("events"), "events"), data };
}

function control(context: CallContext): Attempt {
  context.arity(4);
  const { process, values } = context;
  const epoll = process.epolls.get(context.number(0, "a descriptor of epoll"));
  const operation = context.number(1, "an operation, such as EPOLL_CTL_ADD");
  const fd = context.number(2, "a file descriptor");
  const descriptor = process.descriptors.get(fd);
  if (!epoll || !descriptor) return immediate(-ERRNO["EBADF"]);
  const known = epoll.watched.has(fd);
  if (operation === EPOLL_CTL_DEL) return immediate(epoll.watched.delete(fd) ? 0 : -ERRNO["ENOENT"]);
  if (operation !== EPOLL_CTL_ADD && operation !== EPOLL_CTL_MOD) return immediate(-ERRNO["EINVAL"]);
  if (operation === EPOLL_CTL_ADD && known) return immediate(-ERRNO["EEXIST"]);
  if (operation === EPOLL_CTL_MOD && !known) return immediate(-ERRNO["ENOENT"]);
  const { events, data } = eventOf(context, context.arg(3));
  epoll.watched.set(fd, { live: descriptor.live, events, data: data ? values.number(data, "data") : fd, news: true });
  return immediate(0);
}

function wait(context: CallContext): Attempt {
  context.arity(4);
  const { process, sockets } = context;
  const epoll = process.epolls.get(context.number(0, "a descriptor of epoll"));
  const most = context.number(2, "a number of events");
  const timeout = context.number(3, "a timeout in milliseconds");
  const until = timeout < 0 ? Infinity : process.now() + timeout * 1000;
  process.alarm(until);
  if (!epoll) return immediate(-ERRNO["EBADF"]);
  return () => {
    const found = epoll.ready(most, (live) => sockets.ready(live));
    if (found.length === 0 && process.now() < until) return null;
    return { result: found.length, check: () => compareEvents(context, found) };
  };
}

function compareEvents(context: CallContext, found: { mask: number; data: number }[]): Mismatch | undefined {
  const wanted = context.arg(1);
  if (!wanted || wanted.kind === "any") return undefined;
  const items = wanted.kind === "list" ? wanted.items : [wanted];
  for (const [i, { mask, data }] of found.entries()) {
    const expected = items[i] && eventOf(context, items[i]);
    if (!expected) return undefined;
    if (expected.events !== mask)
      return context.mismatch("other events", `events=${pollNames(expected.events)}`, `events=${pollNames(mask)}`);
    const wrong = context.compare("data", expected.data, data);
    if (wrong) return wrong;
  }
  return undefined;
}

export const epolling = { epoll_create: create, epoll_create1: create, epoll_ctl: control, epoll_wait: wait };
