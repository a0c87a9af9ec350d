/**
 * Two modules of the host profile joined by a wire in memory, checksums on. Prints a table, writes
 * build/bench/bench.json. Speeds are only comparable within one run, so each stands beside the limit measured in the same run.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { Rig, Role, SERVER } from "./rig";

const MODULE = "build/bench/bench.wasm";
const SMALL_BUFFER = 256;
/** `npm run bench -- --quick`: does everything run? Its figures mean little. */
const QUICK = process.argv.includes("--quick");
const CONNECTIONS = QUICK ? [10, 100] : [10, 100, 1000, 10000];
/** Each figure is the median of this many measurements of this long. */
const REPEATS = QUICK ? 1 : 5;
const MEASURE_MS = QUICK ? 50 : 400;

interface Row {
  what: string;
  value: number;
  unit: string;
  ratio?: number;
  of?: string;
}

/** Units of `step`'s result per second, for about MEASURE_MS. */
function rate(step: () => number): number {
  const start = performance.now();
  let units = 0;
  let elapsed = 0;
  while (elapsed < MEASURE_MS) {
    units += step();
    elapsed = performance.now() - start;
  }
  return (units / elapsed) * 1000;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

/** Measure several things in turn, so that a slow moment of the machine meets all of them. */
function measure(steps: (() => number)[]): number[] {
  for (const step of steps) rate(step); // warm up
  const results = steps.map((): number[] => []);
  for (let i = 0; i < REPEATS; i++) steps.forEach((step, which) => results[which].push(rate(step)));
  return results.map(median);
}

function bulkStep(): () => number {
  const rig = new Rig(MODULE);
  rig.server.firmware.listen_as(Role.Sink, 0);
  expectOpen(rig.client.firmware.open(SERVER, 0));
  for (let i = 0; i < 20; i++) rig.round();
  rig.client.firmware.start_as(Role.Source);
  return () => {
    const before = rig.server.firmware.done();
    for (let i = 0; i < 200; i++) rig.round();
    rig.now++;
    return rig.server.firmware.done() - before;
  };
}

function limitStep(): () => number {
  const rig = new Rig(MODULE);
  return () => {
    const before = rig.client.firmware.done();
    rig.client.firmware.limit(5000);
    return rig.client.firmware.done() - before;
  };
}

function connectionStep(): () => number {
  const rig = new Rig(MODULE);
  rig.server.firmware.listen_as(Role.Echo, SMALL_BUFFER);
  rig.client.firmware.churn(SERVER, 64);
  return () => {
    const before = rig.client.firmware.done();
    for (let i = 0; i < 20; i++) rig.round();
    rig.now++;
    if (rig.client.firmware.errors()) throw new Error(`${rig.client.firmware.errors()} connections failed`);
    return rig.client.firmware.done() - before;
  };
}

function roundTripStep(connections: number): () => number {
  const rig = new Rig(MODULE);
  rig.server.firmware.listen_as(Role.Echo, SMALL_BUFFER);
  for (let i = 0; i < connections; i++) {
    expectOpen(rig.client.firmware.open(SERVER, SMALL_BUFFER));
    if (i % 16 === 15) rig.round();
    if (i % 16 === 15) rig.round();
  }
  for (let i = 0; i < 100; i++) rig.round();
  rig.tick(1000);
  rig.client.firmware.start_as(Role.RoundTrips);
  return () => {
    const before = rig.client.firmware.done();
    for (let i = 0; i < 1000; i++) rig.round();
    const done = rig.client.firmware.done() - before;
    if (done === 0) throw new Error(`no round trip on ${connections} connections`);
    return done;
  };
}

function expectOpen(fd: number): void {
  if (fd < 0) throw new Error(`the benchmark could not open a connection: ${fd}`);
}

function report(rows: Row[]): void {
  const round = (n: number): string => (n >= 100 ? Math.round(n).toLocaleString("en") : n.toFixed(2));
  for (const { what, value, unit, ratio, of } of rows) {
    const beside = ratio === undefined ? "" : `${ratio.toFixed(2)} of ${of}`;
    console.log(`${what.padEnd(44)}${round(value).padStart(12)} ${unit.padEnd(16)}${beside}`);
  }
  mkdirSync("build/bench", { recursive: true });
  writeFileSync("build/bench/bench.json", `${JSON.stringify({ node: process.version, rows }, null, 2)}\n`);
}

/** What `npm run bench` does unless told otherwise. */
export function speed(): void {
  const [limit, bulk] = measure([limitStep(), bulkStep()]);
  const [churn] = measure([connectionStep()]);
  const trips = measure(CONNECTIONS.map(roundTripStep));
  report([
    { what: "limit: 2 copies, 2 checksums, 1 sum", value: limit / 1e9, unit: "GB/s" },
    { what: "bulk, 64 KiB windows", value: bulk / 1e9, unit: "GB/s", ratio: bulk / limit, of: "the limit" },
    { what: "connect, echo an octet, close", value: churn, unit: "connections/s" },
    ...CONNECTIONS.map((n, i) => ({
      what: `64-octet round trips over ${n.toLocaleString("en")} connections`,
      value: trips[i],
      unit: "round trips/s",
      ratio: trips[i] / trips[0],
      of: `those over ${CONNECTIONS[0]}`,
    })),
  ]);
}
