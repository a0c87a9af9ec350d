import { isIPv4 } from "node:net";
import { InvalidArgumentError } from "commander";
import { formatIPv4, parseIPv4 } from "./address";
import { type Engine, ENGINES } from "./engine";
import { isProfile, type Profile, PROFILES } from "./module";

/** A host port and the board's port it leads to. */
export interface Forwarding {
  host: number;
  board: number;
}

/** Another board on the cable: one of this process, or one in the emulator. */
export interface Also {
  board?: string;
  engine?: Engine;
}

/** What `sandwire run` was told, checked and with its defaults. */
export interface RunOptions {
  forward?: Forwarding[];
  tap?: string;
  /** The board's addresses and prefixes, the primary one first. */
  address: readonly string[];
  gateway?: string;
  pcap?: string;
  /** The file of the session. */
  record?: string;
  print?: boolean;
  loss: number;
  duplicate: number;
  reorder: number;
  corrupt: number;
  /** Milliseconds, each way. */
  latency: number;
  profile?: Profile;
  app?: string;
  /** Run this board in the emulator. */
  board?: string;
  engine?: Engine;
  /** Other boards on the same cable. */
  also?: Also[];
  /** What is typed goes to the board's console. */
  console?: boolean;
  seed?: number;
}

/** "8080:80", added to what was given before. Throws commander's InvalidArgumentError, as all of these do. */
export function parseForward(text: string, before: Forwarding[] = []): Forwarding[] {
  const ports = /^(\d{1,5}):(\d{1,5})$/.exec(text);
  const [host, board] = [Number(ports?.[1]), Number(ports?.[2])];
  if (!ports || host > 65535 || board > 65535 || board === 0) {
    throw new InvalidArgumentError("It is a host port and a board port, such as 8080:80; host port 0 takes any free one.");
  }
  return [...before, { host, board }];
}

/** What the board is called unless told. */
export const DEFAULT_ADDRESSES: readonly string[] = ["10.0.0.2/24"];

/** What `sandwire run` is told when it is told nothing. */
export const RUN_DEFAULTS: RunOptions = { address: DEFAULT_ADDRESSES, loss: 0, duplicate: 0, reorder: 0, corrupt: 0, latency: 0 };

/** "10.0.0.2/24", added to what was given before: an address that a host of that network can have. */
export function parseAddresses(text: string, before: readonly string[]): readonly string[] {
  checkCidr(text);
  return before === DEFAULT_ADDRESSES ? [text] : [...before, text];
}

function checkCidr(text: string): void {
  const hint = "It is an address and a prefix, such as 10.0.0.2/24.";
  const [address, prefix, ...rest] = text.split("/");
  if (!isIPv4(address) || !/^\d{1,2}$/.test(prefix ?? "") || rest.length > 0) throw new InvalidArgumentError(hint);
  if (Number(prefix) < 1 || Number(prefix) > 30) throw new InvalidArgumentError("The prefix is 1 to 30.");
  const host = parseIPv4(address) % hostsOf(Number(prefix));
  if (host === 0 || host === hostsOf(Number(prefix)) - 1) {
    throw new InvalidArgumentError("That is the address of a whole network, not of a board in it.");
  }
}

export function parseAddress(text: string): string {
  if (!isIPv4(text)) throw new InvalidArgumentError("It is an address such as 10.0.0.1.");
  return text;
}

/** A probability from 0 to 1, or in percent: "0.05", "5%". */
export function parseProbability(text: string): number {
  const value = /^\d*\.?\d+%$/.test(text) ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError("It is a probability, such as 0.05 or 5%.");
  return value;
}

export function parseLatency(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 60_000)) throw new InvalidArgumentError("It is milliseconds, 0 to 60000.");
  return value;
}

export function parseProfile(text: string): Profile {
  if (!isProfile(text)) throw new InvalidArgumentError(`The profiles are ${PROFILES.join(", ")}.`);
  return text;
}

export function parseEngine(text: string): Engine {
  const engine = ENGINES.find((each) => each === text);
  if (!engine) throw new InvalidArgumentError(`The engines are ${ENGINES.join(", ")}.`);
  return engine;
}

export function parseSeed(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 0xffffffff) throw new InvalidArgumentError("It is a whole number from 0 to 4294967295.");
  return value;
}

/** Linux's rule for the names of interfaces. */
export function parseInterface(text: string): string {
  if (!/^[^\s/]{1,15}$/.test(text)) throw new InvalidArgumentError("It is an interface name of 1 to 15 characters, such as sw0.");
  return text;
}

/**
 * The address for the gateway's stack in the board's network: its first one, as routers have it; its last one where a real
 * network is attached, in which the first is likely taken.
 */
export function gatewayAddress(cidr: string, real: boolean): string {
  const [address, prefix] = cidr.split("/");
  const size = hostsOf(Number(prefix));
  const board = parseIPv4(address);
  const network = board - (board % size);
  const [wanted, other] = real ? [size - 2, size - 3] : [1, 2];
  return `${formatIPv4(network + (network + wanted === board ? other : wanted))}/${prefix}`;
}

function hostsOf(prefix: number): number {
  return 2 ** (32 - prefix);
}
