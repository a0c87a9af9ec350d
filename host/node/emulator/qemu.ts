import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listenQemu, type QemuLink, type QemuListener } from "../links/qemu";
import { Lines } from "./lines";
import { Monitor } from "./monitor";
import { Guarded, hasProgram } from "./process";

/** Octets that are in memory before power-on. */
export interface Load {
  address: number;
  bytes: Uint8Array;
}

/** How a machine is made. */
export interface MachineOptions {
  machine: string;
  /** What QEMU is told besides. */
  args?: readonly string[];
  /** The firmware: an ELF file. */
  kernel: string;
  loads?: readonly Load[];
  /** The MAC address its controller has at power-on. */
  mac?: string;
  /** Called for each line of its console. */
  onLine?: (line: string) => void;
  /** Called when it was reset, from within or without. */
  onReset?: () => void;
  /** Milliseconds QEMU has to come up (default 30 s). */
  patience?: number;
}

const PROGRAM = "qemu-system-arm";
/** How its complaints begin; advice may follow them. */
const COMPLAINT = /^(\S*\/)?qemu-system-\w+: /;
/** Milliseconds QEMU has to end once its end of the cable is gone: what it says then tells more than that. */
const LAST_WORDS = 2000;
/** What QEMU calls the cable. */
const NETDEV = "cable";

/** A machine in QEMU: its Ethernet, its console, its monitor. */
export class Machine {
  /** Frames of its Ethernet controller. */
  readonly link: QemuLink;
  /** Settles when QEMU has ended: with an Error unless it was stopped. */
  readonly ended: Promise<Error | null>;
  private stopping = false;
  private failure: Error | null = null;

  private constructor(
    private readonly qemu: Guarded,
    private readonly ends: Ends,
    { onLine = () => undefined, onReset = () => undefined }: MachineOptions,
  ) {
    const lines = new Lines(onLine);
    this.link = ends.link;
    ends.console.on("data", (chunk) => lines.take(chunk));
    ends.console.on("close", () => lines.end());
    ends.monitor.onEvent = (name) => {
      if (name === "RESET") onReset();
    };
    void ends.cut.then((error) => this.fail(error));
    this.ended = qemu.ended.then(({ code, said }) => (this.stopping ? this.failure : endedEarly(code, said)));
  }

  /** Power on. Rejects with an Error of one line when there is no QEMU, or it ends before it runs; nothing is left behind then. */
  static async start(options: MachineOptions): Promise<Machine> {
    if (!hasProgram(PROGRAM)) throw new Error(`${PROGRAM} is not installed: apt-get install qemu-system-arm (Debian, Ubuntu)`);
    const folder = mkdtempSync(join(tmpdir(), "sandwire-qemu-"));
    const sockets = new Sockets(folder);
    const release = (): void => {
      sockets.close();
      rmSync(folder, { recursive: true, force: true });
    };
    try {
      await sockets.listen();
      const qemu = new Guarded(PROGRAM, argumentsOf(options, folder), COMPLAINT, { scratch: folder });
      void qemu.ended.then(release);
      return new Machine(qemu, await started(qemu, sockets.ends, options.patience), options);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Write to its console. */
  type(text: string): void {
    this.ends.console.write(text);
  }

  /** Press its reset button. */
  async reset(): Promise<void> {
    await this.ends.monitor.command("system_reset");
  }

  /** Pull its cable out, or put it in: for controllers whose model in QEMU knows of cables. */
  async cable(up: boolean): Promise<void> {
    await this.ends.monitor.command("set_link", { name: NETDEV, up });
  }

  /** Without its cable a machine is of no use. An orderly end of the stream is that of QEMU, and often a disorderly one is. */
  private async fail(error: Error | null): Promise<void> {
    if (!error || this.stopping) return;
    if ("code" in error && (await isWithin(this.qemu.ended, LAST_WORDS))) return;
    if (!this.stopping) this.failure = error;
    await this.stop();
  }

  /** Power off; resolves when QEMU is gone. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.qemu.stop();
  }
}

/** Whether it settles within so many milliseconds. */
async function isWithin(what: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), ms)));
  const is = await Promise.race([what.then(() => true), late]);
  clearTimeout(timer);
  return is;
}

function endedEarly(code: number, said: string): Error {
  const words = said.replace(COMPLAINT, "");
  return new Error(`QEMU ended${code === 0 ? "" : ` with code ${code}`}${words ? `: ${words}` : ""}`);
}

function argumentsOf({ machine, args = [], kernel, loads = [], mac }: MachineOptions, folder: string): string[] {
  const files = loads.flatMap(({ address, bytes }, i) => {
    const file = join(folder, `load${i}.bin`);
    writeFileSync(file, bytes, { mode: 0o600 });
    return ["-device", `loader,file=${file},addr=0x${address.toString(16)},force-raw=on`];
  });
  const socket = (name: string): string => `socket,id=${name},server=off,path=${join(folder, name)}`;
  return [
    ["-machine", machine, "-display", "none", "-nodefaults"],
    ["-netdev", `stream,id=${NETDEV},server=off,addr.type=unix,addr.path=${join(folder, "net")}`],
    ["-net", `nic,netdev=${NETDEV}${mac === undefined ? "" : `,macaddr=${mac}`}`],
    ["-chardev", socket("console"), "-serial", "chardev:console"],
    ["-chardev", socket("monitor"), "-mon", "chardev=monitor,mode=control"],
    args,
    ["-kernel", kernel],
    files,
  ].flat();
}

/** Our ends of what connects a machine with us. */
interface Ends {
  link: QemuLink;
  /** Settles when the link has come to an end. */
  cut: Promise<Error | null>;
  console: Socket;
  monitor: Monitor;
}

/** The sockets in a folder that QEMU connects to. */
class Sockets {
  readonly ends: Promise<Ends>;
  private readonly servers: Server[] = [];
  private readonly open: { destroy(): void }[] = [];
  private listener: QemuListener | undefined;
  private onLink: (link: QemuLink) => void = () => {};
  private onCut: (error: Error | null) => void = () => {};
  private onConsole: (socket: Socket) => void = () => {};
  private onMonitor: (socket: Socket) => void = () => {};

  constructor(private readonly folder: string) {
    const link = new Promise<QemuLink>((resolve) => (this.onLink = resolve));
    const console = new Promise<Socket>((resolve) => (this.onConsole = resolve));
    const monitor = new Promise<Socket>((resolve) => (this.onMonitor = resolve)).then(async (socket) => {
      const monitor = new Monitor(socket);
      await monitor.ready;
      return monitor;
    });
    const cut = new Promise<Error | null>((resolve) => (this.onCut = resolve));
    this.ends = Promise.all([link, console, monitor]).then(([link, console, monitor]) => ({ link, cut, console, monitor }));
    this.ends.catch(() => undefined);
  }

  async listen(): Promise<void> {
    this.listener = await listenQemu({ path: join(this.folder, "net") }, (link) => {
      this.open.push({ destroy: () => link.close?.() });
      link.onClose = this.onCut;
      this.onLink(link);
    });
    await this.serve("console", (socket) => this.onConsole(socket));
    await this.serve("monitor", (socket) => this.onMonitor(socket));
  }

  private serve(name: string, take: (socket: Socket) => void): Promise<void> {
    const server = createServer((socket) => {
      this.open.push(socket);
      socket.on("error", () => undefined);
      take(socket);
    });
    this.servers.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(join(this.folder, name), resolve);
    });
  }

  close(): void {
    for (const one of this.open) one.destroy();
    for (const server of this.servers) server.close();
    void this.listener?.close();
  }
}

/** Wait until QEMU has connected everything, has ended, or has had time enough. */
async function started(qemu: Guarded, ends: Promise<Ends>, patience = 30_000): Promise<Ends> {
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<never>((_, reject) => {
    void qemu.ended.then(({ code, said }) => reject(endedEarly(code, said)));
    timer = setTimeout(() => reject(new Error(`QEMU has not come up within ${patience / 1000} s`)), patience);
  });
  try {
    return await Promise.race([ends, failed]);
  } catch (error) {
    await qemu.stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
