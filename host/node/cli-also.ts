import { InvalidArgumentError } from "commander";
import { formatIPv4, parseIPv4 } from "./address";
import { type Also, gatewayAddress, RUN_DEFAULTS, type RunOptions } from "./cli-options";
import { ENGINES } from "./engine";
import { seedOfBoard } from "./seed";

/** "v8", "lm3s6965evb", "mps2-an385:aot", added to what was given before. */
export function parseAlso(text: string, before: Also[] = []): Also[] {
  const [first, second, ...rest] = text.split(":");
  const engine = ENGINES.find((each) => each === (second ?? first));
  if (second === undefined) return [...before, engine ? { engine } : { board: first }];
  if (engine && first && rest.length === 0) return [...before, { board: first, engine }];
  throw new InvalidArgumentError(`It is an engine (${ENGINES.join(", ")}), a board, or both: mps2-an385:aot.`);
}

/** What another board on the cable is run with, and the address of the stack that leads to it. */
export interface Companion {
  name: string;
  options: RunOptions;
  gateway: string;
}

/** The other boards: addresses behind the first one's. Throws an Error of one line when the network is too small for them. */
export function companionsOf(options: RunOptions): Companion[] {
  const also = options.also ?? [];
  const addresses = freeAddresses(options, 2 * also.length);
  return also.map(({ board, engine }, i) => ({
    name: [board, engine].filter(Boolean).join(" with "),
    gateway: addresses[also.length + i],
    options: {
      ...RUN_DEFAULTS,
      board,
      engine,
      address: [addresses[i]],
      gateway: options.gateway,
      seed: seedOfBoard(options.seed, i + 1),
    },
  }));
}

/** Addresses of the board's network that nobody here has, those behind the board's first. */
function freeAddresses(options: RunOptions, count: number): string[] {
  const [cidr] = options.address;
  const [address, prefix] = cidr.split("/");
  const size = 2 ** (32 - Number(prefix));
  const board = parseIPv4(address);
  const network = board - (board % size);
  // Where a TAP interface is joined, the kernel likely has the first one.
  const taken = [...options.address, gatewayAddress(cidr, options.tap !== undefined), `${options.gateway}/${prefix}`];
  const free: string[] = [];
  for (let i = 1; i < size && free.length < count; i++) {
    const host = (board - network + i) % size;
    const candidate = `${formatIPv4(network + host)}/${prefix}`;
    if (host > 1 && host < size - 1 && !taken.includes(candidate)) free.push(candidate);
  }
  if (free.length < count) throw new Error(`the network of ${cidr} has no room for ${count / 2} more boards`);
  return free;
}
