import { Family } from "../../host/node/abi";
import { mustWork, type Station } from "./station";

/** socketpair(2): the two descriptors, or a negative errno. */
export function socketPair(
  board: Station,
  type: number,
  family: number = Family.AF_UNIX,
  protocol = 0,
): [number, number] | number {
  const at = board.calls.scratch();
  const result = board.calls.socketpair(family, type, protocol, at);
  if (result < 0) return result;
  const view = new DataView(board.board.memory.buffer);
  return [view.getInt32(at, true), view.getInt32(at + 4, true)];
}

export function madePair(board: Station, type: number): [number, number] {
  const made = socketPair(board, type);
  return typeof made === "number" ? [mustWork("socketpair", made), -1] : made;
}
