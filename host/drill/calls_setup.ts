/** Calls that make, connect and end sockets. */
import type { Address } from "../node/address";
import { type Attempt, immediate, type Outcome } from "./attempt";
import type { CallContext } from "./call_context";
import { CONSTANTS, ERRNO } from "./constants";
import { Descriptor } from "./descriptors";
import type { Mismatch } from "./errors";
import { waiting } from "./waiting";

const { AF_INET, AF_INET6, AF_UNSPEC, IPPROTO_MPTCP, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_RAW } = CONSTANTS;
const SO_ERROR = CONSTANTS["SO_ERROR"];

function socket(context: CallContext): Attempt {
  context.arity(3);
  const { values, process } = context;
  const family = context.arg(0)?.kind === "any" ? AF_INET : context.number(0, "a family");
  const flags = context.number(1, "a type");
  const type = flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  const protocol = context.number(2, "a protocol");
  if (context.shouldSucceed) {
    if (family === AF_INET6) values.unsupported("IPv6 sockets");
    if (type === SOCK_RAW) values.unsupported("raw sockets");
    if (protocol === IPPROTO_MPTCP) values.unsupported("Multipath TCP");
  }
  const live = process.sockets.socket(family, type, protocol);
  if (live < 0) return immediate(live);
  const { result } = opened(context, live, type === SOCK_DGRAM ? "udp" : "tcp", flags & SOCK_NONBLOCK);
  return immediate(result);
}

/** The script's number now stands for this descriptor of the module. */
function opened(
  context: CallContext,
  live: number,
  protocol: "tcp" | "udp",
  nonblocking: number,
): { result: number; made: Descriptor } {
  const { descriptors } = context.process;
  const { expected = -1 } = context;
  const fd = expected >= 0 ? expected : live;
  if (descriptors.get(fd)) context.values.fail(`descriptor ${fd} is open already`);
  const made = new Descriptor(live, protocol);
  made.nonblocking = nonblocking !== 0;
  descriptors.add(fd, made);
  return { result: fd, made };
}

function bind(context: CallContext): Attempt {
  context.arity(3);
  const { network } = context.process;
  const { descriptor } = context;
  const address = context.values.address(context.arg(1)) ?? { address: network.localIp, port: network.bindPort };
  const result = context.sockets.bind(context.live, address);
  if (result < 0 || !descriptor) return immediate(result);
  const name = context.sockets.localName(descriptor.live);
  descriptor.localPort = typeof name === "number" ? address.port : name.port;
  if (descriptor.protocol === "udp") opensDatagrams(context, descriptor);
  return immediate(result);
}

function opensDatagrams({ process: { network } }: CallContext, descriptor: Descriptor): void {
  const remote = { address: network.remoteIp, port: network.connectPort };
  descriptor.joins(network.opens("udp", remote, descriptor.localPort));
}

function listen(context: CallContext): Attempt {
  context.arity(2);
  const { descriptor } = context;
  const result = context.sockets.listen(context.live, context.number(1, "a backlog"));
  if (result === 0) {
    const name = context.sockets.localName(context.live);
    context.process.network.listens(descriptor?.localPort ?? (typeof name === "number" ? undefined : name.port));
  }
  return immediate(result);
}

function accept(context: CallContext): Attempt {
  context.arity(context.call.name === "accept4" ? 4 : 3);
  const flags = context.call.name === "accept4" ? context.number(3, "flags") : 0;
  const { sockets, live, descriptor } = context;
  const wanted = context.values.address(context.arg(1));
  return waiting(context, "receive", descriptor?.nonblocking ?? false, () => {
    const result = sockets.accept(live);
    if (result < 0) return { result };
    const peer = sockets.peerName(result);
    const { result: fd, made } = opened(context, result, "tcp", flags & SOCK_NONBLOCK);
    made.localPort = descriptor?.localPort;
    if (typeof peer !== "number") adopt(context, made, peer);
    return { result: fd, check: () => sameAddress(context, wanted, peer) };
  });
}

/** An accepted socket is the end of the conversation with its peer. */
function adopt({ process: { network }, sockets }: CallContext, made: Descriptor, peer: Address): void {
  const local = sockets.localName(made.live);
  const connection = typeof local === "number" ? undefined : network.find("tcp", peer.address, peer.port, local.port);
  if (connection) made.joins(connection);
}

function sameAddress(context: CallContext, wanted: Address | undefined, actual: Address | number): Mismatch | undefined {
  if (!wanted) return undefined;
  const text = typeof actual === "number" ? `errno ${-actual}` : `${actual.address}:${actual.port}`;
  const expected = `${wanted.address}:${wanted.port}`;
  return text === expected ? undefined : context.mismatch("another address", expected, text);
}

function connect(context: CallContext): Attempt {
  context.arity(3);
  const { sockets, live, descriptor, process } = context;
  const { network } = process;
  const given = context.values.address(context.arg(1));
  const to = given ?? { address: network.remoteIp, port: network.connectPort };
  const before = network.current;
  const connection = network.opens(descriptor?.protocol ?? "tcp", to, descriptor?.localPort);
  const result = sockets.connect(live, to, given?.family);
  if (result < 0 && -result !== ERRNO["EINPROGRESS"]) network.forgets(connection, before);
  else if (descriptor && given?.family !== AF_UNSPEC) descriptor.joins(connection);
  if (-result !== ERRNO["EINPROGRESS"] || descriptor?.nonblocking) return immediate(result);
  return waiting(context, "send", false, () => connected(context, live));
}

/** How a connection attempt under way ended: would block while it goes on. */
function connected({ sockets }: CallContext, live: number): Outcome {
  const { POLLERR, POLLHUP, POLLOUT } = CONSTANTS;
  if (!(sockets.ready(live) & (POLLOUT | POLLERR | POLLHUP))) return { result: -ERRNO["EAGAIN"] };
  const value = sockets.option(live, CONSTANTS["SOL_SOCKET"], SO_ERROR, 4);
  return { result: typeof value === "number" ? value : -new DataView(value.buffer).getInt32(0, true) };
}

function shutdown(context: CallContext): Attempt {
  context.arity(2);
  return immediate(context.sockets.shutdown(context.live, context.number(1, "SHUT_RD, SHUT_WR or SHUT_RDWR")));
}

function close(context: CallContext): Attempt {
  context.arity(1);
  const fd = context.number(0, "a file descriptor");
  if (context.process.epolls.delete(fd)) return immediate(0);
  const result = context.sockets.close(context.live);
  context.process.descriptors.remove(fd);
  return immediate(result);
}

function dup(context: CallContext): Attempt {
  context.arity(1);
  const { descriptor } = context;
  const live = context.sockets.dup(context.live);
  if (live < 0 || !descriptor) return immediate(live);
  const { result, made } = opened(context, live, descriptor.protocol, Number(descriptor.nonblocking));
  made.localPort = descriptor.localPort;
  if (descriptor.connection) made.joins(descriptor.connection);
  return immediate(result);
}

function name(context: CallContext): Attempt {
  context.arity(3);
  const { sockets, live } = context;
  const found = context.call.name === "getsockname" ? sockets.localName(live) : sockets.peerName(live);
  if (typeof found === "number") return immediate(found);
  const wanted = context.values.address(context.arg(1));
  return immediate(0, { check: () => sameAddress(context, wanted, found) });
}

export const setup = {
  socket,
  bind,
  listen,
  accept,
  accept4: accept,
  connect,
  shutdown,
  close,
  dup,
  getsockname: name,
  getpeername: name,
};
