import { setMaxListeners } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { Board } from "./board";
import type { Clock } from "./clock";
import type { Link } from "./link";
import type { Profile } from "./module";
import { relay } from "./relay";
import { connect, type TcpSocket } from "./socket";
import { Turnstile } from "./turnstile";

/** What a board takes at once. */
export interface Limits {
  /** Connections it holds. */
  connections: number;
  /** Handshakes under way: its accept queue. */
  handshakes: number;
  /** Octets in one segment: half of its buffers. */
  segment: number;
}

/**
 * The limits of each profile. Clients above them wait in the gateway: the board would leave their SYN unanswered, and the next
 * try is a second away. With two segments to a buffer the board always has a second one to send, which is acknowledged at once;
 * of a single one the acknowledgement is delayed.
 */
export const LIMITS: Record<Profile, Limits> = {
  tiny: { connections: 3, handshakes: 2, segment: 512 },
  default: { connections: 8, handshakes: 4, segment: 1024 },
  host: { connections: 1000, handshakes: 64, segment: 1460 },
};

/** How a gateway is made. */
export interface GatewayOptions {
  /** Its time; that of the board, usually. */
  clock: Clock;
  /** The end of the wire the gateway's own stack is attached to. */
  link: Link;
  /** The gateway's address and prefix, "10.0.0.1/24" unless said. */
  address?: string;
  /** The board's address, "10.0.0.2" unless said. */
  board?: string;
  /** What the board takes at once; what the default profile takes unless said. */
  limits?: Limits;
  /** How often a SYN is sent again before the board is given up: with 3, which is the default, after 15 seconds. */
  synRetries?: number;
  /** What its stack's chance follows from; unless given, the system's entropy. */
  seed?: number;
}

/** What a gateway has done so far. */
export interface GatewayCounts {
  /** Clients forwarded since the start. */
  forwarded: number;
  /** Clients being forwarded now. */
  active: number;
  /** Clients waiting for the board to have room. */
  waiting: number;
  /** Clients turned away, for the board did not answer or refused. */
  failed: number;
  /** Octets carried, both directions. */
  octets: number;
}

/** A host port that leads to a port of the board. */
export interface Forward {
  /** The real host port, also when 0 was asked for. */
  readonly port: number;
  /** The board's port it leads to. */
  readonly boardPort: number;
  /** Take no more clients. */
  close(): Promise<void>;
}

/**
 * Host ports forwarded to a board over its Ethernet, by a second instance of the same stack: no rights needed, and every octet
 * goes through frames.
 *
 * Thousands of clients in a row leak nothing: a connection whose client closes first leaves TIME-WAIT in the gateway's stack,
 * of which there are far fewer records than ephemeral ports (the oldest gives way), so a free port is always found; one that
 * the board closes first leaves it there, where the oldest gives way too and a new SYN takes over an old pair (RFC 6191).
 */
export class Gateway {
  private readonly clients = new Map<Socket, Promise<void>>();
  private readonly servers = new Set<Server>();
  private readonly room: Turnstile;
  private readonly handshakes: Turnstile;
  private readonly ending = new AbortController();
  private readonly counts = { forwarded: 0, failed: 0, octets: 0 };

  private constructor(
    /** The gateway's own stack. */
    readonly board: Board,
    private readonly target: string,
    private readonly synRetries: number,
    private readonly limits: Limits,
  ) {
    this.room = new Turnstile(limits.connections);
    this.handshakes = new Turnstile(limits.handshakes);
    setMaxListeners(0, this.ending.signal);
  }

  /** Start the gateway's stack on its end of the wire. */
  static async create(options: GatewayOptions): Promise<Gateway> {
    const { clock, link, address = "10.0.0.1/24", board: target = "10.0.0.2", seed } = options;
    const board = await Board.create({ name: "gateway", profile: "host", clock, address, seed });
    board.attach(link);
    return new Gateway(board, target, options.synRetries ?? 3, options.limits ?? LIMITS.default);
  }

  /** What it has done so far. */
  get state(): GatewayCounts {
    return { ...this.counts, active: this.room.busy, waiting: this.room.waiting };
  }

  /** Forward `port` of 127.0.0.1 (0: any free one) to a port of the board. Rejects with node:net's error: EADDRINUSE, EACCES. */
  async forward(port: number, boardPort: number): Promise<Forward> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
      this.clients.set(client, this.serve(client, boardPort));
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: "127.0.0.1", port, backlog: 1024 }, resolve);
    });
    this.servers.add(server);
    const bound = server.address();
    const close = (): Promise<void> => this.stop(server);
    return { port: typeof bound === "object" && bound ? bound.port : port, boardPort, close };
  }

  /** Take no more clients, reset those being served and their connections, end the stack. */
  async close(): Promise<void> {
    const stopped = [...this.servers].map((server) => this.stop(server));
    this.ending.abort();
    for (const client of this.clients.keys()) client.resetAndDestroy();
    await Promise.all([...stopped, ...this.clients.values()]);
    this.board.poll();
    this.board.close();
  }

  private async stop(server: Server): Promise<void> {
    if (!this.servers.delete(server)) return;
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  private async serve(client: Socket, port: number): Promise<void> {
    client.on("error", () => undefined);
    await this.room.enter();
    try {
      if (client.destroyed) return;
      const socket = await this.dial(port);
      this.counts.forwarded++;
      await relay(client, socket, (octets) => (this.counts.octets += octets));
    } catch {
      this.counts.failed++;
      client.resetAndDestroy();
    } finally {
      this.room.leave();
      this.clients.delete(client);
    }
  }

  private async dial(port: number): Promise<TcpSocket> {
    await this.handshakes.enter();
    try {
      const { signal } = this.ending;
      const { target, synRetries, limits } = this;
      return await connect(this.board, { host: target, port, noDelay: true, synRetries, maxSegment: limits.segment, signal });
    } finally {
      this.handshakes.leave();
    }
  }
}
