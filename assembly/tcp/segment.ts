import { Counter, Drop, Protocol } from "../abi";
import { datagram } from "../ip/datagram";
import { count, drop } from "../stats";
import { fold, pseudo, sum } from "../wire/checksum";
import { TCP_HEADER, TcpFlag, TcpHeader } from "../wire/tcp";
import { noOptions, options, parseOptions } from "../wire/tcp_options";
import { Seq } from "./seq";

/** The segment being received (RFC 9293 §3.3.1, "Current Segment Variables"). There is one at a time. */
@final
@unmanaged
export class Segment {
  seq: Seq;
  ack: Seq;
  /** Octets of text, and SYN and FIN, each counting one. */
  len: u32;
  /** The window as it came, not scaled. */
  wnd: u32;
  flags: u32;
  /** Address and octets of the text. */
  text: usize;
  textLength: u32;
  localAddress: u32;
  foreignAddress: u32;
  localPort: u32;
  foreignPort: u32;
  /** Of a SYN: MSS option, 0 for none; window scale option, NO_SCALE for none. */
  mss: u32;
  scale: u32;
  /** The urgent pointer as it came. */
  up: u32;
  /** The type of service of its datagram; the lower two bits are ECN (RFC 3168 §5). */
  tos: u32;

  @inline get syn(): bool {
    return (this.flags & TcpFlag.SYN) != 0;
  }
  @inline get rst(): bool {
    return (this.flags & TcpFlag.RST) != 0;
  }
  @inline get fin(): bool {
    return (this.flags & TcpFlag.FIN) != 0;
  }
  @inline get urg(): bool {
    return (this.flags & TcpFlag.URG) != 0;
  }
  @inline get hasAck(): bool {
    return (this.flags & TcpFlag.ACK) != 0;
  }
  /** It carries TSval and TSecr (RFC 7323 §3). */
  @inline get timestamps(): bool {
    return options.timestamps;
  }
  @inline get tsVal(): u32 {
    return options.tsVal;
  }
  @inline get tsEcr(): u32 {
    return options.tsEcr;
  }
  /** Of a SYN: its sender takes SACK blocks (RFC 2018 §2). */
  @inline get sackPermitted(): bool {
    return options.sackPermitted;
  }
  /** One past the last octet it occupies. */
  @inline get end(): Seq {
    return this.seq.plus(this.len);
  }
}

export const seg = changetype<Segment>(memory.data(64, 8));

/** Read the present datagram's TCP header into `seg`. Drop.None if it is a segment worth looking at. */
export function readSegment(): Drop {
  count(Counter.TcpIn);
  const at = datagram.payload;
  const length = datagram.length;
  const header = TcpHeader.at(at);
  if (length < TCP_HEADER) return drop(Drop.TcpShort);
  if (!header.valid(length)) return drop(Drop.TcpOffset);
  if (!datagram.checksumOk && !intact(at, length)) return drop(Drop.TcpChecksum);
  if (datagram.linkBroadcast || datagram.ipBroadcast) return drop(Drop.TcpBroadcast); // MUST-57
  const size = header.size;
  seg.flags = header.flags;
  seg.localPort = header.dstPort;
  seg.foreignPort = header.srcPort;
  if (seg.localPort == 0 || seg.foreignPort == 0) return drop(Drop.TcpPortZero);
  seg.localAddress = datagram.dst;
  seg.foreignAddress = datagram.src;
  seg.seq = Seq.of(header.seq);
  seg.ack = Seq.of(header.ack);
  seg.wnd = header.window;
  seg.text = at + size;
  seg.textLength = length - size;
  seg.len = seg.textLength + <u32>seg.syn + <u32>seg.fin;
  seg.up = header.urgent;
  seg.tos = datagram.tos;
  if (size == TCP_HEADER) noOptions();
  else if (!parseOptions(at + TCP_HEADER, at + size)) return drop(Drop.TcpOptionLength);
  seg.mss = options.mss;
  seg.scale = options.scale;
  return Drop.None;
}

function intact(at: usize, length: u32): bool {
  return fold(sum(at, length) + pseudo(datagram.src, datagram.dst, Protocol.IPPROTO_TCP, length)) == 0;
}
