import { LINKS, mean, type Row, type Share, type Weather, weathers } from "./record";
import { share } from "./share";
import { type Outcome, transfer } from "./transfer";
import { variants } from "./variants";

/** How much is measured. */
export interface Size {
  octets: number;
  seeds: number;
  /** Of each measurement of several senders, ms. */
  sharing: number;
}

export const FULL: Size = { octets: 64 << 20, seeds: 5, sharing: 60_000 };
export const QUICK: Size = { octets: 4 << 20, seeds: 1, sharing: 10_000 };

type Progress = (done: number, all: number, what: string) => void;

interface Cell extends Weather {
  sender: string;
  link: number;
  acks: boolean;
}

function cells(): Cell[] {
  const found: Cell[] = [];
  for (const link of LINKS) {
    for (const { name: sender } of variants) {
      for (const weather of weathers) found.push({ sender, link, acks: false, ...weather });
      for (const { loss } of weathers.filter((weather) => weather.loss > 0)) {
        found.push({ sender, link, acks: true, loss, reordering: 0 });
      }
    }
  }
  return found;
}

/** Every sender in every weather. */
export async function transfers(size: Size, progress: Progress): Promise<Row[]> {
  const rows: Row[] = [];
  const all = cells();
  for (const [i, cell] of all.entries()) {
    progress(i, all.length, `${cell.sender} over ${cell.link} Mbit/s`);
    rows.push(await measured(cell, size));
  }
  return rows;
}

async function measured(cell: Cell, { octets, seeds }: Size): Promise<Row> {
  const calm = cell.loss + cell.reordering === 0;
  const outcomes: Outcome[] = [];
  for (let seed = 1; seed <= (calm ? 1 : seeds); seed++) {
    outcomes.push(await transfer({ variant: cell.sender, bandwidth: cell.link * 1e6, ...cell, octets, seed }));
  }
  return { ...cell, octets, ...summary(outcomes) };
}

type Summary = Pick<Row, "seeds" | "goodput" | "lowest" | "highest" | "frames" | "timeouts" | "silence">;

/** One row of many transfers. */
export function summary(outcomes: Outcome[]): Summary {
  const goodputs = outcomes.map(({ octets, duration }) => (octets * 8) / duration / 1000);
  const sum = (count: (outcome: Outcome) => number): number => outcomes.reduce((all, outcome) => all + count(outcome), 0);
  return {
    seeds: outcomes.length,
    goodput: rounded(mean(goodputs), 3),
    lowest: rounded(Math.min(...goodputs), 3),
    highest: rounded(Math.max(...goodputs), 3),
    frames: rounded(sum(({ frames }) => frames) / sum(({ needed, lost }) => needed + lost), 4),
    timeouts: rounded(sum(({ timeouts }) => timeouts) / outcomes.length, 1),
    silence: rounded(Math.max(...outcomes.map(({ longestSilence }) => longestSilence)), 0),
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

const MIXES = [
  { senders: "4 CUBIC", link: 100, variants: ["cubic", "cubic", "cubic", "cubic"] },
  { senders: "4 CUBIC", link: 20, variants: ["cubic", "cubic", "cubic", "cubic"] },
  { senders: "4 Reno", link: 20, variants: ["reno", "reno", "reno", "reno"] },
  { senders: "2 CUBIC, 2 Reno", link: 20, variants: ["cubic", "reno", "cubic", "reno"] },
  { senders: "4 without SACK", link: 20, variants: ["newreno", "newreno", "newreno", "newreno"] },
  { senders: "8 CUBIC", link: 20, variants: Array.from({ length: 8 }, () => "cubic") },
];

/** Every mix of senders through one bottleneck. */
export async function shares({ seeds, sharing }: Size, progress: Progress): Promise<Share[]> {
  const found: Share[] = [];
  for (const [i, { senders, link, variants }] of MIXES.entries()) {
    progress(i, MIXES.length, `${senders} together`);
    const outcomes = [];
    for (let seed = 1; seed <= seeds; seed++) {
      outcomes.push(await share({ variants, bandwidth: link * 1e6, duration: sharing, seed }));
    }
    const jains = outcomes.map(({ jain }) => jain);
    const sums = outcomes.map(({ goodputs }) => mean(goodputs) * goodputs.length);
    const lost = mean(outcomes.map((outcome) => outcome.lost / outcome.frames));
    found.push({
      senders,
      link,
      seeds,
      seconds: sharing / 1000,
      jain: rounded(mean(jains), 3),
      lowest: rounded(Math.min(...jains), 3),
      goodput: rounded(mean(sums), 2),
      lost: rounded(lost, 5),
    });
  }
  return found;
}
