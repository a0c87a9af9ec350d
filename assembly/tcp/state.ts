import { State } from "../abi";

/** Which states may follow which (RFC 9293 figure 5); bit n is State n. */
const LEGAL = memory.data<u16>([
  0b000_0001_0110, // Closed      -> Listen | SynSent | Established (a half-open entry that was completed)
  0b000_0000_1101, // Listen      -> SynSent | SynReceived | Closed
  0b000_0001_1001, // SynSent     -> SynReceived | Established | Closed
  0b000_1011_0011, // SynReceived -> Established | FinWait1 | CloseWait | Listen | Closed
  0b000_1010_0001, // Established -> FinWait1 | CloseWait | Closed
  0b101_0100_0001, // FinWait1    -> FinWait2 | Closing | TimeWait | Closed
  0b100_0000_0001, // FinWait2    -> TimeWait | Closed
  0b010_0000_0001, // CloseWait   -> LastAck | Closed
  0b100_0000_0001, // Closing     -> TimeWait | Closed
  0b000_0000_0001, // LastAck     -> Closed
  0b000_0000_0001, // TimeWait    -> Closed
]);

/** True if RFC 9293 figure 5 has an edge from one state to the other. */
export function mayFollow(from: State, to: State): bool {
  return (load<u16>(LEGAL + ((<usize>from) << 1)) & (1 << to)) != 0;
}

/** States in which the peer may still send data. */
// prettier-ignore
@inline export function mayReceive(state: State): bool {
  return state == State.Established || state == State.FinWait1 || state == State.FinWait2;
}

/** States in which the user may still queue data. */
// prettier-ignore
@inline export function maySend(state: State): bool { return state == State.Established || state == State.CloseWait; }
