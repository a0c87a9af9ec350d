/** Calls that carry data. */
import type { Attempt, Outcome } from "./attempt";
import type { CallContext } from "./call_context";
import { CONSTANTS, ERRNO } from "./constants";
import type { Mismatch } from "./errors";
import { firstDifference, pattern } from "./stream";
import { waiting } from "./waiting";

const { MSG_DONTWAIT, MSG_ERRQUEUE, MSG_OOB, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, SIOCOUTQ, SO_SNDBUF } = CONSTANTS;
const AGAIN = -ERRNO["EAGAIN"];

// ---- Sending ----

/** Octets a call may write: more than any buffer takes, and no burden. */
const LONGEST = 1 << 26;

interface Sending {
  length: number;
  text?: string;
  flags: number;
  to?: { address: string; port: number };
}

/** Send all of it; a blocking socket waits for room, any other is content with what fits. */
function send(context: CallContext, { length, text, flags, to }: Sending): Attempt {
  const { descriptor, live, sockets } = context;
  const stream = descriptor?.stream;
  if (length < 0 || length > LONGEST) context.values.unsupported(`${length} octets in one call: at most ${LONGEST}`);
  if (descriptor?.protocol !== "tcp" || !stream) return datagram(context, { length, flags, ...(to ? { to } : {}) });
  const nonblocking = descriptor.nonblocking || (flags & MSG_DONTWAIT) !== 0;
  let sent = 0;
  const octets = stream.outgoing(length, text);
  return waiting(context, "send", nonblocking, () => {
    let result: number;
    do {
      result = sockets.send(live, octets.subarray(sent), flags & ~MSG_DONTWAIT);
      if (result < 0 && sent > 0 && (nonblocking || result !== AGAIN)) return { result: sent };
      if (result < 0) return refused(context, result, flags);
      sent += result;
      stream.wrote += result;
      checkRoom(context);
    } while (sent < length && result === sockets.room);
    return sent < length && !nonblocking ? { result: AGAIN } : { result: sent };
  });
}

/** Our buffers keep the size they had when the connection opened: a script that makes one smaller and fills it cannot be followed. */
function checkRoom({ descriptor, sockets, live, values }: CallContext): void {
  const limit = descriptor?.buffers.get(SO_SNDBUF);
  if (limit !== undefined && sockets.ioctl(live, SIOCOUTQ) > limit) {
    values.unsupported("a send buffer that is made smaller after its connection has opened");
  }
}

/** An option of the call that the module does not have is no result to compare. */
function refused(context: CallContext, result: number, flags: number): Outcome {
  if (result === -ERRNO["EOPNOTSUPP"] && context.shouldSucceed) {
    const names = Object.keys(CONSTANTS).filter((name) => name.startsWith("MSG_") && flags & CONSTANTS[name]);
    context.values.unsupported(`${names.join("|")} in ${context.call.name}()`);
  }
  return { result };
}

function datagram(context: CallContext, { length, flags, to }: Sending): Attempt {
  const { descriptor, live, sockets, process } = context;
  if (to && descriptor && !descriptor.connection) {
    descriptor.joins(process.network.opens("udp", to, descriptor.localPort));
  }
  const octets = pattern(0, length);
  return waiting(context, "send", descriptor?.nonblocking ?? true, () =>
    refused(context, sockets.send(live, octets, flags, to), flags),
  );
}

/** The text of a buffer argument. */
function bufferText(context: CallContext, index: number): { text?: string } {
  const text = context.values.text(context.arg(index));
  return text === undefined ? {} : { text };
}

function write(context: CallContext): Attempt {
  context.arity(3);
  return send(context, { length: context.number(2, "a length"), flags: 0, ...bufferText(context, 1) });
}

function sendPlain(context: CallContext): Attempt {
  context.arity(4);
  const flags = context.number(3, "flags");
  return send(context, { length: context.number(2, "a length"), flags, ...bufferText(context, 1) });
}

function sendTo(context: CallContext): Attempt {
  context.arity(6);
  const { network } = context.process;
  const flags = context.number(3, "flags");
  const to =
    context.arg(4)?.kind === "any" && !context.descriptor?.connection
      ? { address: network.remoteIp, port: network.connectPort }
      : context.values.address(context.arg(4));
  return send(context, { length: context.number(2, "a length"), flags, ...bufferText(context, 1), ...(to ? { to } : {}) });
}

const sum = (vectors: { length: number }[]): number => vectors.reduce((total, { length }) => total + length, 0);

function writev(context: CallContext): Attempt {
  context.arity(3);
  const vectors = context.values.vectors(context.arg(1));
  return send(context, { length: sum(vectors), flags: 0, ...joinedText(vectors) });
}

/** The texts of vectors, where all have one. */
function joinedText(vectors: { length: number; text?: string }[]): { text?: string } {
  if (vectors.length === 0 || vectors.some(({ text }) => text === undefined)) return {};
  return { text: vectors.map(({ text, length }) => text?.slice(0, length) ?? "").join("") };
}

/** {msg_name(...)=..., msg_iov(1)=[{..., 1000}], msg_flags=0} */
function message(context: CallContext): Map<string | undefined, CallContext["call"]["args"][number]> {
  const fields = new Map(context.values.fields(context.arg(1), "a message").map(({ name, value }) => [name, value]));
  const control = fields.get("msg_control");
  if (control && control.kind === "list" && control.items.length > 0)
    context.values.unsupported("control messages (msg_control)");
  return fields;
}

function sendMessage(context: CallContext): Attempt {
  context.arity(3);
  const vectors = context.values.vectors(message(context).get("msg_iov"));
  return send(context, { length: sum(vectors), flags: context.number(2, "flags"), ...joinedText(vectors) });
}

export const sending = { write, writev, send: sendPlain, sendto: sendTo, sendmsg: sendMessage };

// ---- Receiving ----

interface Receiving {
  length: number;
  flags: number;
  /** A further check of what came. */
  also?: (result: number, length: number) => Mismatch | undefined;
}

/** Receive; with MSG_WAITALL all of it, or as much as there is before the end. */
function receive(context: CallContext, { length, flags, also }: Receiving): Attempt {
  const { descriptor, live, sockets } = context;
  if (flags & MSG_ERRQUEUE) context.values.unsupported("the error queue (MSG_ERRQUEUE)");
  const nonblocking = (descriptor?.nonblocking ?? true) || (flags & MSG_DONTWAIT) !== 0;
  const all = (flags & MSG_WAITALL) !== 0 && !nonblocking;
  let got = 0;
  return waiting(context, "receive", nonblocking, () => {
    for (;;) {
      const part = sockets.receive(live, length - got, flags & ~(MSG_DONTWAIT | MSG_WAITALL));
      if (part.result < 0)
        return got > 0 && !(all && part.result === AGAIN) ? { result: got } : refused(context, part.result, flags);
      const wrong = verify(context, part.data, part.result, flags);
      got += part.result;
      const whole = part.result === sockets.room || (all && part.result > 0);
      if (whole && got < length && !(flags & (MSG_PEEK | MSG_OOB)) && descriptor?.protocol === "tcp") continue;
      return { result: got, check: () => wrong ?? also?.(got, length) };
    }
  });
}

/** What came is what was sent at that place of the stream. */
function verify(context: CallContext, data: Uint8Array, result: number, flags: number): Mismatch | undefined {
  const { descriptor } = context;
  if (!descriptor) return undefined;
  const { stream, protocol } = descriptor;
  if (flags & (MSG_OOB | MSG_TRUNC) || descriptor.connection?.urgent) stream.irregular = true;
  const from = protocol === "tcp" ? stream.read : 0;
  const wrong = stream.irregular ? -1 : firstDifference(data, pattern(from, data.length));
  if (protocol === "tcp" && !(flags & MSG_PEEK)) stream.read += result;
  if (wrong < 0) return undefined;
  return context.mismatch(
    `octet ${from + wrong} of the stream is not the one that was sent`,
    `${(from + wrong) % 251}`,
    `${data[wrong]}`,
  );
}

function read(context: CallContext): Attempt {
  context.arity(3);
  return receive(context, { length: context.number(2, "a length"), flags: 0 });
}

function recv(context: CallContext): Attempt {
  context.arity(4);
  return receive(context, { length: context.number(2, "a length"), flags: context.number(3, "flags") });
}

function recvfrom(context: CallContext): Attempt {
  context.arity(6);
  return receive(context, { length: context.number(2, "a length"), flags: context.number(3, "flags") });
}

function readv(context: CallContext): Attempt {
  context.arity(3);
  return receive(context, { length: sum(context.values.vectors(context.arg(1))), flags: 0 });
}

function recvMessage(context: CallContext): Attempt {
  context.arity(3);
  const fields = message(context);
  const flags = context.number(2, "flags");
  const also = (result: number, length: number): Mismatch | undefined =>
    context.compare("msg_flags", fields.get("msg_flags"), result > length ? MSG_TRUNC : flags & MSG_OOB);
  return receive(context, { length: sum(context.values.vectors(fields.get("msg_iov"))), flags, also });
}

export const receiving = { read, readv, recv, recvfrom, recvmsg: recvMessage };
