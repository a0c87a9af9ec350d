import type { Clock } from "../clock";
import { around, type Link } from "../link";
import { dissect, type TcpFields, TcpFlags } from "./dissect";

/** Flows whose first sequence numbers are remembered. */
const FLOWS = 4096;

/**
 * Frames in words, one line each, by a reader that has nothing in common with the core's: a second opinion. Sequence numbers are
 * relative to the first of their flow; wrong checksums and lengths are marked with "!!".
 */
export class Printer {
  /** First sequence number of each direction of each connection, by "from > to". */
  private readonly starts = new Map<string, number>();

  /**
   * One frame.
   * @param ms time of the frame
   * @param label whose link it was on, and which way it went
   */
  line(ms: number, frame: Uint8Array, label = ""): string {
    const { words, tcp, faults } = dissect(frame);
    const text = tcp ? `${words} ${this.segment(tcp)}` : words;
    const marks = faults.length ? ` !! ${faults.join(", ")}` : "";
    return `${(ms / 1000).toFixed(6).padStart(13)} ${label}${label && " "}${text}${marks}`;
  }

  private segment(tcp: TcpFields): string {
    const { flags, window, length } = tcp;
    const names = Object.entries(TcpFlags).flatMap(([name, bit]) => (flags & bit ? [name] : []));
    const parts = [`[${names.join(" ")}]`, `seq ${this.relative(`${tcp.from} > ${tcp.to}`, tcp.seq, flags)}`];
    if (flags & TcpFlags.ACK) parts.push(`ack ${this.relative(`${tcp.to} > ${tcp.from}`, tcp.ack)}`);
    parts.push(`win ${window}`, `len ${length}`);
    if (tcp.options.length) parts.push(`<${tcp.options.map((option) => this.option(option, tcp)).join(", ")}>`);
    return parts.join(" ");
  }

  /** The numbers of a SACK are about the other direction; those of the others stand as they are. */
  private option(option: string, { from, to }: TcpFields): string {
    if (!option.startsWith("sack ")) return option;
    const edges = option.split(" ").slice(1);
    return `sack ${edges.map((edge) => this.relative(`${to} > ${from}`, Number(edge))).join(" ")}`;
  }

  private relative(flow: string, number: number, flags = 0): number {
    if (flags & TcpFlags.SYN || !this.starts.has(flow)) this.remember(flow, number);
    return (number - (this.starts.get(flow) ?? 0)) >>> 0;
  }

  private remember(flow: string, start: number): void {
    this.starts.delete(flow);
    this.starts.set(flow, start);
    if (this.starts.size <= FLOWS) return;
    const [oldest] = this.starts.keys();
    this.starts.delete(oldest);
  }
}

/** A link whose frames are printed: `<` received, `>` sent. */
export function printed(inner: Link, clock: Clock, out: (line: string) => void, name = ""): Link {
  const printer = new Printer();
  const label = name && `${name} `;
  return around(
    inner,
    (frame, pass) => {
      out(printer.line(clock.now, frame, `${label}>`));
      pass(frame);
    },
    (frame, pass) => {
      out(printer.line(clock.now, frame, `${label}<`));
      pass(frame);
    },
  );
}
