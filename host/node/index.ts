/** What a program that runs boards needs; see README. */
export { type Address, formatIPv4, parseIPv4 } from "./address";
export * from "./bsd/index";
export { Board, type BoardOptions, type CallObserver, type Snapshot } from "./board";
export { type Clock, RealClock, type Timer, VirtualClock } from "./clock";
export { type AnyModule, type Engine, ENGINES, nativeModule, type NativeModule } from "./engine";
export { isSystemError, type SystemError } from "./errors";
export { type Forward, Gateway, type GatewayCounts, type GatewayOptions, LIMITS } from "./gateway";
export type { SocketInfo } from "./inspect";
export type { Interface, InterfaceOptions } from "./interface";
export { around, type Filter, filtered, type Link, type Passage } from "./link";
export { type Faults, faulty } from "./links/fault";
export { hub, type HubOptions, type HubPort } from "./links/hub";
export { captured, Pcap } from "./links/pcap";
export { printed } from "./links/print";
export { connectQemu, listenQemu } from "./links/qemu";
export { openTap } from "./links/tap";
export { wire } from "./links/wire";
export type { LocalAddress, RouteInfo, RouteOptions, RoutingTable } from "./routing";
export type { TcpInfo } from "./tcp-info";
export { loadModule, type Profile, PROFILES } from "./module";
export { type Recorded, Recorder } from "./session/recorder";
export type { Sink } from "./session/writer";
export {
  bind,
  connect,
  type ConnectOptions,
  type Datagram,
  listen,
  type ListenOptions,
  TcpServer,
  TcpSocket,
  type TcpOptions,
  type UdpOptions,
  UdpSocket,
} from "./socket";
