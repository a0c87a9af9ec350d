import type { SocketInfo } from "./inspect";

/** A row of netstat as /stats.json has it. */
export interface NetstatRow {
  /** "tcp", "udp" ... */
  protocol: string;
  /** "10.0.0.2:80" */
  local: string;
  /** "0.0.0.0:0" where there is no peer. */
  foreign: string;
  /** RFC 9293's states in one word, "FinWait1"; "" where there are none. */
  state: string;
  /** Octets received and not read; of a listener, connections that wait to be accepted. */
  receiveQueue: number;
  /** Octets sent and not acknowledged; of a listener, its backlog. */
  sendQueue: number;
  /** Milliseconds to the next deadline, null for none. */
  timer: number | null;
  /** Who reads the socket's events. */
  owner: string;
}

const HEADINGS = ["Proto", "Recv-Q", "Send-Q", "Local address", "Foreign address", "State", "Timer", "Owner"];
/** Columns of numbers stand to the right. */
const RIGHT = new Set(["Recv-Q", "Send-Q", "Timer"]);

/** What `Board.sockets()` gives, as rows. */
export function netstatRows(sockets: readonly SocketInfo[]): NetstatRow[] {
  return sockets.map(({ localAddress, localPort, foreignAddress, foreignPort, ...row }) => ({
    ...row,
    local: `${localAddress}:${localPort}`,
    foreign: `${foreignAddress}:${foreignPort}`,
  }));
}

/** The table of netstat(8): a line of headings and a line for each row. */
export function netstatTable(rows: readonly NetstatRow[]): string {
  const lines = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((cells) => cells[column].length)));
  return lines
    .map((cells) =>
      cells
        .map((cell, i) => padded(cell, widths[i], HEADINGS[i]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function cellsOf({ protocol, local, foreign, state, receiveQueue, sendQueue, timer, owner }: NetstatRow): string[] {
  const queues = [String(receiveQueue), String(sendQueue)];
  return [protocol, ...queues, endOf(local), endOf(foreign), stateName(state), timer === null ? "" : `${timer} ms`, owner];
}

function padded(cell: string, width: number, heading: string): string {
  return RIGHT.has(heading) ? cell.padStart(width) : cell.padEnd(width);
}

/** Port 0 is any. */
function endOf(address: string): string {
  return address.replace(/:0$/, ":*");
}

/** "FinWait1" as the RFC writes it, FIN-WAIT-1. */
function stateName(state: string): string {
  return state.replaceAll(/(?<=[a-z])(?=[A-Z0-9])/g, "-").toUpperCase();
}

/** Counters that are not 0, a line each, in their order. */
export function counterTable(counters: Readonly<Record<string, number>>): string {
  const shown = Object.entries(counters).filter(([, value]) => value !== 0);
  const width = Math.max(0, ...shown.map(([, value]) => String(value).length));
  return shown.map(([name, value]) => `${String(value).padStart(width)}  ${name}`).join("\n");
}
