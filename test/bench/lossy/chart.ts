/** The chart of docs/lossy.svg. Drawn by hand: two panels of lines need no library, and a file without one changes only with its figures. */
import { given, goals } from "./given";
import { type Bench, findRow, LINKS, LOSSES, type Row, weatherName, weathers } from "./record";
import { variants } from "./variants";

interface Point {
  /** The place in `weathers`. */
  place: number;
  goodput: number;
}

interface Series {
  title: string;
  color: string;
  width: number;
  dash?: string;
  mark: Mark;
  points: Point[];
}

type Mark = "circle" | "square" | "diamond" | "triangle" | "goal";

const WIDTH = 1000;
const HEIGHT = 538;
const PANEL = { width: 400, height: 340, top: 84, lefts: [60, 540] };
const LEGEND = { top: 488, columns: [60, 300, 540, 760], line: 24 };
/** Mbit/s at the lower and upper edge; the scale is logarithmic. */
const LOWEST = 0.2;
const HIGHEST = 30;
const TICKS = [0.2, 0.5, 1, 2, 5, 10, 20];
/** Pixels between marks without a line. */
const APART = 9;
const INK = "#222";
const FAINT = "#777";

const looks: Record<string, Pick<Series, "color" | "width" | "mark"> & { dash?: string }> = {
  cubic: { color: "#0b62a4", width: 3, mark: "circle" },
  reno: { color: "#1b9e77", width: 2, mark: "triangle" },
  newreno: { color: "#d95f02", width: 2, mark: "square" },
  kernel: { color: "#111111", width: 2, dash: "6 4", mark: "diamond" },
  lwip: { color: "#999999", width: 1.5, mark: "square" },
  model: { color: "#999999", width: 1.5, dash: "2 4", mark: "circle" },
  goal: { color: "#c2185b", width: 0, mark: "goal" },
};

export function chart(bench: Bench): string {
  const all = LINKS.map((link) => seriesOver(bench, link));
  const panels = all.map((series, i) => panel(series, PANEL.lefts[i], `${LINKS[i]} Mbit/s`));
  const named = new Map(all.flat().map((series) => [series.title, series]));
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="Helvetica, Arial, sans-serif" font-size="13">`,
    `<title>Goodput against loss</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text(PANEL.lefts[0], 26, "Goodput in Mbit/s against the loss of frames with text", { size: 16, bold: true }),
    text(PANEL.lefts[0], 46, "10 ms each way, 64 KiB windows, a queue of 64 KiB; the higher the better", { color: FAINT }),
    ...panels,
    ...legend([...named.values()]),
    "</svg>",
  ].join("\n")}\n`;
}

function seriesOver({ rows, kernel }: Bench, link: number): Series[] {
  const made = variants.map(({ name, title }) => ({ title, ...looks[name], points: pointsOf(rows, name, link) }));
  const reference = { title: "Linux kernel", ...looks["kernel"], points: pointsOf(kernel.rows, "kernel", link) };
  const others = given.filter((one) => one.link === link);
  const figures = others.map(({ name, title, goodput }) => ({ title, ...looks[name], points: placed(goodput) }));
  const wanted = link === 100 ? [{ title: "goal", ...looks["goal"], points: placed(goals) }] : [];
  // The most important is drawn last, above the others.
  return [...figures, reference, ...made.reverse(), ...wanted].filter(({ points }) => points.length > 0);
}

function pointsOf(rows: Row[], sender: string, link: number): Point[] {
  return weathers.flatMap((weather, place) => {
    const row = findRow(rows, sender, link, weather);
    return row ? [{ place, goodput: row.goodput }] : [];
  });
}

function placed(figures: Map<number, number>): Point[] {
  return LOSSES.flatMap((loss, place) => {
    const goodput = figures.get(loss);
    return goodput === undefined ? [] : [{ place, goodput }];
  });
}

function panel(series: Series[], left: number, title: string): string {
  return [...axes(left, title), ...series.flatMap((one, i) => drawn(one, left, (i - series.length / 2) * APART))].join("\n");
}

/** Reordering stands apart from the losses. */
function x(left: number, place: number): number {
  const gap = place >= LOSSES.length ? 0.6 : 0;
  return left + (PANEL.width * (place + gap + 0.4)) / (weathers.length + 0.6);
}

function y(goodput: number): number {
  const part = Math.log(goodput / LOWEST) / Math.log(HIGHEST / LOWEST);
  return PANEL.top + PANEL.height * (1 - Math.max(0, part));
}

function axes(left: number, title: string): string[] {
  const right = left + PANEL.width;
  const bottom = PANEL.top + PANEL.height;
  const grid = TICKS.flatMap((tick) => [
    `<line x1="${left}" y1="${n(y(tick))}" x2="${right}" y2="${n(y(tick))}" stroke="#e4e4e4"/>`,
    text(left - 8, y(tick) + 4, String(tick), { anchor: "end", color: FAINT }),
  ]);
  const names = weathers.map((weather, place) =>
    text(x(left, place), bottom + 20, weather.reordering ? "1 %" : weatherName(weather), { anchor: "middle" }),
  );
  const middle = (x(left, LOSSES.length - 1) + x(left, LOSSES.length)) / 2;
  return [
    ...grid,
    `<rect x="${left}" y="${PANEL.top}" width="${PANEL.width}" height="${PANEL.height}" fill="none" stroke="#bbb"/>`,
    `<line x1="${n(middle)}" y1="${PANEL.top}" x2="${n(middle)}" y2="${bottom}" stroke="#bbb"/>`,
    ...names,
    text((left + middle) / 2, bottom + 38, "loss", { anchor: "middle", color: FAINT }),
    text(x(left, LOSSES.length), bottom + 38, "reordered", { anchor: "middle", color: FAINT }),
    text(left, PANEL.top - 8, title, { bold: true }),
  ];
}

/** @param aside where the marks without a line stand, so that they do not hide each other */
function drawn(series: Series, left: number, aside: number): string[] {
  const { points, color, width, dash } = series;
  const losses = points.filter(({ place }) => place < LOSSES.length);
  const way = losses.map(({ place, goodput }) => `${n(x(left, place))},${n(y(goodput))}`).join(" ");
  const style = `fill="none" stroke="${color}" stroke-width="${width}"${dash ? ` stroke-dasharray="${dash}"` : ""}`;
  const marks = points.map(({ place, goodput }) =>
    mark(series, x(left, place) + (place < LOSSES.length ? 0 : aside), y(goodput)),
  );
  return width > 0 ? [`<polyline points="${way}" ${style}/>`, ...marks] : marks;
}

function mark({ mark: kind, color }: Series, cx: number, cy: number): string {
  const shapes: Record<Mark, string> = {
    circle: `<circle cx="${n(cx)}" cy="${n(cy)}" r="4.5" fill="${color}"/>`,
    square: `<rect x="${n(cx - 4)}" y="${n(cy - 4)}" width="8" height="8" fill="${color}"/>`,
    diamond: polygon(cx, cy, color, [0, -6, 6, 0, 0, 6, -6, 0]),
    triangle: polygon(cx, cy, color, [0, -6, 5.5, 4.5, -5.5, 4.5]),
    goal: `<line x1="${n(cx - 13)}" y1="${n(cy)}" x2="${n(cx + 13)}" y2="${n(cy)}" stroke="${color}" stroke-width="2.5"/>`,
  };
  return shapes[kind];
}

function polygon(cx: number, cy: number, color: string, offsets: number[]): string {
  const points = offsets.map((offset, i) => n(offset + (i % 2 ? cy : cx)));
  return `<polygon points="${points.join(" ")}" fill="${color}"/>`;
}

function legend(series: Series[]): string[] {
  const order = ["cubic", "reno", "newreno", "kernel", "lwip", "model", "goal"].map(
    (name) => looks[name].color + looks[name].mark,
  );
  const key = ({ color, mark: kind }: Series): number => order.indexOf(color + kind);
  const sorted = [...series].sort((a, b) => key(a) - key(b));
  return sorted.flatMap((one, i) => {
    const left = LEGEND.columns[i % LEGEND.columns.length];
    const top = LEGEND.top + Math.floor(i / LEGEND.columns.length) * LEGEND.line;
    const dash = one.dash ? ` stroke-dasharray="${one.dash}"` : "";
    const line = `<line x1="${left}" y1="${top}" x2="${left + 36}" y2="${top}" stroke="${one.color}" stroke-width="${one.width}"${dash}/>`;
    return [...(one.width > 0 ? [line] : []), mark(one, left + 18, top), text(left + 46, top + 4, one.title)];
  });
}

interface TextStyle {
  anchor?: "start" | "middle" | "end";
  size?: number;
  bold?: boolean;
  color?: string;
}

function text(x: number, y: number, content: string, { anchor, size, bold, color = INK }: TextStyle = {}): string {
  const style = [
    anchor ? ` text-anchor="${anchor}"` : "",
    size ? ` font-size="${size}"` : "",
    bold ? ` font-weight="bold"` : "",
  ].join("");
  return `<text x="${n(x)}" y="${n(y)}" fill="${color}"${style}>${content}</text>`;
}

/** A coordinate. */
function n(value: number): string {
  return String(Number(value.toFixed(1)));
}
