/**
 * The library for applications inside the module, `sandwire/assembly`: sockets as small classes without heap, and what a firmware's
 * `serve` and `poll` need. A firmware also exports the stack's calls, for its host: `export * from "sandwire/assembly/exports"`.
 */
export { AddressRecord, Errno, Level, Owner, Poll, Shutdown, SocketOption, TcpOption } from "./abi";
export { due, NEVER, now, until } from "./clock";
export { Address, ipv4 } from "./lib/address";
export { Descriptor } from "./lib/descriptor";
export { wouldBlock } from "./lib/result";
export { TcpListener, TcpStream } from "./lib/tcp";
export { octets, size } from "./lib/text";
export { UdpSocket } from "./lib/udp";
export { nextEvent } from "./socket/calls";
export { input, output } from "./stack";
