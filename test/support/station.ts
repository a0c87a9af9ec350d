import {
  AddressRecord,
  Drop,
  Errno,
  Family,
  Ioctl,
  IpOption,
  Level,
  SocketOption,
  SocketType,
  State,
  TcpInfoRecord,
  TcpInfoView,
  TcpOption,
  type SandwireExports,
} from "../../host/node/abi";
import type { Board } from "../../host/node/board";
import { rowAt, stateName, type Row } from "./netstat";
import { concat, ipNumber, ipText } from "./packet";

const ADDRESS = 0;
const DATA = 64;

/** A board in a world, with the socket calls as a test wants them: results as the module gives them (negative errno). */
export class Station {
  /** Descriptors that had an event, in order. */
  readonly events: number[] = [];

  constructor(
    readonly name: string,
    readonly ip: string,
    readonly mac: string,
    readonly board: Board,
  ) {
    board.onEvent = (fd) => this.events.push(fd);
  }

  get calls(): SandwireExports {
    return this.board.exports;
  }

  private get view(): DataView {
    return new DataView(this.board.memory.buffer);
  }

  private get bytes(): Uint8Array {
    return new Uint8Array(this.board.memory.buffer);
  }

  /** Run a call, then let the board be polled if it can have changed anything. */
  private marked(result: number): number {
    if (result >= 0 || result === -Errno.EINPROGRESS) this.board.wake();
    return result;
  }

  // ---- Addresses ----

  private addressAt(offset = ADDRESS): number {
    return this.calls.scratch() + offset;
  }

  putAddress(ip: string, port: number, family: number = Family.AF_INET): number {
    const at = this.addressAt();
    this.bytes.fill(0, at, at + AddressRecord.size);
    this.view.setUint16(at + AddressRecord.family, family, true);
    this.view.setUint16(at + AddressRecord.port, port, true);
    this.view.setUint32(at + AddressRecord.addr, ipNumber(ip), false);
    return at;
  }

  private takeAddress(): { ip: string; port: number; family: number } {
    const at = this.addressAt();
    return {
      family: this.view.getUint16(at + AddressRecord.family, true),
      port: this.view.getUint16(at + AddressRecord.port, true),
      ip: ipText(this.view.getUint32(at + AddressRecord.addr, false)),
    };
  }

  // ---- The calls ----

  socket(type: number = SocketType.SOCK_STREAM, protocol = 0): number {
    return this.calls.socket(Family.AF_INET, type, protocol);
  }

  bind(fd: number, port: number, ip = "0.0.0.0"): number {
    return this.marked(this.calls.bind(fd, this.putAddress(ip, port)));
  }

  listenOn(fd: number, backlog: number): number {
    return this.marked(this.calls.listen(fd, backlog));
  }

  accept(fd: number): number {
    return this.marked(this.calls.accept(fd, this.addressAt()));
  }

  connect(fd: number, ip: string, port: number): number {
    return this.marked(this.calls.connect(fd, this.putAddress(ip, port)));
  }

  /** Sends what fits; at most one scratch area at once. */
  send(fd: number, data: Uint8Array, flags = 0): number {
    const room = this.calls.scratch_size() - DATA;
    let sent = 0;
    do {
      const part = data.subarray(sent, sent + room);
      const at = this.addressAt(DATA);
      this.bytes.set(part, at);
      const result = this.marked(this.calls.send(fd, at, part.length, flags));
      if (result < 0) return sent || result;
      sent += result;
      if (result < part.length) break;
    } while (sent < data.length);
    return sent;
  }

  /** Octets, or a negative errno; empty at the end. */
  recv(fd: number, max = 65536, flags = 0): Uint8Array | number {
    const at = this.addressAt(DATA);
    const length = Math.min(max, this.calls.scratch_size() - DATA);
    const result = this.marked(this.calls.recv(fd, at, length, flags));
    return result < 0 ? result : this.bytes.slice(at, at + result);
  }

  /** Everything that can be read now. `end` tells how it ended: -EAGAIN, 0 at the end of the stream, or another errno. */
  read(fd: number): { data: Uint8Array; end: number } {
    const parts: Uint8Array[] = [];
    for (;;) {
      const part = this.recv(fd);
      if (typeof part === "number") return { data: concat(...parts), end: part };
      if (part.length === 0) return { data: concat(...parts), end: 0 };
      parts.push(part);
    }
  }

  sendTo(fd: number, data: Uint8Array, ip: string, port: number, flags = 0): number {
    const at = this.addressAt(DATA);
    this.bytes.set(data, at);
    return this.marked(this.calls.sendto(fd, at, data.length, flags, this.putAddress(ip, port)));
  }

  recvFrom(fd: number, max = 65536, flags = 0): { data: Uint8Array; ip: string; port: number; result: number } | number {
    const at = this.addressAt(DATA);
    const length = Math.min(max, this.calls.scratch_size() - DATA);
    const result = this.marked(this.calls.recvfrom(fd, at, length, flags, this.addressAt()));
    if (result < 0) return result;
    const { ip, port } = this.takeAddress();
    return { data: this.bytes.slice(at, at + Math.min(result, length)), ip, port, result };
  }

  shutdown(fd: number, how: number): number {
    return this.marked(this.calls.shutdown(fd, how));
  }

  close(fd: number): number {
    return this.marked(this.calls.close(fd));
  }

  dup(fd: number): number {
    return this.calls.dup(fd);
  }

  localName(fd: number): { ip: string; port: number } | number {
    const result = this.calls.getsockname(fd, this.addressAt());
    return result < 0 ? result : this.takeAddress();
  }

  peerName(fd: number): { ip: string; port: number } | number {
    const result = this.calls.getpeername(fd, this.addressAt());
    return result < 0 ? result : this.takeAddress();
  }

  setOption(fd: number, level: number, name: number, ...values: number[]): number {
    const at = this.addressAt(DATA);
    values.forEach((value, i) => this.view.setInt32(at + 4 * i, value, true));
    return this.marked(this.calls.setsockopt(fd, level, name, at, 4 * values.length));
  }

  /** The first word of an option; a negative errno as it is. */
  option(fd: number, level: number, name: number): number {
    const at = this.addressAt(DATA);
    const result = this.calls.getsockopt(fd, level, name, at, 8);
    return result < 0 ? result : this.view.getInt32(at, true);
  }

  setSocket(fd: number, name: keyof typeof SocketOption, ...values: number[]): number {
    return this.setOption(fd, Level.SOL_SOCKET, SocketOption[name], ...values);
  }

  setTcp(fd: number, name: keyof typeof TcpOption, value: number): number {
    return this.setOption(fd, Level.IPPROTO_TCP, TcpOption[name], value);
  }

  /** An option of IPPROTO_TCP. */
  tcp(fd: number, name: keyof typeof TcpOption): number {
    return this.option(fd, Level.IPPROTO_TCP, TcpOption[name]);
  }

  setIp(fd: number, name: keyof typeof IpOption, ...values: number[]): number {
    return this.setOption(fd, Level.IPPROTO_IP, IpOption[name], ...values);
  }

  /** TCP_CONGESTION: four letters tell them apart. */
  setCongestion(fd: number, name: "reno" | "cubic"): number {
    const words = new DataView(Uint8Array.from(name.padEnd(8, "\0"), (letter) => letter.charCodeAt(0)).buffer);
    const values = [words.getInt32(0, true), ...(name.length > 4 ? [words.getInt32(4, true)] : [])];
    return this.setOption(fd, Level.IPPROTO_TCP, TcpOption.TCP_CONGESTION, ...values);
  }

  /** TCP_INFO as it is now; a copy. */
  info(fd: number): TcpInfoView {
    const at = this.addressAt(DATA);
    mustWork("TCP_INFO", this.calls.getsockopt(fd, Level.IPPROTO_TCP, TcpOption.TCP_INFO, at, 1000));
    return new TcpInfoView(new DataView(this.board.memory.buffer.slice(at, at + TcpInfoRecord.size)), 0);
  }

  /** SO_ERROR: reads and clears it. */
  error(fd: number): number {
    return this.option(fd, Level.SOL_SOCKET, SocketOption.SO_ERROR);
  }

  ready(fd: number): number {
    return this.calls.ready(fd);
  }

  ioctl(fd: number, request: keyof typeof Ioctl): number {
    return this.calls.ioctl(fd, Ioctl[request]);
  }

  // ---- Whole passages ----

  /** A listening socket on that port. */
  listen(port: number, backlog = 5): number {
    const fd = mustWork("socket", this.socket());
    mustWork("bind", this.bind(fd, port));
    mustWork("listen", this.listenOn(fd, backlog));
    return fd;
  }

  /** Start to connect. */
  open(ip: string, port: number): number {
    const fd = mustWork("socket", this.socket());
    const result = this.connect(fd, ip, port);
    if (result !== -Errno.EINPROGRESS) throw new Error(`connect: ${errnoName(result)}`);
    return fd;
  }

  /** A datagram socket bound to that port. */
  datagram(port: number): number {
    const fd = mustWork("socket", this.socket(SocketType.SOCK_DGRAM));
    mustWork("bind", this.bind(fd, port));
    return fd;
  }

  // ---- Looking inside ----

  rows(): Row[] {
    const rows: Row[] = [];
    const at = this.addressAt(DATA);
    for (let index = 0; ;) {
      const next = this.calls.sockets(index, at);
      if (next < 0) return rows;
      rows.push(rowAt(this.view, at));
      index = next;
    }
  }

  row(fd: number): Row | undefined {
    return this.rows().find((row) => row.fd === fd);
  }

  /** The TCP row with that foreign port (and local port), whether a descriptor is left or not; a closed socket if it is all there is. */
  connection(foreignPort: number, localPort?: number): Row | undefined {
    const matches = (row: Row) => row.protocol === 6 && row.foreignPort === foreignPort && row.state !== State.Listen;
    const rows = this.rows().filter((row) => matches(row) && (localPort === undefined || row.localPort === localPort));
    return rows.find((row) => row.state !== State.Closed) ?? rows[0];
  }

  /** "Established", ... ; "Closed" where no row is left. */
  stateOf(foreignPort: number, localPort?: number): string {
    const row = this.connection(foreignPort, localPort);
    return stateName(row ? row.state : State.Closed);
  }

  counters(): Record<string, number> {
    return this.board.counters();
  }

  /** Counters of drops that are not zero. */
  drops(): Record<string, number> {
    const at = this.calls.stats();
    const found: Record<string, number> = {};
    for (const [name, value] of Object.entries(Drop)) {
      if (typeof value !== "number" || name === "count") continue;
      const dropped = this.view.getUint32(at + 4 * value, true);
      if (dropped) found[name] = dropped;
    }
    return found;
  }
}

export function mustWork(what: string, result: number): number {
  if (result < 0) throw new Error(`${what}: ${errnoName(result)}`);
  return result;
}

export function errnoName(result: number): string {
  const entry = Object.entries(Errno).find(([, value]) => value === -result);
  return result >= 0 ? String(result) : `-${entry?.[0] ?? -result}`;
}
