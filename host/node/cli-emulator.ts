import { chosenBoard } from "./cli-board";
import type { Guest } from "./cli-guest";
import type { RunOptions } from "./cli-options";
import { EmulatedBoard } from "./emulator/emulator";
import { builtFirmware } from "./emulator/firmware";
import type { Link } from "./link";
import { seedOf } from "./seed";

/**
 * A board in the emulator, with its firmware built. Rejects with an Error of one line when it cannot be.
 *
 * @param print called for each line of its console
 * @param fail called when the emulator has ended by itself
 */
export async function emulatedGuest(
  options: RunOptions,
  print: (line: string) => void,
  fail: (error: Error) => void,
): Promise<Guest> {
  const { board, engine, profile } = chosenBoard(options);
  const [address, ...more] = options.address;
  if (more.length > 0) throw new Error(`${board.name} takes one address: ${more[0]} is one too many`);
  if (options.record !== undefined) throw new Error("--record records a board of this process: leave --board away");
  const firmware = await builtFirmware(board, engine, { profile, app: options.app }, (line) => process.stderr.write(`${line}\n`));
  const start = async (link: Link): Promise<Traffic> => {
    const emulated = await EmulatedBoard.start({
      board,
      firmware,
      address,
      gateway: options.gateway,
      seed: seedOf(options.seed),
      console: options.console,
      onLine: (line) => line && print(`${board.name}: ${line}`),
    });
    void emulated.ended.then((error) => error && fail(error));
    if (options.console) listenTo(process.stdin, emulated);
    return new Traffic(emulated, link);
  };
  return { profile, start };
}

/** What is typed here goes to the board's console, without the ends of lines. */
function listenTo(input: NodeJS.ReadStream, board: EmulatedBoard): void {
  input.on("data", (chunk: Buffer) => board.type(chunk.toString().replaceAll(/\s/g, "")));
  input.on("error", () => undefined);
}

/** Joins a board's Ethernet to a link, and counts what passes. */
class Traffic {
  private readonly frames = { FramesIn: 0, FramesOut: 0, OctetsIn: 0, OctetsOut: 0 };

  constructor(
    private readonly board: EmulatedBoard,
    link: Link,
  ) {
    const { frames } = this;
    link.onFrame = (frame) => {
      frames.FramesIn++;
      frames.OctetsIn += frame.length;
      board.link.send(frame);
    };
    board.link.onFrame = (frame) => {
      frames.FramesOut++;
      frames.OctetsOut += frame.length;
      link.send(frame);
    };
  }

  counters(): Record<string, number> {
    return this.frames;
  }

  close(): Promise<void> {
    return this.board.stop();
  }
}
