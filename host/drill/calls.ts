/** The system calls: each checks its arguments and becomes an attempt. */
import type { Attempt } from "./attempt";
import type { CallContext } from "./call_context";
import { receiving, sending } from "./calls_data";
import { epolling } from "./calls_epoll";
import { options } from "./calls_options";
import { polling } from "./calls_poll";
import { setup } from "./calls_setup";

type Handler = (context: CallContext) => Attempt;

const handlers: Record<string, Handler> = { ...setup, ...sending, ...receiving, ...options, ...polling, ...epolling };

/** The call's attempt. Throws Unsupported for a call we do not have. */
export function attemptOf(context: CallContext): Attempt {
  const { name } = context.call;
  const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
  return handler ? handler(context) : context.values.unsupported(`the system call ${name}()`);
}

export function isKnownCall(name: string): boolean {
  return Object.hasOwn(handlers, name);
}
