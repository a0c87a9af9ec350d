import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { Board } from "./board";
import { emulatedGuest } from "./cli-emulator";
import type { Guest } from "./cli-guest";
import { gatewayAddress, type RunOptions } from "./cli-options";
import { type Clock, RealClock } from "./clock";
import { type Forward, Gateway, LIMITS } from "./gateway";
import type { Link } from "./link";
import { type AnyModule, nativeModule, usualEngine } from "./engine";
import { type Faults, faulty } from "./links/fault";
import { hub } from "./links/hub";
import { captured, Pcap } from "./links/pcap";
import { printed } from "./links/print";
import { openTap, type TapLink } from "./links/tap";
import { Layout } from "./lockstep/layout";
import { loadModule, modulePath, type Profile } from "./module";
import { Recorder } from "./session/recorder";
import { type Figures, StatusLine } from "./status";

const DEFAULT_FORWARDS = [{ host: 8080, board: 80 }];

/** What was opened, to be closed in the opposite order. */
class Resources {
  private readonly closers: (() => unknown)[] = [];

  add(close: () => unknown): void {
    this.closers.push(close);
  }

  async close(): Promise<void> {
    for (let close = this.closers.pop(); close; close = this.closers.pop()) await close();
  }
}

/** Where lines go: standard output, above the status line where there is one. */
class Output {
  private status: StatusLine | undefined;

  readonly print = (line: string): void => {
    if (this.status) this.status.print(line);
    else process.stdout.write(`${line}\n`);
  };

  /** Show what goes on, on a terminal; elsewhere nothing. */
  watch(board: Figures, gateway: Gateway | undefined): void {
    if (process.stdout.isTTY) this.status = new StatusLine(process.stdout, board, gateway);
  }

  close(): void {
    this.status?.close();
    this.status = undefined;
  }
}

/**
 * Run a board until SIGINT or SIGTERM. Rejects with an Error of one line when it cannot start, when its network goes away or its
 * module traps. Everything is closed in any case.
 */
export async function run(options: RunOptions): Promise<void> {
  const resources = new Resources();
  try {
    await start(options, resources);
  } finally {
    await resources.close();
  }
}

async function start(options: RunOptions, resources: Resources): Promise<void> {
  const end = ending(resources);
  const clock = new RealClock();
  const output = new Output();
  const forwards = options.forward ?? (options.tap ? [] : DEFAULT_FORWARDS);
  const { print } = output;
  const guest =
    options.board === undefined ? await virtualGuest(options, clock, resources) : await emulatedGuest(options, print, end.fail);
  const [inner, ...outer] = hub(1 + Number(forwards.length > 0) + Number(!!options.tap), { clock, latency: options.latency });
  const tap = options.tap === undefined ? undefined : await openTap({ name: options.tap, address: options.address[0] });
  if (tap) joinTap(outer.pop() ?? inner, tap, resources, end.fail);
  const link = decorate(inner, options, clock, output, resources);

  const board = await guest.start(link);
  resources.add(() => board.close());

  const port = outer.at(0);
  const gateway = port && (await openGateway(port, options, guest.profile, clock, resources));
  const opened: Forward[] = [];
  for (const { host, board } of forwards) if (gateway) opened.push(await forward(gateway, host, board));
  announce(options, opened, tap);
  output.watch(board, gateway);
  resources.add(() => output.close());
  await end.reached;
}

/** A board of this process. */
async function virtualGuest(options: RunOptions, clock: Clock, resources: Resources): Promise<Guest> {
  const { gateway, seed, profile = "default" } = options;
  if (options.console) throw new Error("--console is the console of a board in the emulator: name one by --board");
  const module = await loadFirmware(options);
  const [address, ...addresses] = options.address;
  const start = async (link: Link): Promise<Board> => {
    const recorder = recorderFor(options);
    resources.add(() => recorder?.end());
    const board = await Board.create({ clock, module, address, addresses, gateway, serve: true, seed, recorder });
    board.attach(link);
    return board;
  };
  return { profile, start };
}

async function loadFirmware({ app, profile = "default", engine = usualEngine() }: RunOptions): Promise<AnyModule> {
  const module = await loadModule(app ?? profile);
  const exported = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  const missing = ["memory", "init", "poll", "serve"].filter((name) => !exported.has(name));
  if (app !== undefined && missing.length > 0)
    throw new Error(`${app} is no firmware of Sandwire: it does not export ${missing.join(", ")}`);
  if (engine === "v8") return module;
  return nativeModule(engine, app ?? modulePath(profile), { say: (line) => process.stderr.write(`${line}\n`) });
}

function recorderFor({ app, profile = "default", record }: RunOptions): Recorder | undefined {
  if (record === undefined) return undefined;
  const path = app ?? modulePath(profile);
  const recorded = { wasm: readFileSync(path), profile: app === undefined ? profile : "", used: Layout.beside(path).used };
  return Recorder.file(recorded, record);
}

/** The end of the run: a signal, or a failure. */
function ending(resources: Resources): { reached: Promise<void>; fail: (error: Error) => void } {
  let fail: (error: Error) => void = () => {};
  const reached = new Promise<void>((resolve, reject) => {
    fail = reject;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      const stop = (): void => resolve();
      process.once(signal, stop);
      resources.add(() => process.off(signal, stop));
    }
    process.on("uncaughtException", reject);
    resources.add(() => process.off("uncaughtException", reject));
    process.stdout.on("error", () => resolve());
  });
  reached.catch(() => undefined);
  return { reached, fail };
}

/** Join the TAP interface to a port of the hub. */
function joinTap(port: Link, tap: TapLink, resources: Resources, fail: (error: Error) => void): void {
  resources.add(() => tap.close?.());
  tap.onClose = (error) => fail(error ?? new Error(`the TAP interface ${tap.name} is gone`));
  tap.onFrame = (frame) => port.send(frame);
  port.onFrame = (frame) => tap.send(frame);
}

/** The board's end of the cable with what the options put around it: faults nearest to the cable, then capture and print. */
function decorate(inner: Link, options: RunOptions, clock: Clock, output: Output, resources: Resources): Link {
  let link = inner;
  const faults: Faults = {
    loss: options.loss,
    duplication: options.duplicate,
    reordering: options.reorder,
    corruption: options.corrupt,
  };
  if (Object.values(faults).some((rate) => rate > 0)) {
    link = faulty(link, { clock, seed: options.seed ?? randomInt(0x100000000), sending: faults, receiving: faults });
  }
  if (options.pcap !== undefined) {
    const pcap = Pcap.file(options.pcap);
    resources.add(() => pcap.close());
    link = captured(link, pcap, clock, "board");
  }
  return options.print ? printed(link, clock, output.print) : link;
}

async function openGateway(
  link: Link,
  options: RunOptions,
  profile: Profile,
  clock: Clock,
  resources: Resources,
): Promise<Gateway> {
  const gateway = await Gateway.create({
    clock,
    link,
    address: gatewayAddress(options.address[0], options.tap !== undefined),
    board: options.address[0].split("/")[0],
    limits: LIMITS[profile],
    seed: options.seed === undefined ? undefined : options.seed ^ 1,
  });
  resources.add(() => gateway.close());
  return gateway;
}

async function forward(gateway: Gateway, host: number, board: number): Promise<Forward> {
  try {
    return await gateway.forward(host, board);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const other = `another one, such as --forward ${host < 1024 ? host + 8000 : Math.min(host + 1, 65535)}:${board}`;
    if (code === "EADDRINUSE") throw new Error(`port ${host} of 127.0.0.1 is in use: stop what uses it or take ${other}`);
    if (code === "EACCES") throw new Error(`port ${host} of 127.0.0.1 needs rights you do not have: take ${other}`);
    throw error;
  }
}

/** Say where the board is to be found. */
function announce(options: RunOptions, forwards: Forward[], tap: TapLink | undefined): void {
  const address = options.address[0].split("/")[0];
  for (const { port, boardPort } of forwards) {
    const text = boardPort === 80 ? `http://127.0.0.1:${port}/` : `127.0.0.1:${port} leads to port ${boardPort} of the board`;
    process.stdout.write(`${text}\n`);
  }
  if (!tap) return;
  const kernel = tap.kernelAddress ? `, which has ${tap.kernelAddress}` : "";
  process.stdout.write(`http://${address}/ through the TAP interface ${tap.name}${kernel}\n`);
}
