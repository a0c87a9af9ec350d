import type { TcpFields } from "./frames";
import type { TcpBody } from "./script";
import type { Stream } from "./stream";
import { shiftSack, type TcpOption } from "./tcp_options";

const SYN = 2;
const RST = 4;
const ACK = 16;
const URG = 32;

/**
 * One conversation, and how its numbers in the script and on the wire belong together. As in tcpdump's output, numbers of segments
 * with SYN stand as they are, all others are relative to the SYN's. The script chooses the remote end's numbers; ours come from the
 * stack, and what the script has in their place is known when its first SYN is compared.
 */
export class Connection<Sent = unknown> {
  /** What the stack has sent and the script has not yet been compared with. */
  readonly sent: Sent[] = [];
  /** What the socket at this end has written, once the script has a descriptor for it. */
  stream: Stream | undefined;
  /** The segment size the remote end announced. */
  remoteMss = 0;
  /** The remote end has sent urgent data, which may be missing in the stream. */
  urgent = false;
  /** Our ISN in the script and on the wire. */
  private scriptIsn = 0;
  private liveIsn: number | undefined;
  private remoteIsn = 0;
  /** The remote's ISN of a next incarnation, if the stack should take it. */
  private nextRemoteIsn: number | undefined;
  /** Whether the stack has sent something that fixes the remote's ISN. */
  private answered = false;
  /** Our timestamps: each value in the script and the one on the wire, the first pair, and the last one sent. */
  private readonly stamps = new Map<number, number>();
  private firstStamp: { script: number; live: number } | undefined;
  private lastStamp = 0;

  constructor(
    readonly protocol: "tcp" | "udp",
    readonly remoteIp: string,
    readonly remotePort: number,
    public localPort: number | undefined,
  ) {}

  // ---- Script to wire ----

  /** An incoming segment's numbers on the wire. */
  toLive(body: TcpBody): Pick<TcpFields, "seq" | "ack" | "options"> {
    const syn = (body.flags & SYN) !== 0;
    if (syn) this.remoteSyn(body);
    if (body.flags & URG) this.urgent = true;
    const seq = syn ? body.seq : body.seq + this.remoteIsn;
    const back = this.localOffset(syn);
    const ack = body.flags & ACK ? (body.ack ?? 0) + back : (body.ack ?? 0);
    const options = shiftSack(body.options ?? [], back).map((option) => this.liveEcho(option, body.flags));
    return { seq: seq >>> 0, ack: ack >>> 0, options };
  }

  /** A number of our side, as an ICMP message quotes it. */
  localToLive(seq: number): number {
    return (seq + this.localOffset(false)) >>> 0;
  }

  private localOffset(syn: boolean): number {
    if (this.liveIsn === undefined) return 0;
    return syn ? this.liveIsn - this.scriptIsn : this.liveIsn;
  }

  private remoteSyn({ seq, options }: TcpBody): void {
    for (const option of options ?? []) if (option.kind === "mss") this.remoteMss = option.value;
    if (this.answered) this.nextRemoteIsn = seq;
    else this.remoteIsn = seq;
  }

  private liveEcho(option: TcpOption, flags: number): TcpOption {
    if (option.kind !== "TS" || !(flags & ACK)) return option;
    const { firstStamp } = this;
    const near = firstStamp ? option.ecr - firstStamp.script + firstStamp.live : this.lastStamp;
    return { ...option, ecr: (this.stamps.get(option.ecr) ?? near) >>> 0 };
  }

  // ---- Wire to script ----

  /** The stack has sent this: learn its numbers. */
  saw(tcp: TcpFields): void {
    if (tcp.flags & SYN) this.localSyn(tcp.seq);
    if (!(tcp.flags & RST) && tcp.flags & ACK) this.answered = true;
    for (const option of tcp.options) if (option.kind === "TS") this.lastStamp = option.val;
  }

  private localSyn(seq: number): void {
    if (this.liveIsn === seq) return;
    if (this.liveIsn !== undefined && this.nextRemoteIsn === undefined) return;
    this.liveIsn = seq;
    this.remoteIsn = this.nextRemoteIsn ?? this.remoteIsn;
    this.nextRemoteIsn = undefined;
  }

  /** The script says with which number our SYN begins, and what our timestamp is now. */
  expects(expected: TcpBody, actual: TcpFields): void {
    if (expected.flags & SYN && actual.flags & SYN) this.scriptIsn = expected.seq;
    const [script, live] = [stampOf(expected.options ?? []), stampOf(actual.options)];
    if (!script || !live) return;
    this.stamps.set(script.val, live.val);
    this.firstStamp ??= { script: script.val, live: live.val };
  }

  /** A segment of the stack in the script's numbers. */
  toScript(tcp: TcpFields): TcpBody {
    const syn = (tcp.flags & SYN) !== 0;
    const back = syn ? 0 : this.remoteIsn;
    return {
      kind: "tcp",
      flags: tcp.flags,
      seq: (tcp.seq - this.localOffset(syn)) >>> 0,
      length: tcp.data.length,
      ...(tcp.flags & ACK ? { ack: (tcp.ack - back) >>> 0 } : {}),
      win: tcp.win,
      ...(tcp.urg ? { urg: tcp.urg } : {}),
      options: shiftSack(tcp.options, -back).map((option) => this.scriptStamp(option)),
    };
  }

  private scriptStamp(option: TcpOption): TcpOption {
    if (option.kind !== "TS" || !this.firstStamp) return option;
    return { ...option, val: (option.val - this.firstStamp.live + this.firstStamp.script) >>> 0 };
  }
}

function stampOf(options: readonly TcpOption[]): { val: number; ecr: number } | undefined {
  return options.find((option) => option.kind === "TS");
}
