import { Flag, flagText, parse, type Packet, type TcpSegment } from "./packet";

/** A frame on the way, as seen on the wire of its sender. */
export interface Sighting {
  /** Virtual milliseconds. */
  at: number;
  from: string;
  packet: Packet;
  /** What became of it where that is not delivery: "lost" ... */
  note?: string;
}

const COLUMN = 58;

/** Everything that was sent in a world, and its drawing: one column a station, one line a frame, sequence numbers relative. */
export class Ladder {
  readonly sightings: Sighting[] = [];
  private readonly names: string[] = [];
  private readonly macs = new Map<string, string>();
  private readonly starts = new Map<string, number>();

  station(name: string, mac: string): void {
    this.names.push(name);
    this.macs.set(mac, name);
  }

  saw(at: number, from: string, frame: Uint8Array, note?: string): Sighting {
    const sighting: Sighting = { at, from, packet: parse(frame.slice()), ...(note ? { note } : {}) };
    this.sightings.push(sighting);
    return sighting;
  }

  /** The drawing; `last` lines of it, or all. */
  draw(last = Infinity): string {
    this.starts.clear();
    const heading = `${"ms".padStart(12)}  ${this.names.map((name) => `|${name}`.padEnd(COLUMN)).join("")}`;
    const lines = this.sightings.map((sighting) => this.line(sighting));
    const kept = lines.slice(Math.max(0, lines.length - last));
    const left = lines.length - kept.length;
    return [heading, ...(left ? [`${"".padStart(12)}  (${left} frames before)`] : []), ...kept].join("\n");
  }

  private line(sighting: Sighting): string {
    const { at, from, packet, note } = sighting;
    const start = Math.max(0, this.names.indexOf(from));
    const target = this.names.indexOf(this.macs.get(packet.dst) ?? "");
    const end = target >= 0 && target !== start ? target : start + 1 < this.names.length ? start + 1 : Math.max(0, start - 1);
    const what = this.describe(packet) + (note ? ` (${note})` : "");
    const width = Math.max(1, Math.abs(end - start)) * COLUMN - 2;
    const body = ` ${what} `.slice(0, width - 2);
    const arrow = end >= start ? `-${body}`.padEnd(width - 1, "-") + ">" : `<-${body}`.padEnd(width, "-");
    const left = Math.min(start, end);
    const before = "|".padEnd(COLUMN).repeat(left);
    return `${at.toFixed(3).padStart(12)}  ${before}|${arrow}|`;
  }

  /** One frame in words. */
  describe(packet: Packet): string {
    const problems = packet.problems.length ? ` !! ${packet.problems.join(", ")}` : "";
    return this.words(packet) + problems;
  }

  private words(packet: Packet): string {
    const { arp, ip, tcp, udp, icmp } = packet;
    if (arp)
      return arp.op === 1 ? `ARP who has ${arp.targetIp}, says ${arp.senderIp}` : `ARP ${arp.senderIp} is at ${arp.senderMac}`;
    if (!ip) return `${packet.frame.length} octets, type 0x${packet.type.toString(16)}`;
    const ends = `${ip.src}>${ip.dst}`;
    if (tcp) return this.segment(ip.src, ip.dst, tcp);
    if (udp) return `UDP ${ip.src}:${udp.src}>${ip.dst}:${udp.dst} ${udp.data.length} octets`;
    if (icmp) return `ICMP ${ends} type ${icmp.type} code ${icmp.code}, ${icmp.data.length} octets`;
    return `IP ${ends} protocol ${ip.protocol}, ${ip.payload.length} octets`;
  }

  private segment(src: string, dst: string, tcp: TcpSegment): string {
    const forth = `${src}:${tcp.src}>${dst}:${tcp.dst}`;
    const back = `${dst}:${tcp.dst}>${src}:${tcp.src}`;
    if (tcp.flags & Flag.S) this.starts.set(forth, tcp.seq);
    const seq = relative(tcp.seq, this.starts.get(forth));
    const ack = tcp.flags & Flag.A ? ` ack ${relative(tcp.ack, this.starts.get(back))}` : "";
    const data = tcp.data.length ? ` +${tcp.data.length}` : "";
    const mss = tcp.mss === undefined ? "" : ` mss ${tcp.mss}`;
    const scale = tcp.wscale === undefined ? "" : ` ws ${tcp.wscale}`;
    const urgent = tcp.flags & Flag.U ? ` urg ${tcp.urgent}` : "";
    const stamps = tcp.timestamps ? ` ts ${tcp.timestamps.join(" ")}` : "";
    const edges = tcp.sack.map(([left, right]) => [left, right].map((edge) => relative(edge, this.starts.get(back))).join("-"));
    const sack = edges.length ? ` sack ${edges.join(" ")}` : "";
    return `${tcp.src}>${tcp.dst} [${flagText(tcp.flags)}] ${seq}${data}${ack} win ${tcp.win}${urgent}${mss}${scale}${stamps}${sack}`;
  }
}

function relative(value: number, start: number | undefined): string {
  return start === undefined ? `#${value}` : String((value - start) | 0);
}
