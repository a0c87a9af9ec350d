import { spawn, spawnSync } from "node:child_process";
import { release } from "node:os";
import { join } from "node:path";
import type { Question } from "./inside/main";
import { type Bench, LINKS, type Row, weathers } from "./record";

const SCRIPT = join(import.meta.dirname, "inside", "main.ts");
const MIB = 1 << 20;
/** Real time is dear: as much as takes a few tens of seconds. */
const SIZES = new Map([
  [0, 32],
  [0.001, 64],
  [0.01, 16],
  [0.03, 8],
  [0.05, 8],
  [0.1, 4],
]);
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
/** Transfers at a time, each over a way of its own: they cost the machine little but time. */
const ABREAST = 4;

function questions(quick: boolean): Question[] {
  return LINKS.flatMap((link) =>
    weathers.map((weather) => {
      const calm = weather.loss + weather.reordering === 0;
      const octets = (quick ? 1 : (SIZES.get(weather.loss) ?? 16)) * MIB;
      const seeds = quick || calm ? SEEDS.slice(0, 1) : SEEDS;
      return { ...weather, link, octets, seeds, abreast: ABREAST };
    }),
  );
}

/** The kernel of this machine as the sender, in real time. Rejects where network namespaces or TAP interfaces may not be made. */
export async function kernel(
  quick: boolean,
  progress: (done: number, all: number, what: string) => void,
): Promise<Bench["kernel"]> {
  const all = questions(quick);
  const ask = askNamespace();
  const rows: Row[] = [];
  try {
    for (const [i, question] of all.entries()) {
      progress(i, all.length, `the kernel over ${question.link} Mbit/s`);
      rows.push(await ask.question(question));
    }
  } finally {
    ask.close();
  }
  return { version: `Linux ${/^\d+\.\d+/.exec(release())?.[0] ?? ""}`, rows };
}

interface Asking {
  question(question: Question): Promise<Row>;
  close(): void;
}

/** Before everything else that runs on this machine, where we may: a frame that moves late spoils the figure. */
function priority(): string[] {
  const command = ["chrt", "-f", "1"];
  return spawnSync(command[0], [...command.slice(1), "true"]).status === 0 ? command : [];
}

/** A process in a network namespace of its own. */
function askNamespace(): Asking {
  const command = [...priority(), "unshare", "-Urn", process.execPath, "--import", "tsx", SCRIPT];
  const child = spawn(command[0], command.slice(1), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  return {
    question: (question) =>
      new Promise((resolve, reject) => {
        const gone = (): void => reject(new Error("the process in the namespace has ended"));
        child.once("exit", gone).once("error", reject);
        child.once("message", (answer: { row?: Row; error?: string }) => {
          child.off("exit", gone);
          child.off("error", reject);
          if (answer.row) resolve(answer.row);
          else reject(new Error(answer.error));
        });
        child.send(question);
      }),
    close: () => child.disconnect(),
  };
}
