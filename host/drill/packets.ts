import type { Config } from "./config";
import type { Conversations } from "./conversations";
import { Mismatch, type Place } from "./errors";
import { inboundDatagrams } from "./inbound";
import type { Machine } from "./machine";
import { type Difference, differences, gap, glued, type MatchOptions, spoken } from "./match";
import type { Conversation, Sent } from "./network";
import { formatPacket, formatSeconds, partsOf } from "./notation";
import type { Due, Run } from "./run";
import type { Micros, Packet, TcpBody } from "./script";
import type { System } from "./settings";
import { firstDifference } from "./stream";

/** Virtual microseconds that a packet is waited for beyond its time, only to be able to say when it came. */
const CURIOSITY = 130_000_000;

/** Packets of a script: those it sends and those it expects. */
export class Packets {
  private readonly options: MatchOptions;

  constructor(
    private readonly machine: Machine,
    private readonly story: Conversations,
    private readonly run: Run,
    private readonly config: Config,
    { strict, system }: { strict: boolean; system: System },
  ) {
    const tick = config.tick || (strict ? 1000 : 0);
    this.options = { strict, tick, tolerance: config.tolerance, loosePush: system === "linux" && !strict };
  }

  inject(packet: Packet, place: Place): void {
    this.story.gave(packet);
    const { network } = this.story;
    for (const datagram of inboundDatagrams(packet, network, this.config, place)) this.machine.inject(datagram);
  }

  /** The next packet of the conversation has to be this one, at this time. */
  expect(expected: Packet, due: Due, place: Place): void {
    const { network } = this.story;
    const { body, ports } = expected;
    const connection =
      body.kind === "icmp"
        ? undefined
        : ports
          ? network.find(body.kind, network.remoteIp, ports.to, ports.from)
          : network.current;
    const queue = body.kind === "icmp" ? network.stray : connection?.sent;
    if (!queue)
      throw new Mismatch(place, "no packet can come: nothing listens, connects or has been spoken to", {
        expected: formatPacket(expected),
        actual: "none",
      });
    const first = this.next(queue, due, expected, place);
    if (expected.body.kind !== "tcp" || first.datagram.body.kind !== "tcp" || !connection) {
      return this.judge(expected, spoken(expected, first.datagram, connection), first, due, place);
    }
    connection.expects(expected.body, first.datagram.body);
    const actual = this.glue(expected, expected.body, first, connection, queue, due, place);
    const isGlued = actual.body.kind === "tcp" && actual.body.length > first.datagram.body.data.length;
    this.judge(expected, actual, first, due, place, isGlued);
  }

  /** The packet the stack sends next. */
  private next(queue: Sent[], due: Due, expected: Packet, place: Place): Sent {
    const came = this.more(queue, due);
    if (came) return came;
    const { now } = this.machine;
    const later = this.run.advance(now + CURIOSITY, () => queue.length > 0) ? queue[0] : undefined;
    const actual = later ? this.line(spoken(expected, later.datagram, this.story.network.current), later.at) : "none";
    throw new Mismatch(place, later ? "the packet comes too late" : "no packet comes", {
      expected: this.line(expected, due.start),
      actual,
    });
  }

  /** What the stack sent and no line of the script expects. */
  leftovers(): string[] {
    return this.story.network.all.flatMap((connection) =>
      connection.sent.map(({ at, datagram }) => this.line(spoken(undefined, datagram, connection), at)),
    );
  }

  private more(queue: Sent[], due: Due): Sent | undefined {
    if (queue.length === 0) this.run.advance(due.end + due.tolerance, () => queue.length > 0);
    return queue.shift();
  }

  /** The rest of the text does not come. */
  private short(expected: Packet, actual: Packet, missing: number, at: Micros, due: Due, place: Place): never {
    const { length } = expected.body as TcpBody;
    const what = `only ${length - missing} of ${length} octets come in time`;
    throw new Mismatch(place, what, { expected: this.line(expected, due.start), actual: this.line(actual, at) });
  }

  /** Segments in a row, up to the length the script has, as one: scripts are written for a kernel whose card cuts large segments. */
  private glue(
    expected: Packet,
    want: TcpBody,
    first: Sent,
    connection: Conversation,
    queue: Sent[],
    due: Due,
    place: Place,
  ): Packet {
    const packet = spoken(expected, first.datagram, connection);
    const head = packet.body as TcpBody;
    this.checkText(first, head, connection, place);
    let [last, length] = [head, head.length];
    while (length < want.length && head.length > 0 && head.seq === want.seq && !this.config.strictSegments) {
      const so = { ...packet, body: glued(head, last, length) };
      const next = this.more(queue, due) ?? this.short(expected, so, want.length - length, first.at, due, place);
      const part = spoken(expected, next.datagram, connection).body as TcpBody;
      const why = part.length === 0 ? "it has no text" : gap(last, part, length + part.length >= want.length);
      this.checkText(next, part, connection, place);
      if (why) {
        const actual = `${this.line(so, first.at)}, then ${formatPacket({ ...packet, body: part })}`;
        throw new Mismatch(place, `a segment cannot be part of this one: ${why}`, {
          expected: this.line(expected, due.start),
          actual,
        });
      }
      this.checkTime(expected, { ...packet, body: part }, next.at, due, place);
      last = part;
      length += part.length;
    }
    return { ...packet, body: glued(head, last, length) };
  }

  /** The octets of a segment are those that were written. */
  private checkText({ datagram }: Sent, body: TcpBody, connection: Conversation, place: Place): void {
    const { stream } = connection;
    if (!stream || datagram.body.kind !== "tcp" || body.length === 0 || body.flags & 2) return;
    const wrong = firstDifference(datagram.body.data, stream.written(body.seq - 1, body.length));
    if (wrong < 0) return;
    const at = body.seq - 1 + wrong;
    throw new Mismatch(place, `octet ${at} of the stream is not the one that was written`, {
      expected: String(stream.written(at, 1)[0]),
      actual: String(datagram.body.data[wrong]),
    });
  }

  private judge(expected: Packet, actual: Packet, { at, datagram }: Sent, due: Due, place: Place, isGlued = false): void {
    const found = differences(expected, actual, this.options, isGlued);
    for (const fault of datagram.faults) found.push({ part: "", why: fault });
    if (found.length) throw this.other(expected, actual, at, due, found, place);
    this.checkTime(expected, actual, at, due, place);
  }

  private checkTime(expected: Packet, actual: Packet, at: Micros, due: Due, place: Place): void {
    if (due.any || (at >= due.start - due.tolerance && at <= due.end + due.tolerance)) return;
    const when = at < due.start ? "too early" : "too late";
    const by = formatSeconds(at < due.start ? due.start - at : at - due.end);
    throw new Mismatch(place, `the packet comes ${by} s ${when}`, {
      expected: this.line(expected, due.start),
      actual: this.line(actual, at),
    });
  }

  private other(expected: Packet, actual: Packet, at: Micros, due: Due, found: Difference[], place: Place): Mismatch {
    const parts = partsOf(actual);
    const marked = new Set(found.map(({ part }) => part));
    let marks = " ".repeat(formatSeconds(at).length + 1);
    for (const [name, text] of Object.entries(parts)) if (text) marks += `${(marked.has(name) ? "^" : " ").repeat(text.length)} `;
    const why = found.map((each) => each.why).join("; ");
    return new Mismatch(place, `another packet than expected: ${why}`, {
      expected: this.line(expected, due.start),
      actual: this.line(actual, at),
      marks: marks.trimEnd(),
    });
  }

  private line(packet: Packet, at: Micros): string {
    return `${formatSeconds(at)} ${formatPacket(packet)}`;
  }
}
