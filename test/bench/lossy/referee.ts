import { around, type Link } from "../../../host/node/link";
import { Flag, parse, type TcpSegment } from "../../support/packet";
import { isPattern } from "./ends";

const LONGEST = 1514;

/** A link whose board is held to the rules: an Error names the frame that breaks one. */
export function refereed(inner: Link, name: string): Link {
  const referee = new Referee(name);
  return around(
    inner,
    (frame, pass) => {
      referee.sent(frame);
      pass(frame);
    },
    (frame, pass) => {
      referee.received(frame);
      pass(frame);
    },
  );
}

/** One direction's numbers, unwrapped: octet 1 is the first of the text. */
interface Side {
  iss: number;
  scale: number;
  /** One behind the last octet it has sent. */
  next: number;
  /** What it has acknowledged, and where its window ends: numbers of the other side. */
  ack: number;
  edge: number;
}

const nobody = (): Side => ({ iss: 0, scale: 0, next: 0, ack: 0, edge: 0 });

/** One connection as one of its ends sees it. */
class Referee {
  private readonly own = nobody();
  private readonly other = nobody();

  constructor(private readonly name: string) {}

  sent(frame: Uint8Array): void {
    const { tcp, problems } = parse(frame);
    if (frame.length > LONGEST) problems.push(`${frame.length} octets`);
    if (tcp) problems.push(...this.problems(tcp));
    if (problems.length > 0) throw new Error(`${this.name} sent a bad frame: ${problems.join(", ")}`);
    if (tcp) this.note(tcp, this.own, this.other);
  }

  received(frame: Uint8Array): void {
    const { tcp } = parse(frame);
    if (tcp) this.note(tcp, this.other, this.own);
  }

  private problems(tcp: TcpSegment): string[] {
    const { own, other } = this;
    if (tcp.flags & Flag.S) return [];
    const found: string[] = [];
    const from = since(own.iss, tcp.seq, own.next);
    const end = from + tcp.data.length;
    if (end > other.edge) found.push(`text up to ${end} beyond the window's end at ${other.edge}`);
    if (!isPattern(tcp.data, from - 1)) found.push(`octets from ${from} that the application did not send`);
    const ack = since(other.iss, tcp.ack, other.next);
    if (ack > other.next) found.push(`an acknowledgement of ${ack}, sent is ${other.next}`);
    if (ack < own.ack) found.push(`an acknowledgement of ${ack} after one of ${own.ack}`);
    const edge = ack + (tcp.win << own.scale);
    // What the scale rounds off may be missing (RFC 7323 §2.4).
    if (edge <= own.edge - (1 << own.scale)) found.push(`a window that ends at ${edge} after one at ${own.edge}`);
    return found;
  }

  /** Remember what `from` says to `to`. Frames may come late, so that only what is more than before counts. */
  private note(tcp: TcpSegment, from: Side, to: Side): void {
    const syn = tcp.flags & Flag.S;
    if (syn) Object.assign(from, { iss: tcp.seq, scale: tcp.wscale ?? 0 });
    const marks = (syn ? 1 : 0) + (tcp.flags & Flag.F ? 1 : 0);
    from.next = Math.max(from.next, since(from.iss, tcp.seq, from.next) + tcp.data.length + marks);
    if (!(tcp.flags & Flag.A)) return;
    const ack = since(to.iss, tcp.ack, to.next);
    from.ack = Math.max(from.ack, ack);
    from.edge = Math.max(from.edge, ack + (tcp.win << (syn ? 0 : from.scale)));
  }
}

/** How far `seq` is behind `iss`, where that is near `about`. */
function since(iss: number, seq: number, about: number): number {
  return about + ((seq - iss - about) | 0);
}
