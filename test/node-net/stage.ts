import type * as net from "node:net";
import type { Net, Server, Socket } from "../../host/node/net";

/** What happened to each of the actors, in order. Between two actors there is no order: they are at two ends of a wire. */
export type Diary = Record<string, string[]>;

/** Where a scenario plays: on `node:net` over the loopback, or on `createNet` over two boards. */
export interface Place {
  /** Node's own modules have this type too, as far as scenarios are concerned. */
  near: Net;
  far: Net;
  /** The address of the far end. */
  host: string;
  /** An address of the near end's machine at which nobody listens. */
  nobody: string;
}

const EVENTS = [
  "lookup",
  "connectionAttempt",
  "connectionAttemptFailed",
  "connect",
  "ready",
  "end",
  "drain",
  "timeout",
  "finish",
  "error",
  "close",
];

/** One performance of a scenario. */
export class Stage {
  readonly diary: Diary = {};
  private readonly sockets: Socket[] = [];
  private readonly servers: Server[] = [];
  /** Values that differ from place to place, and what they are called. */
  private readonly aliases = new Map<string, string>();

  constructor(readonly place: Place) {
    this.alias(place.host, "HOST");
    this.alias(place.nobody, "NOBODY");
  }

  get near(): Net {
    return this.place.near;
  }
  get far(): Net {
    return this.place.far;
  }
  get host(): string {
    return this.place.host;
  }

  alias(value: string | number, name: string): void {
    if (!this.aliases.has(String(value))) this.aliases.set(String(value), name);
  }

  /** Write into an actor's diary. Pieces of data that follow each other become one, for their borders mean nothing. */
  note(actor: string, ...what: unknown[]): void {
    const lines = (this.diary[actor] ??= []);
    const line = what.map((one) => this.shown(one)).join(" ");
    const last = lines[lines.length - 1];
    if (line.startsWith("data ") && last?.startsWith("data ")) lines[lines.length - 1] = last + line.slice(5);
    else lines.push(line);
  }

  /** Note the outcome of a call: what it returns or throws. */
  try(actor: string, what: string, call: () => unknown): void {
    try {
      this.note(actor, what, "->", call());
    } catch (error) {
      this.note(actor, what, "throws", error);
    }
  }

  private shown(value: unknown): string {
    if (value instanceof Uint8Array) return Buffer.from(value).toString();
    if (value instanceof Error) return this.renamed(errorText(value));
    if (typeof value === "string") return this.renamed(value);
    if (typeof value === "function") return "function";
    if (typeof value !== "object" || value === null) return this.renamed(String(value));
    if ("pipe" in value || "listen" in value) return "itself";
    return this.renamed(JSON.stringify(value));
  }

  private renamed(text: string): string {
    for (const [value, name] of this.aliases)
      text = text.replaceAll(new RegExp(`(?<![\\w.])${value.replaceAll(".", "\\.")}(?![\\w.]*\\d)`, "g"), name);
    return text;
  }

  /** Note every event of a socket, the octets too with `data`. */
  watch<S extends Socket>(actor: string, socket: S, { data = true } = {}): S {
    this.sockets.push(socket);
    for (const event of EVENTS) socket.on(event, (...args: unknown[]) => this.note(actor, event, ...args));
    if (data) socket.on("data", (chunk: Buffer | string) => this.note(actor, "data", String(chunk)));
    return socket;
  }

  watchServer(actor: string, server: Server): Server {
    this.servers.push(server);
    for (const event of ["listening", "error", "close"])
      server.on(event, (...args: unknown[]) => this.note(actor, event, ...args));
    return server;
  }

  /** A server at the far end; its sockets are the actors "peer", "peer2", ... */
  async serve(
    onConnection?: (peer: Socket) => void,
    options: net.ServerOpts & { data?: boolean; quiet?: boolean } = {},
  ): Promise<Listening> {
    const { data = true, quiet = false, ...rest } = options;
    const server = this.watchServer("server", this.far.createServer(rest as object));
    let count = 0;
    server.on("connection", (peer: Socket) => {
      this.sockets.push(peer);
      if (!quiet) this.watch(++count === 1 ? "peer" : `peer${count}`, peer, { data });
      onConnection?.(peer);
    });
    await new Promise<void>((resolve) => server.listen({ port: 0, host: this.host }, resolve));
    const { port } = server.address() as net.AddressInfo;
    this.alias(port, "PORT");
    return { server, port };
  }

  /** A socket of the near end that connects, the actor "client". */
  connect(options: Partial<net.TcpNetConnectOpts> & { port: number }, { actor = "client", data = true } = {}): Socket {
    const socket = this.near.connect({ host: this.host, ...options });
    socket.on("connect", () => socket.localPort && this.alias(socket.localPort, "NEAR"));
    return this.watch(actor, socket, { data });
  }

  /** A server and a client of it, both ends connected. */
  async pair(options: { server?: net.ServerOpts; client?: Partial<net.TcpNetConnectOpts>; data?: boolean } = {}): Promise<Pair> {
    const { data = true } = options;
    let arrived: (peer: Socket) => void = () => {};
    const arriving = new Promise<Socket>((resolve) => (arrived = resolve));
    const { server, port } = await this.serve((peer) => arrived(peer), { ...options.server, data });
    const client = this.connect({ port, ...options.client }, { data });
    await event(client, "connect");
    return { server, port, client, peer: await arriving };
  }

  /** Until nothing more happens: what one end has done may not have been noted at the other yet. */
  async settle(): Promise<void> {
    for (let before = ""; before !== JSON.stringify(this.diary);) {
      before = JSON.stringify(this.diary);
      await turns(100);
    }
  }

  /** End what is left, without a word in the diary. */
  leave(): void {
    for (const socket of this.sockets) socket.destroy();
    for (const server of this.servers) server.close();
  }
}

export interface Listening {
  server: Server;
  port: number;
}

export interface Pair extends Listening {
  client: Socket;
  peer: Socket;
}

/** The first time something emits an event. */
export function event(emitter: NodeJS.EventEmitter, name: string): Promise<unknown> {
  return new Promise((resolve) => emitter.once(name, resolve));
}

/** The ends of sockets and servers. */
export async function closed(...emitters: NodeJS.EventEmitter[]): Promise<void> {
  const open = emitters.filter((emitter) => !("closed" in emitter && emitter.closed));
  await Promise.all(open.map((emitter) => event(emitter, "close")));
}

/** Some turns of the event loop: time for frames, packets and callbacks to arrive, in real networks too. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

function errorText(error: Error): string {
  const { code, errno, syscall, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  const fields = Object.entries({ code, errno, syscall, address, port }).filter(([, value]) => value !== undefined);
  return `${error.name}: ${error.message} {${fields.map(([name, value]) => `${name}=${value}`).join(" ")}}`;
}
