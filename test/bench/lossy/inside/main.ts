/** Runs inside of a network namespace, started by ../kernel.ts: measures what it is asked, one answer for each question. */
import { readFileSync, writeFileSync } from "node:fs";
import { openTap } from "../../../../host/node/links/tap";
import { summary } from "../matrix";
import type { Row } from "../record";
import { type Outcome } from "../transfer";
import { cross, type CrossingOptions } from "./crossing";
import { PacedClock } from "./paced";

export interface Question extends CrossingOptions {
  /** How many transfers run at a time. */
  abreast: number;
}

/** A counter of TCP's in /proc/net/netstat. */
function counter(name: string): number {
  const lines = readFileSync("/proc/net/netstat", "utf8").split("\n");
  const at = lines.findIndex((line) => line.startsWith("TcpExt:"));
  const place = lines[at].split(" ").indexOf(name);
  return Number(lines[at + 1].split(" ")[place]);
}

async function measure(question: Question): Promise<Row> {
  const { link, loss, reordering, octets, seeds, abreast } = question;
  const tap = await openTap({ name: "sw0", address: "10.0.0.2/24" });
  const paced = new PacedClock();
  const before = counter("TCPTimeouts");
  const outcomes: Outcome[] = [];
  for (let i = 0; i < seeds.length; i += abreast) {
    outcomes.push(...(await cross(tap, paced, { ...question, seeds: seeds.slice(i, i + abreast) })));
  }
  const timeouts = Number(((counter("TCPTimeouts") - before) / seeds.length).toFixed(1));
  paced.stop();
  tap.close?.();
  const late = Number((paced.late / paced.moved).toFixed(5));
  const latest = Number(paced.latest.toFixed(1));
  const delay = Number((paced.delay / paced.moved).toFixed(3));
  return { sender: "kernel", link, loss, reordering, acks: false, octets, ...summary(outcomes), timeouts, delay, late, latest };
}

// What one connection learns of the way is not for the next.
writeFileSync("/proc/sys/net/ipv4/tcp_no_metrics_save", "1");
process.on("message", (question) => {
  void measure(question as Question).then(
    (row) => process.send?.({ row }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.once("disconnect", () => process.exit());
