import { InvalidArgumentError } from "commander";
import { counterTable, type NetstatRow, netstatTable } from "./netstat";

/** What `sandwire netstat` was told. */
export interface NetstatCommand {
  /** Seconds between two looks; undefined for one look. */
  continuous?: number;
  json?: boolean;
  counters?: boolean;
}

export const NETSTAT_EXAMPLES = `
Examples:
  sandwire netstat
      the sockets of the board that npm start runs
  sandwire netstat 8081
      of the one whose status page is at port 8081 of this machine
  sandwire netstat http://10.0.0.2/ --continuous 2
      of a board anywhere, every two seconds until Ctrl-C
  sandwire netstat --counters
      everything it has counted, by name
  sandwire netstat --json | jq '.sockets[] | select(.state == "TimeWait")'
      for a machine to read

Of a listener, Recv-Q is how many connections wait to be accepted, Send-Q its backlog; elsewhere they are octets.`;

/** What is used of a board's /stats.json. */
interface Stats {
  counters: Record<string, number>;
  sockets: NetstatRow[];
}

const PATIENCE = 5000;

/** The address of the statistics: of a port of this machine, a host and port, or a page's address. */
export function parseBoard(text: string): URL {
  const port = /^\d{1,5}$/.test(text);
  const url = port ? `http://127.0.0.1:${text}/` : /^https?:\/\//.test(text) ? text : `http://${text}/`;
  if (!URL.canParse(url) || text === "" || (port && Number(text) > 65535)) {
    throw new InvalidArgumentError(
      "It is a port of this machine, or the address of a board's status page: 8080, http://10.0.0.2/.",
    );
  }
  return new URL("stats.json", url);
}

export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === "" || !(seconds > 0 && seconds <= 86_400))
    throw new InvalidArgumentError("It is seconds, such as 1 or 0.5.");
  return seconds;
}

/** Show a running board's sockets, or its counters, once or until Ctrl-C. Rejects with an Error of one line. */
export async function netstat(url: URL, options: NetstatCommand): Promise<void> {
  const { continuous } = options;
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  process.stdout.on("error", () => stop.abort());
  for (let first = true; !stop.signal.aborted; first = false) {
    const stats = await fetchStats(url, stop.signal);
    if (!stats) return;
    process.stdout.write(`${between(first, options)}${shown(stats, options)}\n`);
    if (continuous === undefined) return;
    await pause(continuous * 1000, stop.signal);
  }
}

/** On a terminal each look takes the place of the one before, elsewhere a blank line is between them. */
function between(first: boolean, { continuous, json }: NetstatCommand): string {
  if (json || continuous === undefined) return "";
  if (process.stdout.isTTY) return "\x1b[H\x1b[J";
  return first ? "" : "\n";
}

function shown({ counters, sockets }: Stats, { json, counters: counting }: NetstatCommand): string {
  if (json) return JSON.stringify(counting ? { counters } : { sockets });
  return counting ? counterTable(counters) : netstatTable(sockets);
}

/** Undefined when `signal` aborts. */
async function fetchStats(url: URL, signal: AbortSignal): Promise<Stats | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]) });
    const stats: unknown = response.ok ? await response.json() : undefined;
    if (isStats(stats)) return stats;
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!(error instanceof SyntaxError)) throw new Error(`${failure(url, error)}${advice}`, { cause: error });
  }
  throw new Error(`${url.origin} answers, but not as a board's status page does${advice}`);
}

const advice = ": start a board with `npm start`, or say where its status page is, as in `sandwire netstat 8081`";

function failure(url: URL, error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `${url.host} has not answered for ${PATIENCE / 1000} s`;
  const { cause } = error as { cause?: { code?: string; message?: string } };
  if (cause?.code === "ECONNREFUSED") return `nothing listens at ${url.host}`;
  return `${url.host} cannot be asked (${cause?.code ?? cause?.message ?? String(error)})`;
}

function isStats(value: unknown): value is Stats {
  if (typeof value !== "object" || value === null || !("counters" in value) || !("sockets" in value)) return false;
  return typeof value.counters === "object" && Array.isArray(value.sockets);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
