/** Options of sockets and descriptors. */
import { type Attempt, immediate } from "./attempt";
import type { CallContext } from "./call_context";
import { CONSTANTS, ERRNO, optionName } from "./constants";
import type { Mismatch } from "./errors";
import type { Expression } from "./script";

const { F_DUPFD, F_GETFD, F_GETFL, F_SETFD, F_SETFL, FIONBIO, O_NONBLOCK, O_RDWR } = CONSTANTS;
const { SOL_IP, SOL_SOCKET, SO_RCVBUF, SO_RCVTIMEO, SO_SNDBUF, SO_SNDTIMEO } = CONSTANTS;
/** Options that differ only in who may set them. */
const ALIASES: Record<number, number> = {
  [CONSTANTS["SO_RCVBUFFORCE"]]: CONSTANTS["SO_RCVBUF"],
  [CONSTANTS["SO_SNDBUFFORCE"]]: CONSTANTS["SO_SNDBUF"],
};
/** Octets a value can have. */
const ROOM = 256;

interface Option {
  level: number;
  name: number;
}

function optionOf(context: CallContext): Option {
  const level = context.number(1, "a level, such as SOL_SOCKET");
  const name = context.number(2, "an option");
  return { level, name: level === SOL_SOCKET ? (ALIASES[name] ?? name) : name };
}

function words(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values, (value) => value >>> 0).buffer);
}

/** [1], 1, "reno", {onoff=1, linger=5} as octets. */
function octetsOf(context: CallContext, value: Expression | undefined): Uint8Array {
  const { values } = context;
  if (value?.kind === "string") return new TextEncoder().encode(value.text);
  if (value?.kind === "list") return words(...value.items.map((item) => values.number(item, "a value")));
  if (value?.kind === "struct") return words(...value.fields.map((field) => values.number(field.value, field.name ?? "a field")));
  return words(values.number(value, "a value"));
}

function setsockopt(context: CallContext): Attempt {
  context.arity(5);
  const { sockets, live, descriptor, values } = context;
  const { level, name } = optionOf(context);
  const value = octetsOf(context, context.arg(3));
  if (level === SOL_SOCKET && (name === SO_RCVTIMEO || name === SO_SNDTIMEO)) return immediate(setTimeout(context, name, value));
  if (level === SOL_SOCKET && (name === SO_SNDBUF || name === SO_RCVBUF)) return immediate(setBuffer(context, name, value));
  const length = context.arg(4)?.kind === "any" ? value.length : context.number(4, "the length of the value");
  // Linux takes the options of IP as single octets, too.
  const octets = level === SOL_IP && length > 0 ? value.length : Math.max(length, 0);
  const result = sockets.setOption(live, level, name, value.subarray(0, octets));
  if (result === -ERRNO["ENOPROTOOPT"] && descriptor && context.shouldSucceed)
    values.unsupported(`the option ${optionName(level, name)}`);
  return immediate(result);
}

/**
 * Linux doubles what is asked for, to have room for its bookkeeping, and says so when asked; of a send buffer all of it can be filled.
 */
function setBuffer(context: CallContext, name: number, value: Uint8Array): number {
  const { sockets, live, descriptor, process } = context;
  const [wanted] = new Uint32Array(value.buffer);
  if (process.system !== "linux" || !descriptor) return sockets.setOption(live, SOL_SOCKET, name, value);
  const result = sockets.setOption(live, SOL_SOCKET, name, words(name === SO_SNDBUF ? 2 * wanted : wanted));
  if (result < 0) return result;
  descriptor.buffers.set(name, 2 * wanted);
  return result;
}

/** What a blocking call waits at most: the process's affair, since the module never blocks. */
function setTimeout({ descriptor }: CallContext, name: number, value: Uint8Array): number {
  if (!descriptor) return -ERRNO["EBADF"];
  const [seconds, micros = 0] = new Uint32Array(value.buffer);
  descriptor[name === SO_RCVTIMEO ? "receiveTimeout" : "sendTimeout"] = seconds * 1000 + micros / 1000;
  return 0;
}

function getsockopt(context: CallContext): Attempt {
  context.arity(5);
  const { sockets, live, descriptor, values } = context;
  const { level, name } = optionOf(context);
  const doubled = level === SOL_SOCKET ? descriptor?.buffers.get(name) : undefined;
  const found = doubled === undefined ? sockets.option(live, level, name, ROOM) : words(doubled);
  if (typeof found === "number") {
    const lacking = found === -ERRNO["ENOPROTOOPT"] && descriptor && context.shouldSucceed;
    if (lacking) values.unsupported(`the option ${optionName(level, name)}`);
    return immediate(found);
  }
  return immediate(0, { check: () => sameValue(context, optionName(level, name), found) });
}

function sameValue(context: CallContext, what: string, found: Uint8Array): Mismatch | undefined {
  const wanted = context.arg(3);
  if (!wanted || wanted.kind === "any") return undefined;
  if (wanted.kind === "string") {
    const text = new TextDecoder().decode(found).replace(/\0.*$/s, "");
    return text === wanted.text ? undefined : context.mismatch(`another ${what}`, `"${wanted.text}"`, `"${text}"`);
  }
  const expected = new Int32Array(octetsOf(context, wanted).buffer);
  const actual = new Int32Array(found.slice(0, found.length & ~3).buffer);
  const differs = expected.some((value, i) => value !== actual[i]);
  return differs
    ? context.mismatch(`another ${what}`, `[${expected.join(", ")}]`, `[${actual.subarray(0, expected.length).join(", ")}]`)
    : undefined;
}

function fcntl(context: CallContext): Attempt {
  context.arity(2, 3);
  const { descriptor } = context;
  const command = context.number(1, "a command, such as F_GETFL");
  if (!descriptor) return immediate(-ERRNO["EBADF"]);
  if (command === F_GETFL) return immediate(O_RDWR | (descriptor.nonblocking ? O_NONBLOCK : 0));
  if (command === F_GETFD || command === F_SETFD) return immediate(0);
  if (command === F_DUPFD) context.values.unsupported("fcntl(F_DUPFD)");
  if (command !== F_SETFL) return immediate(-ERRNO["EINVAL"]);
  descriptor.nonblocking = (context.number(2, "flags") & O_NONBLOCK) !== 0;
  return immediate(0);
}

function ioctl(context: CallContext): Attempt {
  context.arity(3);
  const { descriptor, sockets, live } = context;
  const request = context.number(1, "a request, such as SIOCINQ");
  if (!descriptor) return immediate(-ERRNO["EBADF"]);
  if (request === FIONBIO) {
    descriptor.nonblocking = context.number(2, "0 or 1") !== 0;
    return immediate(0);
  }
  const answer = sockets.ioctl(live, request);
  return answer < 0 ? immediate(answer) : immediate(0, { check: () => context.compare("answer", context.arg(2), answer) });
}

export const options = { setsockopt, getsockopt, fcntl, ioctl };
