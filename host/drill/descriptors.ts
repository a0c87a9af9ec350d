import type { Connection } from "./connection";
import { Stream } from "./stream";

/** A socket as the script's process has it: what a kernel keeps beside the protocol. */
export class Descriptor {
  readonly stream = new Stream();
  nonblocking = false;
  /** Milliseconds a blocking call waits; 0: without end. */
  receiveTimeout = 0;
  sendTimeout = 0;
  localPort: number | undefined;
  /** SO_SNDBUF and SO_RCVBUF as they were set, doubled as Linux does it. */
  readonly buffers = new Map<number, number>();

  constructor(
    /** The module's descriptor. */
    readonly live: number,
    readonly protocol: "tcp" | "udp",
  ) {}

  private end: Connection | undefined;

  /** The conversation this socket is an end of. */
  get connection(): Connection | undefined {
    return this.end;
  }

  joins(connection: Connection): void {
    this.end = connection;
    connection.stream = this.stream;
  }
}

/** No descriptor the module has. */
const NONE = -1;

/** The script's descriptors, which it numbers by what it expects. */
export class Descriptors {
  private readonly open = new Map<number, Descriptor>();

  get(fd: number): Descriptor | undefined {
    return this.open.get(fd);
  }

  live(fd: number): number {
    return this.open.get(fd)?.live ?? NONE;
  }

  add(fd: number, descriptor: Descriptor): void {
    this.open.set(fd, descriptor);
  }

  remove(fd: number): void {
    this.open.delete(fd);
  }

  /** The socket whose conversation this is. */
  of(connection: Connection): Descriptor | undefined {
    return [...this.open.values()].find((each) => each.connection === connection);
  }

  get last(): Descriptor | undefined {
    return [...this.open.values()].at(-1);
  }
}
