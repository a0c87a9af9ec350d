import { Ioctl, MessageFlag, Poll, SocketOption } from "../abi";
import type { Address } from "../address";
import { AGAIN, Waiters } from "../waiters";
import type { Core } from "./core";
import { arrived, joined, readableAtMost, takeMessage, takeOctets, takeStream } from "./transfer";

const { MSG_PEEK, MSG_OOB, MSG_DONTWAIT, MSG_WAITALL, MSG_TRUNC } = MessageFlag;
const READABLE = Poll.POLLIN | Poll.POLLERR | Poll.POLLHUP | Poll.POLLRDHUP;

/** What a caller asks of recv(2) and its relatives. */
export interface Request {
  syscall: string;
  max: number;
  flags: number;
  signal?: AbortSignal | undefined;
  /** Where to, if not into octets of its own; `max` long. */
  into?: Uint8Array;
}

/** What it gets. */
export interface Received {
  data: Uint8Array;
  /** Of the whole message. */
  length: number;
  /** Who sent the message; a stream has a peer. */
  from?: Address;
  /** Not an empty message, but the end. */
  over?: boolean;
}

/** recv(2), recvfrom(2), recvmsg(2) of every kind of socket. Rejects with a RangeError when `max` is no number of octets. */
export async function receive(core: Core, request: Request): Promise<Received> {
  const { max, flags, into } = request;
  if (!(max >= 0 && (Number.isInteger(max) || max === Infinity))) throw new RangeError(`${max} is no number of octets`);
  const { descriptor } = core;
  if (core.hasMessages) return read(core, request, () => takeMessage(descriptor, max, flags, into));
  if (flags & MSG_OOB) return readUrgent(core, request);
  if (flags & MSG_WAITALL) return flags & MSG_PEEK ? peekAll(core, request) : receiveAll(core, request);
  return read(core, request, () => (tooFew(core, request) ? AGAIN : octets(core, request)));
}

/** What a call that counts answers: with MSG_TRUNC, how long the message was. */
export function countOf({ data, length }: Received, flags: number): number {
  return flags & MSG_TRUNC ? length : data.length;
}

function read(
  core: Core,
  request: Request,
  attempt: () => Received | typeof AGAIN,
  rest?: () => Received | undefined,
): Promise<Received> {
  const { syscall, flags, signal } = request;
  const queue = core.endpoint.readers;
  return core.run({ syscall, queue, attempt, option: SocketOption.SO_RCVTIMEO, flags, signal, ...(rest ? { rest } : {}) });
}

/** It never waits, so it stands in no line: others may be waiting for what is not urgent. */
function readUrgent(core: Core, request: Request): Promise<Received> {
  const { syscall, flags, signal } = request;
  const attempt = (): Received | typeof AGAIN => octets(core, request);
  const option = SocketOption.SO_RCVTIMEO;
  return core.run({ syscall, queue: new Waiters(), attempt, option, flags: flags | MSG_DONTWAIT, signal });
}

function octets(core: Core, { max, flags, into }: Request): Received | typeof AGAIN {
  const { descriptor } = core;
  const inPlace = core.hasSpans && !(flags & (MSG_PEEK | MSG_OOB));
  const data = inPlace ? takeStream(descriptor, max, into) : takeOctets(descriptor, max, flags, into);
  return data === AGAIN ? AGAIN : { data, length: data.length };
}

/** Less than SO_RCVLOWAT asks for, and than the caller does; a call that never waits takes it nevertheless (Linux). */
function tooFew(core: Core, { max, flags }: Request): boolean {
  const { board, fd } = core.descriptor;
  if (core.isHurried(flags) || board.exports.ready(fd) & READABLE) return false;
  const count = board.exports.ioctl(fd, Ioctl.FIONREAD);
  return count > 0 && count < max;
}

/** MSG_WAITALL. What ends the stream is left for the next call when octets have come before it. */
function receiveAll(core: Core, request: Request): Promise<Received> {
  const { max, into } = request;
  const chunks: Uint8Array[] = [];
  let got = 0;
  const soFar = (): Received => ({ data: into ? into.subarray(0, got) : joined(chunks), length: got });
  const more = (): Received | typeof AGAIN =>
    octets(core, { ...request, max: max - got, ...(into ? { into: into.subarray(got) } : {}) });
  const attempt = (): Received | typeof AGAIN => {
    for (;;) {
      const left = got > 0 ? arrived(core.descriptor, 1) : 1;
      if (left === 0) return soFar();
      const taken = left === AGAIN ? AGAIN : more();
      if (taken === AGAIN) return AGAIN;
      if (!into) chunks.push(taken.data);
      got += taken.length;
      if (got === max || taken.length === 0) return soFar();
    }
  };
  return read(core, request, attempt, () => (got > 0 ? soFar() : undefined));
}

/** MSG_WAITALL with MSG_PEEK: as much as can be there at once. */
function peekAll(core: Core, request: Request): Promise<Received> {
  const attempt = (): Received | typeof AGAIN => {
    const least = Math.min(request.max, readableAtMost(core.descriptor));
    return !core.isHurried(request.flags) && arrived(core.descriptor, least) === AGAIN ? AGAIN : octets(core, request);
  };
  return read(core, request, attempt);
}
