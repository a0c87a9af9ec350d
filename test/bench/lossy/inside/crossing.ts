import type { TapLink } from "../../../../host/node/links/tap";
import { moduleFor } from "../../../support/modules";
import { pattern, PORT, Sink, station } from "../ends";
import { Meter } from "../meter";
import { path } from "../path";
import { scenario, type Outcome } from "../transfer";
import type { Weather } from "../record";
import { dial } from "./kernel_socket";
import type { PacedClock } from "./paced";

export interface CrossingOptions extends Weather {
  /** Mbit/s. */
  link: number;
  octets: number;
  seeds: number[];
}

/** The kernel sends to several boards at once, each at the end of a way of its own. */
export async function cross(tap: TapLink, paced: PacedClock, options: CrossingOptions): Promise<Outcome[]> {
  const ways = await Promise.all(options.seeds.map((seed, i) => way(tap, paced, options, seed, i + 2)));
  tap.onFrame = (frame) => {
    paced.entered();
    for (const one of ways) if (one.isFor(frame)) one.send(frame);
  };
  try {
    return await Promise.all(ways.map((one) => one.outcome()));
  } finally {
    for (const one of ways) one.close();
    tap.onFrame = () => {};
  }
}

interface Way {
  isFor(frame: Uint8Array): boolean;
  send(frame: Uint8Array): void;
  outcome(): Promise<Outcome>;
  close(): void;
}

/** What is on its way at the end arrives in this time, ms. */
const AFTERMATH = 1000;

async function way(tap: TapLink, paced: PacedClock, options: CrossingOptions, seed: number, index: number): Promise<Way> {
  const { clock } = paced;
  const { link, loss, reordering, octets } = options;
  const meter = new Meter(clock);
  const watch = (frame: Uint8Array): void => meter.saw(frame);
  const cable = path({ clock, bandwidth: link * 1e6, ...scenario, loss, reordering, acks: false, seed, watch });
  // A build that is there: compiling here would spoil the times.
  const board = await station(await moduleFor({ profile: "host", debug: false }), index, clock, cable.receiver, seed);
  const sink = new Sink(board);
  cable.senders[0].onFrame = (frame) => {
    paced.left();
    tap.send(frame);
  };
  return {
    isFor: (frame) => (frame[0] & 1) === 1 || frame[5] === index,
    send: (frame) => cable.senders[0].send(frame),
    close: () => board.board.close(),
    outcome: async () => {
      await sendFromKernel(board.ip, octets);
      await until(() => [...sink.arrivals.values()][0]?.octets === octets);
      const duration = [...sink.arrivals.values()][0].at - meter.start;
      await new Promise((resolve) => setTimeout(resolve, AFTERMATH));
      const { frames, mss, retransmissions, longestSilence } = meter;
      const lost = cable.lost.chance + cable.lost.queue;
      return { octets, duration, frames, lost, needed: Math.ceil(octets / mss), retransmissions, timeouts: 0, longestSilence };
    },
  };
}

/** Let the kernel send that much; resolves when it has taken everything. */
async function sendFromKernel(host: string, octets: number): Promise<void> {
  const socket = dial(host, PORT, "cubic");
  const block = pattern(BLOCK);
  for (let sent = 0; sent < octets; sent += block.length) {
    const taken = socket.write(block.subarray(0, Math.min(block.length, octets - sent)));
    if (!taken) await new Promise((resolve) => socket.once("drain", resolve));
  }
  socket.end();
}

/** A multiple of the pattern's period, so that each begins where the last one ended. */
const BLOCK = 251 * 1024;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
