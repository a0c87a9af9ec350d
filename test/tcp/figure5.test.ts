import { expect, test } from "vitest";
import { Shutdown, State, Trace, TraceRecord } from "../../host/node/abi";
import { active, inState, passive, STATES, type Connection } from "../support/states";
import { world, type World } from "../support/world";

/**
 * Every edge of RFC 9293 figure 5, and the resets. SYN-RECEIVED after LISTEN is an entry of the SYN queue, not a state of a socket.
 * A segment with both ACK and FIN takes two edges, in the order of the steps: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT.
 */
const EDGES = [
  "Closed Listen",
  "Closed SynSent",
  "Closed Established",
  "Listen Closed",
  "SynSent SynReceived",
  "SynSent Established",
  "SynSent Closed",
  "SynReceived Established",
  "SynReceived FinWait1",
  "SynReceived Closed",
  "Established FinWait1",
  "Established CloseWait",
  "Established Closed",
  "FinWait1 FinWait2",
  "FinWait1 Closing",
  "FinWait1 Closed",
  "FinWait2 TimeWait",
  "FinWait2 Closed",
  "CloseWait LastAck",
  "CloseWait Closed",
  "Closing TimeWait",
  "Closing Closed",
  "LastAck Closed",
];

/** The edges taken by the board's connections, from its trace. */
function edges(w: World): string[] {
  const { exports, view } = w.board.board;
  const found: string[] = [];
  for (let n = Math.max(0, exports.traced() - 256); n < exports.traced(); n++) {
    const at = exports.trace() + (n % 256) * TraceRecord.size;
    if (view.getUint32(at, true) !== (Trace.Enter as number)) continue;
    const [from, to] = [TraceRecord.b, TraceRecord.c].map((offset) => State[view.getUint32(at + offset, true)]);
    found.push(`${from} ${to}`);
  }
  return found;
}

/** A simultaneous open that has come to SYN-RECEIVED. */
function crossed(w: World): Connection {
  const made = inState(w, "SynSent");
  made.flow.send({ flags: "S", mss: 1460 });
  made.flow.expect({ flags: "SA" });
  return made;
}

const journeys: Record<string, (w: World) => void> = {
  "a simultaneous open": (w) => void crossed(w).flow.send({ flags: "A" }),
  "a simultaneous open ended by a FIN": (w) => void crossed(w).flow.send({ flags: "FA" }),
  "a simultaneous open that is reset": (w) => void crossed(w).flow.send({ flags: "R" }),
  "a simultaneous open that is shut down": (w) => void w.board.shutdown(crossed(w).fd, Shutdown.SHUT_WR),
  "an open that is accepted": (w) => void active(w),
  "a refused open": (w) => void inState(w, "SynSent").flow.send({ flags: "RA", seq: 0 }),
  "a FIN with the ACK of ours": (w) => void inState(w, "FinWait1").flow.send({ flags: "FA" }),
  "the ACK of our FIN in CLOSING": (w) => void inState(w, "Closing").flow.send({ flags: "A", ack: 2 }),
  "the ACK of our FIN in LAST-ACK": (w) => void inState(w, "LastAck").flow.send({ flags: "A", ack: 2 }),
  "a listener that is closed": (w) => void w.board.close(inState(w, "Listen").listener),
};
for (const state of ["Established", "FinWait1", "FinWait2", "CloseWait", "Closing", "LastAck"] as const) {
  journeys[`a reset in ${state}`] = (w) => void inState(w, state).flow.send({ flags: "R" });
}
for (const state of STATES) journeys[`the way to ${state}`] = (w) => void inState(w, state);

test("every edge of figure 5 is taken by some journey, and no other", async () => {
  const taken = new Set<string>();
  for (const [name, journey] of Object.entries(journeys)) {
    const w = await world({ debug: true });
    journey(w);
    w.run(10);
    const found = edges(w);
    for (const edge of found) expect(EDGES, name).toContain(edge);
    found.forEach((edge) => taken.add(edge));
  }
  expect([...taken].sort()).toEqual([...EDGES].sort());
});

test("a FIN with the ACK of ours takes two steps at once", async () => {
  const w = await world({ debug: true });
  const { flow, fd } = passive(w);
  w.board.close(fd);
  flow.expect({ flags: "FA" });
  flow.send({ flags: "FA" });
  w.run(5);
  expect(edges(w).slice(-3)).toEqual(["Established FinWait1", "FinWait1 FinWait2", "FinWait2 TimeWait"]);
});
