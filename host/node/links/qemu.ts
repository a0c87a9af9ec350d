import { connect, createServer, type Server, type Socket } from "node:net";
import type { Link } from "../link";

/** Largest frame QEMU sends: its NET_BUFSIZE. */
const LARGEST = 4096 + 65536;
/** Octets that may wait in a socket the other side does not read; frames beyond are lost, as on a cable. */
const BACKLOG = 1 << 20;

/** What is at the other end of the stream: a TCP port or a socket in the file system. */
export type Where = { host?: string; port: number } | { path: string };

export interface QemuLink extends Link {
  /** Frames lost because the other side did not read. */
  readonly lost: number;
}

/**
 * Join QEMU, passt and the like that listen: `-netdev stream,server=on`. Rejects with an Error when nobody does.
 * Each frame is preceded by its length, 32 bits, most significant octet first.
 */
export function connectQemu(where: Where): Promise<QemuLink> {
  return new Promise((resolve, reject) => {
    const socket = connect(where);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(new StreamLink(socket));
    });
  });
}

export interface QemuListener {
  /** The TCP port, 0 for a socket in the file system. */
  readonly port: number;
  /** Listen no longer; links that are there stay. Resolves when the last of them is closed. */
  close(): Promise<void>;
}

/** Wait for QEMU and the like: `-netdev stream,server=off`. Each one that comes is a link. Rejects when the place is taken. */
export function listenQemu(where: Where, onLink: (link: QemuLink) => void): Promise<QemuListener> {
  const server = createServer((socket) => onLink(new StreamLink(socket)));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen("path" in where ? where : { host: "127.0.0.1", ...where }, () => {
      server.off("error", reject);
      resolve({ port: portOf(server), close: () => closed(server) });
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return address && typeof address === "object" ? address.port : 0;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

class StreamLink implements QemuLink {
  onFrame: (frame: Uint8Array) => void = () => {};
  onClose: (error: Error | null) => void = () => {};
  lost = 0;
  private rest: Buffer = Buffer.alloc(0);
  private corked = false;
  private failure: Error | null = null;

  constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.take(chunk));
    socket.on("error", (error) => (this.failure = error));
    socket.on("close", () => this.onClose(this.failure));
  }

  send(frame: Uint8Array): void {
    const { socket } = this;
    if (!socket.writable || socket.writableLength > BACKLOG) {
      this.lost++;
      return;
    }
    const packet = Buffer.allocUnsafe(4 + frame.length);
    packet.writeUInt32BE(frame.length);
    packet.set(frame, 4);
    this.cork();
    socket.write(packet);
  }

  /** What is sent in one go leaves in one system call. */
  private cork(): void {
    if (this.corked) return;
    this.corked = true;
    this.socket.cork();
    process.nextTick(() => {
      this.corked = false;
      this.socket.uncork();
    });
  }

  private take(chunk: Buffer): void {
    const data = this.rest.length ? Buffer.concat([this.rest, chunk]) : chunk;
    let at = 0;
    while (data.length - at >= 4) {
      const length = data.readUInt32BE(at);
      if (length > LARGEST) return this.refuse(length);
      if (data.length - at < 4 + length) break;
      if (length > 0) this.onFrame(data.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    this.rest = data.subarray(at);
  }

  private refuse(length: number): void {
    this.socket.removeAllListeners("data");
    this.socket.destroy(
      new Error(`the peer announced a frame of ${length} octets, more than ${LARGEST}: not QEMU's stream protocol`),
    );
  }

  /** End the stream once what was sent is out. */
  close(): void {
    this.socket.end();
  }
}
