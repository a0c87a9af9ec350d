import * as node from "node:dgram";
import type { Socket } from "node:dgram";
import { expect, test } from "vitest";
import { Board } from "../../host/node/board";
import { RealClock } from "../../host/node/clock";
import { createDgram, type MessageListener, type SocketOptions, type SocketType } from "../../host/node/dgram";

/** What both modules have: Node's own, and ours over a board. */
export interface Module {
  createSocket(type: SocketType | SocketOptions, listener?: MessageListener): Socket;
}

/** What a scenario sees happen, in order, comparable between the two. */
export class Log {
  readonly lines: string[] = [];
  private readonly names = new Map<number, string>();
  private readonly open: Socket[] = [];

  /** @param own the address of the interface that has groups; the log calls it 127.0.0.1, which it is for the machine */
  constructor(
    private readonly module: Module,
    readonly own: string,
  ) {}

  /** A socket that is closed after the scenario. */
  socket(options: SocketType | SocketOptions = "udp4", listener?: MessageListener): Socket {
    const socket = this.module.createSocket(options, listener);
    this.open.push(socket);
    return socket;
  }

  /** A socket bound to a free port of 127.0.0.1, which is called `name` from now on. */
  async bound(name: string, options: SocketType | SocketOptions = "udp4"): Promise<Socket> {
    const socket = this.socket(options);
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    this.port(socket, name);
    return socket;
  }

  /** The port a socket is bound to; the log calls it `name`. */
  port(socket: Socket, name: string): number {
    const { port } = socket.address();
    this.names.set(port, name);
    return port;
  }

  add(...what: unknown[]): void {
    const text = what.map((one) => (typeof one === "string" ? one : this.show(one))).join(" ");
    const named = text.replaceAll(/\d+/g, (digits) => this.names.get(Number(digits)) ?? digits);
    this.lines.push(named.replaceAll(this.own, "127.0.0.1"));
  }

  /** Call something, and put down what it returns or throws. */
  call(what: string, run: () => unknown): void {
    try {
      this.add(what, "returns", run());
    } catch (error) {
      this.add(what, "throws", error);
    }
  }

  /** Put down these events of a socket, with what comes along. */
  watch(name: string, socket: Socket, ...events: string[]): void {
    for (const event of events) socket.on(event, (...args: unknown[]) => this.add(name, event, ...args));
  }

  private show(value: unknown): string {
    if (Buffer.isBuffer(value)) return `<${value.length > 40 ? `${value.length} octets` : value.toString("latin1")}>`;
    if (value instanceof Error) return this.showError(value);
    if (value !== null && typeof value === "object" && "createSocket" in value) return "module";
    if (value !== null && typeof value === "object" && "bind" in value) return "the socket";
    return JSON.stringify(value) ?? "undefined";
  }

  private showError({
    name,
    code,
    message,
    errno,
    syscall,
    address,
    port,
  }: NodeJS.ErrnoException & { address?: string; port?: number }): string {
    return `${name} [${code}] "${message}" ${JSON.stringify({ errno, syscall, address, port })}`;
  }

  /** Close what is open still. */
  async end(): Promise<void> {
    for (const socket of this.open) {
      try {
        await new Promise<void>((resolve) => socket.close(resolve));
      } catch {
        // it is closed
      }
    }
  }
}

/** Long enough for everything that a call has set going on this machine to happen: turns of the event loop, no time. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

export type Scenario = (log: Log) => void | Promise<void>;

async function play(module: Module, own: string, scenario: Scenario): Promise<string[]> {
  const log = new Log(module, own);
  try {
    await scenario(log);
    await turns();
  } finally {
    await log.end();
  }
  return log.lines;
}

/** A scenario that has to look the same with node:dgram on the machine's loopback and with a board's on its own. */
export function same(name: string, scenario: Scenario): void {
  test(name, async () => {
    const board = await Board.create({ clock: new RealClock(), profile: "host", debug: true, address: "10.0.0.2/24" });
    board.attach({ send: () => undefined, onFrame: () => undefined }); // a cable with nobody at its other end
    try {
      const theirs = await play(node, "127.0.0.1", scenario);
      const ours = await play(createDgram(board), "10.0.0.2", scenario);
      expect(ours).toEqual(theirs);
      expect(theirs.length).toBeGreaterThan(0);
      expect(board.sockets()).toEqual([]);
    } finally {
      board.close();
    }
  });
}
