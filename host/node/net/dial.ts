import { ADDRCONFIG, type LookupAddress, type LookupOptions } from "node:dns";
import { isIP, type LookupFunction, type TcpNetConnectOpts } from "node:net";
import { Attempts, connectTo, type Target } from "./attempts";
import type { Context } from "./context";
import type { Dialler } from "./dialler";
import { nodeError } from "./errors";
import { checkBoolean, checkFunction, checkInt32, checkNumber, checkPort, wrongType, wrongValue } from "./validate";

/** What `connect` of a socket takes. */
export type DialOptions = Partial<TcpNetConnectOpts> & { path?: string | undefined };

/** What is left of the options when they have been found good. */
interface Call extends Target {
  several: boolean;
  patience: number;
  options: DialOptions;
}

/** The least time an attempt is given, ms. */
const LEAST_PATIENCE = 10;

/** Connect `socket` to where `options` say: check, look the name up, try. Throws for options that are wrong. */
export function dial(socket: Dialler, context: Context, options: DialOptions): void {
  const call = checkedCall(context, options);
  if (call.family) {
    process.nextTick(() => {
      if (socket.connecting) connectTo(socket, call);
    });
    return;
  }
  if (options.lookup !== undefined && options.lookup !== null) checkFunction(options.lookup, "options.lookup");
  const lookup = options.lookup ?? context.lookup;
  const hints = lookupHints(options);
  if (call.several && hints.family !== 4 && hints.family !== 6 && !options.localAddress)
    findAll(socket, context, call, lookup, hints);
  else findOne(socket, call, lookup, hints);
}

function checkedCall(context: Context, options: DialOptions): Call {
  const { localAddress, localPort, port } = options;
  if (options.path) throw wrongValue("options.path", options.path, "names a local socket, which a board does not have");
  if (localAddress && !isIP(localAddress)) throw invalidAddress(localAddress);
  if (localPort) checkNumber(localPort, "options.localPort");
  if (typeof port !== "number" && typeof port !== "string") throw wrongType("options.port", "one of type number or string", port);
  const several = options.autoSelectFamily ?? context.autoSelectFamily;
  checkBoolean(several, "options.autoSelectFamily");
  const patience = options.autoSelectFamilyAttemptTimeout ?? context.attemptTimeout;
  checkInt32(patience, "options.autoSelectFamilyAttemptTimeout", 1);
  const address = options.host || "localhost";
  return {
    ...{ address, port: checkPort(port), family: isIP(address) },
    ...{ localAddress: localAddress || undefined, localPort: localPort || undefined },
    ...{ several, patience: Math.max(LEAST_PATIENCE, patience), options },
  };
}

/** What a lookup is told, as Node tells it. */
function lookupHints(options: DialOptions): LookupOptions {
  const family = options.family as unknown;
  const number = family === "IPv4" ? 4 : family === "IPv6" ? 6 : (family as number);
  const hints = options.hints || 0;
  const open = number !== 4 && number !== 6 && hints === 0;
  return { family: number, hints: open ? ADDRCONFIG : hints };
}

function invalidAddress(address: unknown): Error {
  return nodeError(TypeError, "ERR_INVALID_IP_ADDRESS", `Invalid IP address: ${String(address)}`);
}

/** Why there is no connecting to what a lookup has found, if there is not. */
function faultOf(address: unknown, family: unknown, { options }: Call): Error | undefined {
  if (typeof address !== "string" || !isIP(address)) return invalidAddress(address);
  if (family === 4 || family === 6) return undefined;
  const message = `Invalid address family: ${String(family)} ${options.host}:${options.port}`;
  return Object.assign(nodeError(RangeError, "ERR_INVALID_ADDRESS_FAMILY", message), { host: options.host, port: options.port });
}

function findOne(socket: Dialler, call: Call, lookup: LookupFunction, hints: LookupOptions): void {
  lookup(call.address, hints, (error, address, family) => {
    socket.emit("lookup", error, address, family, call.address);
    if (!socket.connecting) return;
    const fault = error ?? faultOf(address, family, call);
    if (fault) return process.nextTick(() => socket.destroy(fault));
    socket._unrefTimer();
    connectTo(socket, { ...call, address: address as string, family: family ?? 4 });
  });
}

function findAll(socket: Dialler, context: Context, call: Call, lookup: LookupFunction, hints: LookupOptions): void {
  lookup(call.address, { ...hints, all: true }, (error, answer, family) => {
    if (!socket.connecting) return;
    if (error) {
      socket.emit("lookup", error, undefined, undefined, call.address);
      return process.nextTick(() => socket.destroy(error));
    }
    // A lookup that knows nothing of `all` answers with one address.
    const found = Array.isArray(answer) ? answer : [{ address: answer, family: family ?? 4 }];
    for (const one of found) {
      socket.emit("lookup", error, one.address, one.family, call.address);
      if (!socket.connecting) return;
    }
    const usable = alternating(found.filter((one) => !faultOf(one.address, one.family, call)));
    if (usable.length === 0) return noneUsable(socket, call, found);
    socket._unrefTimer();
    const targets = usable.map((one) => ({ ...call, ...one }));
    if (targets.length === 1) connectTo(socket, targets[0]);
    else new Attempts(socket, context.board.clock, targets, call.patience).begin();
  });
}

function noneUsable(socket: Dialler, call: Call, found: LookupAddress[]): void {
  const first = found[0] as Partial<LookupAddress> | undefined;
  const fault = faultOf(first?.address, first?.family, call);
  process.nextTick(() => socket.destroy(fault ?? invalidAddress(undefined)));
}

/** Each address once, both families in turn, beginning with that of the first. */
function alternating(found: LookupAddress[]): LookupAddress[] {
  const unique = found.filter(({ address }, index) => found.findIndex((other) => other.address === address) === index);
  const first = unique.filter(({ family }) => family === unique[0].family);
  const second = unique.filter(({ family }) => family !== unique[0].family);
  return Array.from({ length: Math.max(first.length, second.length) }, (_, i) => [first[i], second[i]])
    .flat()
    .filter((one) => one !== undefined);
}
