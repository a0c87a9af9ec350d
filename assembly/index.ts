/**
 * The library for applications inside the module, `sandwire/assembly`: sockets as small classes without heap, and what a firmware's
 * `serve` and `poll` need. A firmware also exports the stack's calls, for its host: `export * from "sandwire/assembly/exports"`.
 */
export {
  AddressRecord,
  Errno,
  Family,
  IpOption,
  Level,
  Owner,
  Poll,
  Protocol,
  Shutdown,
  SocketOption,
  SocketType,
  TcpOption,
} from "./abi";
export { due, NEVER, now, until } from "./clock";
export { Address, ipv4 } from "./lib/address";
export { Descriptor } from "./lib/descriptor";
export { MessageSocket } from "./lib/messages";
export { PairSocket, SocketPair } from "./lib/pair";
export { RawSocket } from "./lib/raw";
export { wouldBlock } from "./lib/result";
export { SeqPacket, SeqPacketListener } from "./lib/seqpacket";
export { TcpListener, TcpStream } from "./lib/tcp";
export { octets, size } from "./lib/text";
export { UdpSocket } from "./lib/udp";
export { nextEvent } from "./socket/calls";
export { input, output } from "./stack";
