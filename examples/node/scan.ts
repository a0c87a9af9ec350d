/**
 * A port scanner: it shows what a SYN can meet. A SYN-ACK: open. A RST: ECONNREFUSED. Nothing: ETIMEDOUT.
 *
 *     npx tsx examples/node/scan.ts 1-30       scans a board of its own, never anything else
 */
import { AF_INET, type Board, Errno, filtered, type Link, listen, SOCK_STREAM, Socket } from "sandwire";
import { boards, run } from "./lab";

/** What became of a SYN to a port: 0 is open, anything else an errno. */
export interface Finding {
  port: number;
  errno: number;
}

export interface ScanOptions {
  /** Milliseconds to wait for an answer (default 2000). */
  timeout?: number;
  /** Ports tried at once (default 16). */
  parallel?: number;
}

/** Try the ports of a host, in their order. */
export async function* scan(board: Board, host: string, ports: number[], options: ScanOptions = {}): AsyncGenerator<Finding> {
  const { timeout = 2000, parallel = 16 } = options;
  for (let i = 0; i < ports.length; i += parallel) {
    yield* await Promise.all(ports.slice(i, i + parallel).map((port) => probe(board, host, port, timeout)));
  }
}

async function probe(board: Board, host: string, port: number, timeout: number): Promise<Finding> {
  const socket = new Socket(board, AF_INET, SOCK_STREAM);
  try {
    socket.setTimeout(timeout);
    const errno = await socket.connectEx({ address: host, port });
    return { port, errno: errno === Errno.EAGAIN ? Errno.ETIMEDOUT : errno }; // the time that is up is ours
  } finally {
    await socket.close();
  }
}

/** "open", "ECONNREFUSED" ... */
export function wordFor({ errno }: Finding): string {
  return errno === 0 ? "open" : (Errno[errno] ?? `errno ${errno}`);
}

function portsOf(range: string): number[] {
  const [first, last = first] = range.split("-").map(Number);
  if (!(first >= 1 && last >= first && last <= 65535)) throw new Error(`a range of ports is FIRST-LAST, not "${range}"`);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** A link that silently discards every frame to one TCP port, as a firewall does. */
export function firewall(link: Link, port: number): Link {
  const isTo = (frame: Uint8Array): boolean => frame[12] === 8 && frame[23] === 6 && ((frame[36] << 8) | frame[37]) === port;
  return filtered(link, (frame) => (isTo(frame) ? null : frame));
}

run(import.meta.url, async ([range = "1-30"]) => {
  const [scanner, target] = await boards(2, (link) => firewall(link, 21));
  for (const port of [7, 9, 13]) listen(target, { port });
  for await (const finding of scan(scanner, "10.0.0.3", portsOf(range))) {
    console.log(`${String(finding.port).padStart(5)}  ${wordFor(finding)}`);
  }
});
