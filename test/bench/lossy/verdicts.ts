import { FRAMES_GOAL, goals, JAIN_GOAL, KERNEL_GOAL } from "./given";
import { type Bench, findRow, LINKS, type Row, weatherName, weathers } from "./record";

export interface Verdict {
  goal: string;
  met: boolean;
  measured: string;
}

/** The sender whose figures are judged: what a socket gets that asks for nothing. */
const JUDGED = "cubic";

export function verdicts(bench: Bench): Verdict[] {
  return [...goodputs(bench), ...besideKernel(bench), frames(bench), ...fairness(bench)];
}

function goodputs({ rows }: Bench): Verdict[] {
  return [...goals].map(([loss, goal]) => {
    const weather = { loss, reordering: 0 };
    const goodput = findRow(rows, JUDGED, 100, weather)?.goodput ?? 0;
    const name = `${goal} Mbit/s over 100 Mbit/s at ${weatherName(weather)} loss`;
    return { goal: name, met: goodput >= goal, measured: `${goodput.toFixed(2)} Mbit/s` };
  });
}

function besideKernel({ rows, kernel }: Bench): Verdict[] {
  const found: Verdict[] = [];
  for (const link of LINKS) {
    for (const weather of weathers) {
      const ours = findRow(rows, JUDGED, link, weather);
      const theirs = findRow(kernel.rows, "kernel", link, weather);
      if (!ours || !theirs) continue;
      const ratio = ours.goodput / theirs.goodput;
      const goal = `within 10 % of the kernel over ${link} Mbit/s at ${weatherName(weather)}${weather.reordering ? "" : " loss"}`;
      found.push({ goal, met: ratio >= KERNEL_GOAL, measured: `${(ratio * 100).toFixed(0)} % of it` });
    }
  }
  return found;
}

function frames({ rows }: Bench): Verdict {
  const judged = rows.filter(({ sender }) => sender === JUDGED);
  const worst = judged.reduce((most: Row, row) => (row.frames > most.frames ? row : most), judged[0]);
  const where = `${weatherName(worst)} over ${worst.link} Mbit/s${worst.acks ? ", both ways" : ""}`;
  const measured = `at most ${more(worst.frames)} (${where})`;
  return { goal: "at most 3 % more frames with text than needed", met: worst.frames <= FRAMES_GOAL, measured };
}

export function more(frames: number): string {
  return `+${((frames - 1) * 100).toFixed(1)} %`;
}

function fairness({ shares }: Bench): Verdict[] {
  return shares.map(({ senders, link, lowest }) => ({
    goal: `Jain's index of ${senders} over ${link} Mbit/s at least ${JAIN_GOAL}`,
    met: lowest >= JAIN_GOAL,
    measured: `${lowest.toFixed(3)} at worst`,
  }));
}
