import { more } from "./verdicts";
import { summary } from "./matrix";
import { transfer } from "./transfer";

export interface SingleOptions {
  variant: string;
  /** Mbit/s. */
  link: number;
  loss: number;
  reordering: number;
  acks: boolean;
  mib: number;
  seed: number;
  pcap?: string;
}

/** One transfer, to look at a figure closely; it can be captured as both ends of the bottleneck see it. */
export async function single({ variant, link, mib, ...rest }: SingleOptions): Promise<void> {
  const outcome = await transfer({ variant, bandwidth: link * 1e6, octets: mib << 20, ...rest });
  const { goodput, frames } = summary([outcome]);
  console.log(`${goodput.toFixed(2)} Mbit/s, ${more(frames)} frames`);
  console.log(outcome);
}
