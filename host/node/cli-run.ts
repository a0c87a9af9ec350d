import { type Companion, companionsOf } from "./cli-also";
import { decorate, forward, joinTap, openGateway } from "./cli-cable";
import { emulatedGuest } from "./cli-emulator";
import type { Guest } from "./cli-guest";
import { gatewayAddress, type RunOptions } from "./cli-options";
import { Output, Resources } from "./cli-resources";
import { virtualGuest } from "./cli-virtual";
import { RealClock } from "./clock";
import type { Forward } from "./gateway";
import type { Link } from "./link";
import { hub } from "./links/hub";
import { openTap, type TapLink } from "./links/tap";

const DEFAULT_FORWARDS = [{ host: 8080, board: 80 }];

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

/** What the boards of a run share. */
interface Scene {
  clock: RealClock;
  output: Output;
  resources: Resources;
  fail: (error: Error) => void;
}

async function start(options: RunOptions, resources: Resources): Promise<void> {
  const { reached, fail } = ending(resources);
  const scene: Scene = { clock: new RealClock(), output: new Output(), resources, fail };
  const { clock, output } = scene;
  const forwards = options.forward ?? (options.tap ? [] : DEFAULT_FORWARDS);
  const guest = await guestOf(options, scene);
  const companions = companionsOf(options);
  const others: Guest[] = [];
  for (const companion of companions) others.push(await guestOf(companion.options, scene));

  const count = 1 + Number(forwards.length > 0) + Number(!!options.tap) + 2 * others.length;
  const [inner, ...outer] = hub(count, { clock, latency: options.latency });
  const port = (): Link => outer.pop() ?? inner;
  const tap = options.tap === undefined ? undefined : await openTap({ name: options.tap, address: options.address[0] });
  if (tap) joinTap(port(), tap, resources, fail);
  const link = decorate(inner, options, clock, output, resources);

  const address = gatewayAddress(options.address[0], options.tap !== undefined);
  const gateway = forwards.length > 0 ? await openGateway(port(), address, options, guest.profile, scene) : undefined;
  const opened: Forward[] = [];
  for (const { host, board } of forwards) if (gateway) opened.push(await forward(gateway, host, board));
  const board = await guest.start(link);
  resources.add(() => board.close());

  announce(options, opened, tap);
  for (const [i, other] of others.entries()) await accompany(companions[i], other, [port(), port()], scene);
  output.watch(board, gateway);
  resources.add(() => output.close());
  await reached;
}

function guestOf(options: RunOptions, { clock, output, resources, fail }: Scene): Promise<Guest> {
  return options.board === undefined ? virtualGuest(options, clock, resources) : emulatedGuest(options, output.print, fail);
}

/** Start another board on the cable, and say which port of this machine leads to its page. */
async function accompany(companion: Companion, guest: Guest, [near, far]: Link[], scene: Scene): Promise<void> {
  const { name, options, gateway: address } = companion;
  const gateway = await openGateway(far, address, options, guest.profile, scene);
  const { port } = await forward(gateway, 0, 80);
  const board = await guest.start(near);
  scene.resources.add(() => board.close());
  scene.output.print(`http://127.0.0.1:${port}/ is ${name}, ${options.address[0].split("/")[0]}`);
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
