/** Something the requirements ask for that can be taken out by changing a line. */
export interface Mechanism {
  name: string;
  /** Requirements whose tests must notice. */
  ids: string[];
  /** File, what stands there, what stands there instead. */
  changes: [file: string, from: string, to: string][];
}

export const mechanisms: Mechanism[] = [
  {
    name: "the checksum of received segments",
    ids: ["MUST-3"],
    changes: [["assembly/tcp/segment.ts", "if (!datagram.checksumOk && !intact(at, length)) return drop(Drop.TcpChecksum);", ""]],
  },
  {
    name: "the clock in initial sequence numbers",
    ids: ["MUST-8", "6528-1"],
    changes: [["assembly/tcp/isn.ts", "now() * 250 + f", "(now() & 1) + f"]],
  },
  {
    name: "twice the MSL in TIME-WAIT",
    ids: ["MUST-13"],
    changes: [["assembly/tcp/timewait.ts", "record.expires = now() + 2 * msl();", "record.expires = now() + msl();"]],
  },
  {
    name: "536 octets for a peer without an MSS option",
    ids: ["MUST-15", "6691-3"],
    changes: [["assembly/tcp/lifecycle.ts", "const DEFAULT_MSS: u32 = 536;", "const DEFAULT_MSS: u32 = 1460;"]],
  },
  {
    name: "Karn's algorithm",
    ids: ["MUST-18", "6298-6"],
    changes: [
      ["assembly/tcp/departed.ts", "tcb.clear(Flag.Timing); // Karn", "tcb.has(Flag.Timing);"],
      ["assembly/tcp/recovery.ts", "tcb.clear(Flag.Timing); // Karn\n  clearScoreboard(tcb);", "clearScoreboard(tcb);"],
    ],
  },
  {
    name: "doubling of the retransmission timeout",
    ids: ["MUST-19", "6298-10", "SHLD-30"],
    changes: [["assembly/tcp/expire.ts", "if (tcb.backoff < 0xff) tcb.backoff++;", ""]],
  },
  {
    name: "Nagle's algorithm and the sender's silly window avoidance",
    ids: ["SHLD-7", "MUST-38"],
    changes: [["assembly/tcp/output.ts", "if (text != room && !worthSending(tcb, text, queued, fin)) return false;", ""]],
  },
  {
    name: "the receiver's silly window avoidance",
    ids: ["MUST-39"],
    changes: [["assembly/tcp/receiver.ts", "if (free < announced + step(tcb)) return announced;", ""]],
  },
  {
    name: "the news of urgent data",
    ids: ["MUST-32"],
    changes: [["assembly/tcp/urgent.ts", "tcb.tell(); // MUST-32", ""]],
  },
  {
    name: "limited transmit",
    ids: ["3042-1", "3042-5"],
    changes: [["assembly/tcp/recovery.ts", "return min(tcb.dupAcks, DUP_THRESH - 1) * <u32>tcb.mss;", "return 0;"]],
  },
  {
    name: "challenge ACKs for a RST that is not exact",
    ids: ["5961-2", "9293-u4"],
    changes: [["assembly/tcp/arrive.ts", "if (seg.seq != tcb.rcv.nxt) return challenge(tcb, Drop.TcpChallenged);", ""]],
  },
  {
    name: "PAWS",
    ids: ["7323-8"],
    changes: [["assembly/tcp/paws.ts", "if (i32(seg.tsVal - tcb.tsRecent) >= 0) return false;", "return false;"]],
  },
  {
    name: "SACK blocks, newest first",
    ids: ["2018-4"],
    changes: [["assembly/tcp/sack.ts", "let moved = seq;", "let moved = report.count ? report.arrival(0) : seq;"]],
  },
  {
    name: "the tail loss probe",
    ids: ["8985-6", "8985-7"],
    changes: [
      [
        "assembly/tcp/tail.ts",
        "if (repair.has(Mending.ProbeOpen) || !repair.has(Mending.ProbeAllowed)) return false;",
        "return false;",
      ],
    ],
  },
  {
    name: "proportional rate reduction",
    ids: ["6937-3"],
    changes: [["assembly/tcp/prr.ts", "if (flying > ssthresh) {", "if (flying > 0x7fffffff) {"]],
  },
];
