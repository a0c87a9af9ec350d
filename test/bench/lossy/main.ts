/** `npm run bench -- lossy`: goodput over a lossy way, in virtual time. Prints the tables and writes them, and a chart, to docs/. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chart } from "./chart";
import { kernel } from "./kernel";
import { FULL, QUICK, shares, transfers } from "./matrix";
import type { Bench } from "./record";
import { page } from "./report";
import { single } from "./single";

const USAGE = `npm run bench -- lossy [--quick] [--kernel] | --draw
npm run bench -- lossy --only VARIANT [--link MBIT] [--loss PART] [--reordering PART] [--acks] [--mib N] [--seed N] [--pcap FILE]

  --quick       small transfers, one seed; writes to build/bench/ instead of docs/
  --kernel      measure the kernel of this machine too, in real time, for the figures to stand beside (needs unshare and
                /dev/net/tun); without it they are those of the record
  --draw        write page and chart anew from the record, without measuring
  --only        one transfer of "cubic", "reno" or "newreno"
`;

/** Where the record lies. */
const DOCS = "docs";
const SCRATCH = "build/bench";

export async function lossy(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      kernel: { type: "boolean", default: false },
      draw: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      only: { type: "string" },
      link: { type: "string", default: "100" },
      loss: { type: "string", default: "0" },
      reordering: { type: "string", default: "0" },
      acks: { type: "boolean", default: false },
      mib: { type: "string", default: "64" },
      seed: { type: "string", default: "1" },
      pcap: { type: "string" },
    },
  });
  if (values.help) return console.log(USAGE);
  if (values.draw) return write(read(), DOCS);
  if (values.only === undefined) return measure(values.quick, values.kernel);
  const { only: variant, acks, pcap } = values;
  const [link, loss, reordering, mib, seed] = [values.link, values.loss, values.reordering, values.mib, values.seed].map(Number);
  await single({ variant, link, loss, reordering, acks, mib, seed, ...(pcap === undefined ? {} : { pcap }) });
}

async function measure(quick: boolean, withKernel: boolean): Promise<void> {
  const size = quick ? QUICK : FULL;
  const reference = withKernel ? await kernel(quick, progress) : read().kernel;
  const rows = await transfers(size, progress);
  const bench: Bench = { rows, shares: await shares(size, progress), kernel: reference };
  progress(0, 0, "");
  write(bench, quick ? SCRATCH : DOCS);
}

function read(): Bench {
  return JSON.parse(readFileSync(join(DOCS, "lossy.json"), "utf8")) as Bench;
}

/** JSON with a line for each row: shorter than what prettier makes of it, and what changed can be seen. */
function lines({ rows, shares, kernel }: Bench): string {
  const list = (name: string, of: object[]): string => `"${name}": [\n${of.map((row) => JSON.stringify(row)).join(",\n")}\n]`;
  const reference = `"kernel": { "version": "${kernel.version}", ${list("rows", kernel.rows)} }`;
  return `{\n${[list("rows", rows), list("shares", shares), reference].join(",\n")}\n}\n`;
}

function write(bench: Bench, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const text = page(bench);
  writeFileSync(join(folder, "lossy.json"), lines(bench));
  writeFileSync(join(folder, "lossy.md"), text);
  writeFileSync(join(folder, "lossy.svg"), chart(bench));
  console.log(text);
  console.log(`Written: ${["md", "svg", "json"].map((kind) => join(folder, `lossy.${kind}`)).join(", ")}`);
}

/** Milliseconds between lines where they do not replace each other. */
const PATIENCE = 10_000;
let said = performance.now();

/** One line that is written over at a terminal, a line now and then elsewhere. */
function progress(done: number, all: number, what: string): void {
  const line = all ? `${done + 1}/${all} ${what}` : "";
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
  else if (line && performance.now() - said > PATIENCE) {
    said = performance.now();
    process.stderr.write(`${line}\n`);
  }
}
