import { Duplex } from "node:stream";
import type * as tls from "node:tls";
import type { Socket } from "./socket";

/** How long our side may have been silent before the peer's end is told, ms. */
const SILENCE = 100;
/** What a socket says of its ends. */
const NAMES = ["remoteAddress", "remotePort", "remoteFamily", "localAddress", "localPort", "localFamily"] as const;

type Done = (error?: Error | null) => void;

/**
 * A connection of a board as what TLS lies on. Node closes a stream that is not its own as soon as the peer's end has come, together with
 * what TLS has not sent yet. TLS says itself where its data ends, so here that end is told late: when our side has ended too, or has
 * had nothing to send for a while (a peer that vanished without a word).
 */
export class Carrier extends Duplex {
  private peerEnded = false;
  private ended = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(readonly socket: Socket) {
    super({ allowHalfOpen: true });
    socket.on("data", (chunk) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.once("end", () => {
      this.peerEnded = true;
      this.wait();
    });
    socket.once("error", (error) => this.destroy(error));
    socket.once("close", () => this.destroy());
    socket.once("connect", () => this.emit("connect"));
  }

  get connecting(): boolean {
    return this.socket.connecting;
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: Done): void {
    this.wait();
    this.socket.write(chunk, encoding, done);
  }

  override _final(done: Done): void {
    this.ended = true;
    this.wait();
    this.socket.end(done);
  }

  override _destroy(error: Error | null, done: Done): void {
    clearTimeout(this.timer);
    this.socket.destroy(error ?? undefined);
    done(error);
  }

  /** If the peer has ended: tell so when it is time. */
  private wait(): void {
    if (!this.peerEnded) return;
    clearTimeout(this.timer);
    if (this.ended) this.push(null);
    else this.timer = setTimeout(() => this.push(null), SILENCE);
  }
}

/** Let a connection over TLS say between whom it is, which Node does only over sockets of its own. */
export function named(secure: tls.TLSSocket, { socket }: Carrier): tls.TLSSocket {
  for (const name of NAMES) Object.defineProperty(secure, name, { get: () => socket[name], configurable: true });
  return secure;
}

/** The carrier a server's connection over TLS lies on; Node does not say, so this looks where it keeps it. */
export function carrierOf(secure: tls.TLSSocket): Carrier | undefined {
  const { _handle: handle } = secure as unknown as { _handle?: { _parentWrap?: { stream?: unknown } } };
  const stream = handle?._parentWrap?.stream;
  return stream instanceof Carrier ? stream : undefined;
}
