import { Level, SandwireOption } from "../../host/node/abi";
import type { Heard } from "./flow";
import type { TcpOptionFields } from "./packet";
import type { Connection } from "./states";

/** Let the peer be silent until the connection ends; how long that took, and what the board said meanwhile. */
export function silence(made: Connection, limit = 3_000_000): { after: number; heard: Heard[] } {
  const started = made.world.now;
  made.world.waitFor("the end", () => made.state() === "Closed", limit);
  return { after: made.world.now - started, heard: made.flow.drain(1) };
}

/** The field of the user timeout option (RFC 5482) among the options of a segment. */
function timeoutIn(options: Uint8Array): number | undefined {
  for (let at = 0; at < options.length && options[at] !== 0;) {
    if (options[at] === 28) return (options[at + 2] << 8) | options[at + 3];
    at += options[at] === 1 ? 1 : options[at + 1];
  }
  return undefined;
}

/** The option with that field. */
export const uto = (field: number): TcpOptionFields => ({ raw: [28, 4, field >> 8, field & 255] });

/** Advertise so many seconds from now on, and heed the peer. */
export const enable = ({ board, fd }: Pick<Connection, "board" | "fd">, seconds: number): number =>
  board.setOption(fd, Level.SOL_SANDWIRE, SandwireOption.USER_TIMEOUT_OPTION, seconds);

/** The timeout in force, ms; 0 for none. */
export const adopted = ({ board, fd }: Connection): number => board.tcp(fd, "TCP_USER_TIMEOUT");

/** The fields in all segments of the board so far; undefined where there is no option. */
export const told = ({ world: w }: Connection): (number | undefined)[] =>
  w.ladder.sightings.flatMap(({ from, packet: { tcp } }) => (from === w.board.name && tcp ? [timeoutIn(tcp.options)] : []));
