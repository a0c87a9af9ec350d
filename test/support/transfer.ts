import { expect } from "vitest";
import { CongestionControl } from "../../host/node/abi";
import { ackSegment, fill, MSS, segments, sender } from "./sender";
import type { Connection } from "./states";

/** Each way: long enough for the cubic to be ahead of Reno. */
export const FAR = 50;

/** The congestion window in segments. */
export const cwnd = ({ board, fd }: Connection): number => board.row(fd)!.cwnd / MSS;

/** A board that sends by CUBIC, with room for more than 300 segments in flight, and the numbers of what it sent. */
export class Transfer {
  last = 0;

  constructor(readonly made: Connection) {}

  /** One round trip: everything that arrives is acknowledged, segment by segment. The window afterwards. */
  round(): number {
    const { made } = this;
    fill(made);
    made.world.run(2 * FAR);
    while (made.flow.inbox.length) {
      const heard = made.flow.expect({});
      this.last = Math.max(this.last, (heard.seq + heard.len - 1) / MSS);
      made.flow.send({ flags: "A", ack: heard.seq + heard.len });
    }
    return cwnd(made);
  }

  rounds(count: number): number[] {
    return Array.from({ length: count }, () => this.round());
  }

  /** Rounds until the window is that large. */
  reach(segments: number): void {
    for (let i = 0; i < 200 && cwnd(this.made) < segments; i++) this.round();
  }

  /** The first segment of the next flight is lost, and repaired. The window before, and the threshold that is left of it. */
  loseOne(): { before: number; after: number } {
    const { made } = this;
    fill(made);
    made.world.run(2 * FAR);
    const heard = made.flow.drain(0);
    const before = cwnd(made);
    const top = Math.max(...segments(heard.filter(({ len }) => len === MSS)));
    const from = 1 + (this.last + 1) * MSS;
    for (let n = this.last + 2; n <= top; n++) ackSegment(made, this.last, { sack: [[from, 1 + n * MSS]] });
    made.world.run(2 * FAR);
    const more = segments(made.flow.drain(0));
    expect(more).toContain(this.last + 1);
    this.last = Math.max(top, ...more);
    ackSegment(made, this.last);
    made.world.run(2 * FAR);
    return { before, after: made.board.info(made.fd).sndSsthresh };
  }
}

/** A connection with buffers of 1 MiB. */
export async function transfer(congestion: "reno" | "cubic" = "cubic"): Promise<Transfer> {
  const settings = {
    SndBuf: 1048576,
    BufferPressure: 16,
    Congestion: CongestionControl[congestion === "reno" ? "Reno" : "Cubic"],
  };
  const { made } = await sender({ sack: true }, { latency: FAR, settings });
  return new Transfer(made);
}
