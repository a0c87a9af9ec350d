/** What is measured, as it is kept in docs/lossy.json. */

/** A condition of the way and a sender; the means over some seeds. */
export interface Row {
  /** The name of a variant, or "kernel". */
  sender: string;
  /** Mbit/s. */
  link: number;
  loss: number;
  reordering: number;
  /** Acknowledgements suffered too. */
  acks: boolean;
  /** Octets of each transfer, and how many transfers there were. */
  octets: number;
  seeds: number;
  /** Mbit/s: the mean, the slowest and the fastest transfer. */
  goodput: number;
  lowest: number;
  highest: number;
  /** Frames with text sent for each one needed: those that carry the text once, and those lost. */
  frames: number;
  /** Retransmission timeouts of a transfer. */
  timeouts: number;
  /** The longest time without a frame, ms. */
  silence: number;
  /** Real time only: how late a frame was on average and the latest one, ms, and the part that was a millisecond or more late. */
  delay?: number;
  late?: number;
  latest?: number;
}

/** Several senders through one bottleneck. */
export interface Share {
  senders: string;
  link: number;
  seeds: number;
  /** How long each was measured. */
  seconds: number;
  /** Jain's index: the mean and the lowest. */
  jain: number;
  lowest: number;
  /** Mbit/s of all together. */
  goodput: number;
  /** Frames with text that the queue lost, of all sent. */
  lost: number;
}

export interface Bench {
  rows: Row[];
  shares: Share[];
  /** The reference, and which kernel it was. */
  kernel: { version: string; rows: Row[] };
}

/** What happens on the way. */
export interface Weather {
  loss: number;
  reordering: number;
}

export const LOSSES = [0, 0.001, 0.01, 0.03, 0.05, 0.1];
export const weathers: Weather[] = [...LOSSES.map((loss) => ({ loss, reordering: 0 })), { loss: 0, reordering: 0.01 }];

/** Mbit/s. */
export const LINKS = [100, 20];

export function weatherName({ loss, reordering }: Weather): string {
  return reordering ? `${percent(reordering)} reordered` : percent(loss);
}

function percent(part: number): string {
  return `${Number((part * 100).toFixed(2))} %`;
}

export function findRow(rows: Row[], sender: string, link: number, { loss, reordering }: Weather, acks = false): Row | undefined {
  const same = (row: Row) => row.sender === sender && row.link === link && row.acks === acks;
  return rows.find((row) => same(row) && row.loss === loss && row.reordering === reordering);
}

export const mean = (values: number[]): number => values.reduce((all, value) => all + value, 0) / values.length;
