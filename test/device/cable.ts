import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { Board } from "../../host/node/board";
import { RealClock } from "../../host/node/clock";
import { listenQemu } from "../../host/node/links/qemu";
import { createNet, type Socket } from "../../host/node/net";

/** What a program that has ended left behind. */
export interface Ended {
  code: number | null;
  out: Buffer;
  err: string;
}

/** Start a program of this project; it is ended with the test. */
export function start(program: string, args: string[]): ChildProcess {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** What a program leaves when it has ended. */
export async function ended(child: ChildProcess): Promise<Ended> {
  const out: Buffer[] = [];
  let err = "";
  child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out: Buffer.concat(out), err };
}

/** A board in this process (10.0.0.1) that waits on a socket in the file system for a device (10.0.0.2) to be plugged in. */
export class Cable {
  /** Of which the device says --stream. */
  readonly where: string;
  readonly net;

  private constructor(
    readonly board: Board,
    path: string,
    private readonly plugged: Promise<unknown>,
  ) {
    this.where = `unix:${path}`;
    this.net = createNet(board);
  }

  static async open(): Promise<Cable> {
    const folder = mkdtempSync(join(tmpdir(), "sandwire-"));
    const path = join(folder, "socket");
    const board = await Board.create({ clock: new RealClock(), profile: "host", address: "10.0.0.1/24", serve: true });
    let tell = (_: unknown): void => {};
    const plugged = new Promise((resolve) => (tell = resolve));
    const listener = await listenQemu({ path }, (link) => {
      board.attach(link);
      tell(link);
    });
    onTestFinished(async () => {
      board.close();
      void listener.close();
      rmSync(folder, { recursive: true });
    });
    return new Cable(board, path, plugged);
  }

  /** A connection to the device, once that is there. */
  async connect(port: number): Promise<Socket> {
    await this.plugged;
    const socket = this.net.connect({ port, host: "10.0.0.2", allowHalfOpen: true });
    await once(socket, "connect");
    return socket;
  }
}

/** Everything up to the end of the stream. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The octets of the status page's /bytes/N. */
export function bytes(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => i % 251));
}
