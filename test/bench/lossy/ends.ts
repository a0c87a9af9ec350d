import { Errno, Level, Shutdown } from "../../../host/node/abi";
import { Board } from "../../../host/node/board";
import type { Clock } from "../../../host/node/clock";
import type { Link } from "../../../host/node/link";
import { mustWork, Station } from "../../support/station";
import { variantNamed } from "./variants";

const PERIOD = 251;
/** Octet i of every transfer is i mod 251. */
const repeated = Buffer.alloc(
  1 << 19,
  Uint8Array.from({ length: PERIOD }, (_, i) => i),
);
export const PORT = 5001;
const TCP_CONGESTION = 13;

/** The first `length` octets of a transfer, or those from `offset` on, which is less than a period. */
export function pattern(length: number, offset = 0): Buffer {
  return repeated.subarray(offset, offset + length);
}

/** Receive buffers, and with them windows, octets. */
export const WINDOW = 65536;
/** A writer is woken when a third of its buffer is free (as in Linux): this much more than a window keeps the window full. */
const SEND_BUFFER = 2 * WINDOW;

/** A board with that firmware at the end of a link: 10.0.0.`index`. */
export async function station(
  module: WebAssembly.Module,
  index: number,
  clock: Clock,
  link: Link,
  seed: number,
): Promise<Station> {
  const ip = `10.0.0.${index}`;
  const mac = `02:00:00:00:00:${index.toString(16).padStart(2, "0")}`;
  const name = `board${index}`;
  const board = await Board.create({ name, module, clock, seed: seed * 256 + index, mac, address: `${ip}/24` });
  board.attach(link);
  return new Station(name, ip, mac, board);
}

/** Let a station send that much, with the variant's congestion control. */
export function send(from: Station, to: string, variant: string, octets: number): void {
  const { congestion } = variantNamed(variant);
  const fd = prepared(from);
  if (congestion !== undefined) chooseCongestion(from, fd, congestion);
  new Source(from, fd, octets);
  from.connect(fd, to, PORT);
}

/** A socket of that station with the buffers of the scenario. */
function prepared(station: Station): number {
  const fd = mustWork("socket", station.socket());
  mustWork("SO_SNDBUF", station.setSocket(fd, "SO_SNDBUF", SEND_BUFFER));
  mustWork("SO_RCVBUF", station.setSocket(fd, "SO_RCVBUF", WINDOW));
  return fd;
}

/** Choose a congestion control by name, as TCP_CONGESTION does. */
function chooseCongestion(station: Station, fd: number, name: string): number {
  const { exports, u8 } = station.board;
  const at = exports.scratch();
  u8.set(new TextEncoder().encode(name), at);
  return exports.setsockopt(fd, Level.IPPROTO_TCP, TCP_CONGESTION, at, name.length);
}

/** An application that always has something to send, up to `octets`; then it ends its side. */
class Source {
  private sent = 0;

  constructor(
    private readonly station: Station,
    private readonly fd: number,
    private readonly octets: number,
  ) {
    station.board.onEvent = () => this.fill();
  }

  private fill(): void {
    const { exports, u8 } = this.station.board;
    const before = this.sent;
    while (this.sent < this.octets) {
      const room = exports.send_room(this.fd);
      if (room === -Errno.EAGAIN || room === -Errno.ENOTCONN) break;
      const count = Math.min(mustWork("send_room", room), this.octets - this.sent);
      const from = this.sent % PERIOD;
      u8.set(pattern(count, from), exports.send_ptr(this.fd) >>> 0);
      this.sent += mustWork("send_commit", exports.send_commit(this.fd, count));
    }
    if (this.sent > before && this.sent === this.octets) this.station.shutdown(this.fd, Shutdown.SHUT_WR);
    if (this.sent > before) this.station.board.wake();
  }
}

/** Whether these are the octets of a transfer from `offset` on. */
export function isPattern(text: Uint8Array, offset: number): boolean {
  return text.length === 0 || pattern(text.length, offset % PERIOD).equals(text);
}

/** One connection of a sink: what has come, and that it is right. */
export class Arrival {
  octets = 0;
  /** When the last octet came. */
  at = 0;

  constructor(
    private readonly station: Station,
    private readonly fd: number,
    readonly from: string,
  ) {}

  drain(): void {
    const { exports, u8, clock } = this.station.board;
    for (let ready = exports.recv_ready(this.fd); ready > 0; ready = exports.recv_ready(this.fd)) {
      const start = exports.recv_ptr(this.fd) >>> 0;
      if (!isPattern(u8.subarray(start, start + ready), this.octets)) {
        throw new Error(`wrong octets among the ${ready} after the first ${this.octets}`);
      }
      mustWork("recv_release", exports.recv_release(this.fd, ready));
      this.octets += ready;
      this.at = clock.now;
      this.station.board.wake();
    }
  }
}

/** An application that takes every connection and reads at once. */
export class Sink {
  /** By the address they come from. */
  readonly arrivals = new Map<string, Arrival>();
  private readonly byDescriptor = new Map<number, Arrival>();
  private readonly listener: number;

  constructor(private readonly station: Station) {
    this.listener = prepared(station);
    mustWork("bind", station.bind(this.listener, PORT));
    mustWork("listen", station.listenOn(this.listener, 16));
    station.board.onEvent = (fd) => (fd === this.listener ? this.take() : this.byDescriptor.get(fd)?.drain());
  }

  private take(): void {
    for (let fd = this.station.accept(this.listener); fd >= 0; fd = this.station.accept(this.listener)) {
      const name = this.station.peerName(fd);
      if (typeof name === "number") continue;
      const arrival = new Arrival(this.station, fd, name.ip);
      this.arrivals.set(name.ip, arrival);
      this.byDescriptor.set(fd, arrival);
      arrival.drain();
    }
  }
}
