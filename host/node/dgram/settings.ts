import { EventEmitter } from "node:events";
import { Errno, IpOption, Level, SocketOption } from "../abi";
import { callError, nodeError } from "../net/errors";
import { checkNumber } from "../net/validate";
import { bufferSizeError } from "./errors";
import type { Handle } from "./handle";
import { checkString } from "./options";

/** Pass a result on, or throw the error it means. */
export function expectGood(syscall: string, result: number): number {
  if (result < 0) throw callError(result, syscall);
  return result;
}

/** The options of a socket as calls; all throw EBADF before it is bound, and ERR_SOCKET_DGRAM_NOT_RUNNING when it is closed. */
export abstract class Settings extends EventEmitter {
  /** What is open. */
  protected abstract get running(): Handle;

  /** Allow sending to broadcast addresses. */
  setBroadcast(on: boolean): void {
    this.set("setBroadcast", Level.SOL_SOCKET, SocketOption.SO_BROADCAST, on ? 1 : 0);
  }

  /** Routers a datagram may pass, 1..255. */
  setTTL(ttl: number): number {
    checkNumber(ttl, "ttl");
    this.set("setTTL", Level.IPPROTO_IP, IpOption.IP_TTL, ttl, ttl >= 1 && ttl <= 255);
    return ttl;
  }

  /** The same of datagrams to a group, 0..255; 1 unless set. */
  setMulticastTTL(ttl: number): number {
    checkNumber(ttl, "ttl");
    this.set("setMulticastTTL", Level.IPPROTO_IP, IpOption.IP_MULTICAST_TTL, ttl, ttl >= 0 && ttl <= 255);
    return ttl;
  }

  /** Whether members on this board hear what it sends to their group itself. */
  setMulticastLoopback(on: boolean): boolean {
    this.set("setMulticastLoopback", Level.IPPROTO_IP, IpOption.IP_MULTICAST_LOOP, on ? 1 : 0);
    return on;
  }

  /** Send to groups through the interface that has this address; "0.0.0.0": through that of the route. */
  setMulticastInterface(address: string): void {
    const { running } = this;
    checkString(address, "interfaceAddress");
    expectGood("setMulticastInterface", running.setMulticastInterface(address));
  }

  /** Hear a group, at the interface with this address or at that of the route. */
  addMembership(group: string, interfaceAddress?: string): void {
    this.member("addMembership", IpOption.IP_ADD_MEMBERSHIP, group, interfaceAddress);
  }

  dropMembership(group: string, interfaceAddress?: string): void {
    this.member("dropMembership", IpOption.IP_DROP_MEMBERSHIP, group, interfaceAddress);
  }

  /** Hear a group from one source only; ENOPROTOOPT where the board cannot. */
  addSourceSpecificMembership(source: string, group: string, interfaceAddress?: string): void {
    this.sourceMember("addSourceSpecificMembership", IP_ADD_SOURCE_MEMBERSHIP, source, group, interfaceAddress);
  }

  dropSourceSpecificMembership(source: string, group: string, interfaceAddress?: string): void {
    this.sourceMember("dropSourceSpecificMembership", IP_DROP_SOURCE_MEMBERSHIP, source, group, interfaceAddress);
  }

  /** Octets of datagrams that may wait to be read; the board rounds them. */
  getRecvBufferSize(): number {
    return this.bufferSize("uv_recv_buffer_size", SocketOption.SO_RCVBUF);
  }

  setRecvBufferSize(size: number): void {
    this.setBufferSize("uv_recv_buffer_size", SocketOption.SO_RCVBUF, size);
  }

  getSendBufferSize(): number {
    return this.bufferSize("uv_send_buffer_size", SocketOption.SO_SNDBUF);
  }

  /** Without effect: the board keeps no datagrams that were sent. */
  setSendBufferSize(size: number): void {
    this.setBufferSize("uv_send_buffer_size", SocketOption.SO_SNDBUF, size);
  }

  /** Octets of datagrams that wait for room in the transmit ring. */
  getSendQueueSize(): number {
    return this.running.queueSize;
  }

  getSendQueueCount(): number {
    return this.running.queueCount;
  }

  private set(call: string, level: Level, name: number, value: number, isPossible = true): void {
    const { running } = this;
    expectGood(call, isPossible ? running.setOption(level, name, value) : -Errno.EINVAL);
  }

  private member(call: string, option: IpOption, group: string, interfaceAddress = "0.0.0.0"): void {
    const { running } = this;
    if (!group) throw missing("multicastAddress");
    expectGood(call, running.setMembership(option, group, interfaceAddress));
  }

  private sourceMember(call: string, option: number, source: string, group: string, interfaceAddress = "0.0.0.0"): void {
    const { running } = this;
    checkString(source, "sourceAddress");
    checkString(group, "groupAddress");
    expectGood(call, running.setMembership(option, group, interfaceAddress, source));
  }

  private bufferSize(call: string, option: SocketOption): number {
    const size = this.running.option(Level.SOL_SOCKET, option);
    if (size < 0) throw bufferSizeError(call, size);
    return size;
  }

  private setBufferSize(call: string, option: SocketOption, size: number): void {
    if (size >>> 0 !== size) throw nodeError(TypeError, "ERR_SOCKET_BAD_BUFFER_SIZE", "Buffer size must be a positive integer");
    const result = this.running.setOption(Level.SOL_SOCKET, option, size);
    if (result < 0) throw bufferSizeError(call, result);
  }
}

/** Linux's numbers. The board has no source filters yet and says so. */
const IP_ADD_SOURCE_MEMBERSHIP = 39;
const IP_DROP_SOURCE_MEMBERSHIP = 40;

function missing(name: string): Error {
  return nodeError(TypeError, "ERR_MISSING_ARGS", `The "${name}" argument must be specified`);
}
