/** What the examples stand on when they are run from a shell: boards on one cable, in real time, on this machine. */
import { fileURLToPath } from "node:url";
import { Board, Gateway, hub, type Link, RealClock } from "sandwire";

/** `count` boards on a hub: 10.0.0.2/24, 10.0.0.3/24 ... `cable` may put something into the way of their frames. */
export async function boards(count: number, cable = (link: Link): Link => link): Promise<Board[]> {
  const clock = new RealClock();
  const ports = hub(count, { clock, latency: 1 });
  const make = async (i: number): Promise<Board> => {
    const board = await Board.create({ clock, profile: "host", name: `board ${i + 1}`, address: `10.0.0.${i + 2}/24` });
    board.attach(cable(ports[i]));
    return board;
  };
  return Promise.all(ports.map((_, i) => make(i)));
}

/** A board, 10.0.0.2, that this machine's programs reach: port `port` of 127.0.0.1 leads to port `port` of the board. */
export async function reachable(port: number): Promise<Board> {
  const clock = new RealClock();
  const [near, far] = hub(2, { clock });
  const board = await Board.create({ clock, profile: "host", address: "10.0.0.2/24" });
  board.attach(far);
  const gateway = await Gateway.create({ clock, link: near });
  await gateway.forward(port, port);
  return board;
}

/** Run `main` when the file is the program, not when it is imported: `run(import.meta.url, main)`. Errors are one line and exit 1. */
export function run(url: string, main: (args: string[]) => Promise<void>): void {
  if (process.argv[1] !== fileURLToPath(url)) return;
  main(process.argv.slice(2)).then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exit(1);
    },
  );
}
