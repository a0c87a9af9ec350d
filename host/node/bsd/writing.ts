import { MessageFlag, SocketOption, SocketType } from "../abi";
import type { Address } from "../address";
import { AGAIN } from "../waiters";
import type { Core } from "./core";
import { putMessage, putOctets, putStream } from "./transfer";

const { MSG_MORE, MSG_OOB, MSG_EOR } = MessageFlag;

/** Octets to send; text goes out as UTF-8. */
export type Octets = Uint8Array | string;

const encoder = new TextEncoder();

/** What a caller asks of send(2) and its relatives. */
export interface Sending {
  data: Octets;
  flags: number;
  signal?: AbortSignal | undefined;
  /** Settle only when a stream has taken all of it, whatever the mode. */
  all?: boolean;
  to?: Address;
}

/** send(2) and sendto(2) of every kind of socket: octets taken. */
export function transmit(core: Core, sending: Sending): Promise<number> {
  const bytes = typeof sending.data === "string" ? encoder.encode(sending.data) : sending.data;
  return core.hasMessages ? transmitMessage(core, bytes, sending) : transmitStream(core, bytes, sending);
}

function transmitMessage(core: Core, bytes: Uint8Array, { flags, signal, to }: Sending): Promise<number> {
  const meaningful = MSG_MORE | MSG_OOB | (core.type === SocketType.SOCK_SEQPACKET ? MSG_EOR : 0);
  const attempt = (): number | typeof AGAIN => putMessage(core.descriptor, bytes, flags & meaningful, to);
  const syscall = to ? "sendto" : "send";
  return core.run({ syscall, queue: core.endpoint.writers, attempt, option: SocketOption.SO_SNDTIMEO, flags, signal });
}

function transmitStream(core: Core, bytes: Uint8Array, { flags, signal, all }: Sending): Promise<number> {
  const whole = all || (core.limit === null && !core.isHurried(flags));
  let sent = 0;
  const attempt = (): number | typeof AGAIN => {
    sent = put(core, bytes, sent, flags & (MSG_MORE | MSG_OOB));
    return sent === bytes.length || (sent > 0 && !whole) ? sent : AGAIN;
  };
  const rest = all ? undefined : (): number | undefined => sent || undefined;
  const option = SocketOption.SO_SNDTIMEO;
  return core.run({ syscall: "send", queue: core.endpoint.writers, attempt, option, flags, signal, ...(rest ? { rest } : {}) });
}

function put(core: Core, bytes: Uint8Array, from: number, flags: number): number {
  return core.hasSpans ? putStream(core.descriptor, bytes, from, flags) : putOctets(core.descriptor, bytes, from, flags);
}
