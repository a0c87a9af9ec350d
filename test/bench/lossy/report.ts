import { given, goals } from "./given";
import { lawful } from "./law";
import { type Bench, findRow, LINKS, mean, type Row, weatherName, weathers } from "./record";
import { variants } from "./variants";
import { more, verdicts } from "./verdicts";

/** docs/lossy.md. */
export function page(bench: Bench): string {
  const { rows, kernel } = bench;
  const size = rows[0].octets >> 20;
  const seeds = Math.max(...rows.map((row) => row.seeds));
  return `# Goodput over a lossy way

Written by \`npm run bench -- lossy\`, which also draws the chart and keeps the figures in [lossy.json](lossy.json).

![Goodput against loss](lossy.svg)

One connection sends ${size} MiB over a way with 10 ms of delay each way, windows of 64 KiB (the receiver's SO_RCVBUF; the sender's SO_SNDBUF is
twice that), and a bottleneck whose queue takes 64 KiB and drops what comes then. A window a round trip is 26.2 Mbit/s: more than
the slower link carries, a quarter of what the faster does. Time is virtual, so that the speed of the machine
is not in the figures: they are the same on every machine. Frames with text are lost before the bottleneck, each on its own, by a seed and the
frame's ordinal, so that every sender meets the same weather; acknowledgements come through unless it says "both ways", and handshakes always do. Each
figure is the mean of ${seeds === 1 ? "one seed" : `${seeds} seeds (one where nothing is left to chance)`}; goodput counts from the first frame with text to the last octet read.
Reordering makes a frame up to 10 ms late.

The percentage beside a goodput says how many more frames with text were sent than needed: those that carry the text once, and those that were lost.

${LINKS.map((link) => `## ${link} Mbit/s\n\n${goodputTable(bench, link)}`).join("\n\n")}

## Acknowledgements are lost as well

The same rate of loss both ways.

${bothWaysTable(rows)}

## Timeouts

Retransmission timeouts in a transfer, and the longest time in which nothing was sent.

${timeoutTable(rows)}

## Several connections

Each from a host of its own through one bottleneck without any other losses. A host takes up to the time of one frame for each, since hosts that are exactly
alike fall into step with the queue. They begin within a second, and what each gets is measured for ${bench.shares[0].seconds} seconds from the fifth on, with ${bench.shares[0].seeds === 1 ? "one seed" : `${bench.shares[0].seeds} seeds`}.

${shareTable(bench)}

## Goals

${verdictTable(bench)}
${kernel.rows.length ? kernelNote(bench) : ""}`;
}

const LAW = `

The model is what CUBIC's own law for the window allows on this way, if repairs cost nothing: a loss leaves 0.7 of it, and a round trip adds 0.53 segments (one
beyond where the loss was), which is Reno's share. Where the goals are above it, they ask for more than that share.`;

function goodputTable({ rows, kernel }: Bench, link: number): string {
  const others = given.filter((one) => one.link === link);
  const wanted = link === 100;
  const head = ["loss", ...variants.map(({ title }) => title)];
  if (kernel.rows.length) head.push("Linux kernel");
  head.push(...others.map(({ title }) => title), ...(wanted ? ["RFC 9438's law (model)", "goal"] : []));
  const body = weathers.map((weather) => {
    const cells = [weatherName(weather), ...variants.map(({ name }) => cell(findRow(rows, name, link, weather)))];
    if (kernel.rows.length) cells.push(cell(findRow(kernel.rows, "kernel", link, weather)));
    const known = (figures: Map<number, number>): string => (weather.reordering ? "" : String(figures.get(weather.loss) ?? ""));
    cells.push(...others.map(({ goodput }) => known(goodput)));
    if (wanted) cells.push(weather.reordering ? "" : lawful(weather.loss).toFixed(2), known(goals));
    return cells;
  });
  return `Mbit/s\n\n${table(head, body)}${wanted ? LAW : ""}`;
}

function cell(row: Row | undefined): string {
  return row ? `${row.goodput.toFixed(2)} (${more(row.frames)})` : "";
}

function bothWaysTable(rows: Row[]): string {
  const columns = LINKS.flatMap((link) => variants.map((variant) => ({ link, ...variant })));
  const lossy = weathers.filter(({ loss }) => loss > 0);
  const head = ["loss", ...columns.map(({ link, title }) => `${title}, ${link} Mbit/s`)];
  const body = lossy.map((weather) => [
    weatherName(weather),
    ...columns.map(({ link, name }) => cell(findRow(rows, name, link, weather, true))),
  ]);
  return table(head, body);
}

function timeoutTable(rows: Row[]): string {
  const head = ["loss", ...variants.map(({ title }) => title)];
  const text = (row: Row | undefined): string => (row ? `${row.timeouts} (${(row.silence / 1000).toFixed(2)} s)` : "");
  const body = weathers.map((weather) => [
    weatherName(weather),
    ...variants.map(({ name }) => text(findRow(rows, name, 100, weather))),
  ]);
  return `Over 100 Mbit/s:\n\n${table(head, body)}`;
}

function shareTable({ shares }: Bench): string {
  const head = ["connections", "link, Mbit/s", "all together, Mbit/s", "frames lost", "Jain's index", "at worst"];
  const body = shares.map(({ senders, link, goodput, lost, jain, lowest }) => [
    senders,
    String(link),
    goodput.toFixed(2),
    `${(lost * 100).toFixed(2)} %`,
    jain.toFixed(3),
    lowest.toFixed(3),
  ]);
  return table(head, body);
}

function verdictTable(bench: Bench): string {
  const body = verdicts(bench).map(({ goal, met, measured }) => [goal, measured, met ? "met" : "**missed**"]);
  return table(["goal", "measured", ""], body, 3);
}

function kernelNote({ kernel }: Bench): string {
  const late = Math.max(...kernel.rows.map((row) => row.late ?? 0));
  const delay = mean(kernel.rows.map((row) => row.delay ?? 0));
  const latest = Math.max(...kernel.rows.map((row) => row.latest ?? 0));
  return `
## The kernel's figures

Measured with \`npm run bench -- lossy --kernel\` on ${kernel.version}, CUBIC chosen, nothing else changed but that it may not remember
the way from one connection to the next (\`tcp_no_metrics_save\`): a kernel in a network namespace of its own sends through a TAP interface and the same
losses, bottleneck and delay to a Sandwire socket with the same window. That takes real time, so the transfers are
smaller (${sizes(kernel.rows)}) and there is jitter: a frame was ${(delay * 1000).toFixed(0)} µs late on average, and in
the worst row ${(late * 100).toFixed(1)} % were a millisecond late or more, the latest ${latest.toFixed(0)} ms.
`;
}

function sizes(rows: Row[]): string {
  const found = weathers.map((weather) => {
    const row = findRow(rows, "kernel", 100, weather);
    return row ? `${row.seeds} of ${row.octets >> 20} MiB at ${weatherName(weather)}` : "";
  });
  return found.filter((text) => text).join(", ");
}

/** A table in Markdown; columns after `left` are numbers. */
function table(head: string[], rows: string[][], left = 1): string {
  const lines = [head, head.map((_, i) => (i < left ? "---" : "--:")), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
