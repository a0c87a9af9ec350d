import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printed, Printer } from "../../host/node/links/print";
import { wire } from "../../host/node/links/wire";
import { arp, ethernet, EtherType, icmp, ipv4, tcp, type TcpFields, udp } from "../support/packet";

const A = { mac: "02:00:00:00:00:01", ip: "10.0.0.1" };
const B = { mac: "02:00:00:00:00:02", ip: "10.0.0.2" };

const there = { src: A.ip, dst: B.ip };
const back = { src: B.ip, dst: A.ip };

function inIp(ends: typeof there, protocol: number, payload: Uint8Array, ip: object = {}): Uint8Array {
  return ethernet({ src: A.mac, dst: B.mac }, ipv4({ ...ends, protocol, ...ip }, payload));
}

function segment(ends: typeof there, fields: TcpFields): Uint8Array {
  return inIp(ends, 6, tcp(ends, fields));
}

/** The words of a frame without its time. */
function words(frame: Uint8Array, printer = new Printer()): string {
  return printer.line(0, frame).trim().replace(/^\S+ /, "");
}

describe("Printer", () => {
  it("begins with seconds and the label", () => {
    const line = new Printer().line(12345.678, inIp(there, 99, new Uint8Array(7)), "board >");
    expect(line).toBe("    12.345678 board > IP 10.0.0.1 > 10.0.0.2 protocol 99 len 7");
  });

  it("tells ARP requests, replies and announcements", () => {
    const packet = (op: number, targetIp: string): Uint8Array =>
      ethernet({ src: A.mac, dst: B.mac, type: EtherType.Arp }, arp({ op, senderMac: A.mac, senderIp: A.ip, targetIp }));
    expect(words(packet(1, B.ip))).toBe("ARP who has 10.0.0.2? tell 10.0.0.1 at 02:00:00:00:00:01");
    expect(words(packet(2, B.ip))).toBe("ARP 10.0.0.1 is at 02:00:00:00:00:01");
    expect(words(packet(1, A.ip))).toBe("ARP announces 10.0.0.1 at 02:00:00:00:00:01");
  });

  it("follows a connection in relative numbers, with its options", () => {
    const printer = new Printer();
    const [src, dst] = [40000, 80];
    const lines = [
      segment(there, {
        src,
        dst,
        seq: 0xfffffff0,
        flags: "S",
        win: 65535,
        mss: 1460,
        wscale: 7,
        sackPermitted: true,
        timestamps: [5, 0],
      }),
      segment(back, { src: dst, dst: src, seq: 1000, ack: 0xfffffff1, flags: "SA", win: 4096, mss: 536 }),
      segment(there, { src, dst, seq: 0xfffffff1, ack: 1001, flags: "PA", win: 512, data: new Uint8Array(100) }),
      segment(back, {
        src: dst,
        dst: src,
        seq: 1001,
        ack: 0x55,
        flags: "FA",
        win: 4096,
        raw: [1, 1, 5, 10, 0, 0, 1, 0xf1, 0, 0, 2, 0x55],
      }),
    ].map((frame) => words(frame, printer));
    expect(lines).toEqual([
      "TCP 10.0.0.1:40000 > 10.0.0.2:80 [SYN] seq 0 win 65535 len 0 <mss 1460, sackOK, ts 5 0, wscale 7>",
      "TCP 10.0.0.2:80 > 10.0.0.1:40000 [SYN ACK] seq 0 ack 1 win 4096 len 0 <mss 536>",
      "TCP 10.0.0.1:40000 > 10.0.0.2:80 [PSH ACK] seq 1 ack 1 win 512 len 100",
      "TCP 10.0.0.2:80 > 10.0.0.1:40000 [FIN ACK] seq 1 ack 101 win 4096 len 0 <sack 513 613>",
    ]);
  });

  it("tells UDP, echoes and ICMP errors with what they quote", () => {
    const datagram = udp(there, { src: 53, dst: 9 }, new Uint8Array(11));
    expect(words(inIp(there, 17, datagram))).toBe("UDP 10.0.0.1:53 > 10.0.0.2:9 len 11");
    const roomy = new Uint8Array([...datagram, 1, 2, 3, 4, 5]);
    expect(words(inIp(there, 17, roomy))).toBe("UDP 10.0.0.1:53 > 10.0.0.2:9 len 11");
    const ping = icmp({ type: 8, rest: 0x00070003 }, new Uint8Array(56));
    expect(words(inIp(there, 1, ping))).toBe("ICMP 10.0.0.1 > 10.0.0.2 echo request id 7 seq 3 len 56");
    const error = icmp({ type: 3, code: 3 }, ipv4({ ...there, protocol: 17 }, datagram).subarray(0, 28));
    expect(words(inIp(back, 1, error))).toBe("ICMP 10.0.0.2 > 10.0.0.1 unreachable (port) about UDP 10.0.0.1:53 > 10.0.0.2:9");
  });

  it("marks a wrong checksum of each kind and says what it should be", () => {
    const good = segment(there, { src: 1, dst: 2, seq: 0, flags: "A" });
    const at = (offset: number): Uint8Array => {
      const bad = good.slice();
      bad[offset] ^= 0x10;
      return bad;
    };
    const right = (good[50] << 8) | good[51];
    const hex = (value: number): string => `0x${value.toString(16).padStart(4, "0")}`;
    expect(words(good)).not.toContain("!!");
    expect(words(at(50))).toContain(`!! TCP checksum ${hex(right ^ 0x1000)} should be ${hex(right)}`);
    expect(words(at(24))).toMatch(/!! IP checksum 0x.{4} should be 0x.{4}$/);
    expect(words(inIp(there, 1, icmp({ type: 8, checksum: "bad" })))).toMatch(/!! ICMP checksum/);
    expect(words(inIp(there, 17, udp(there, { src: 1, dst: 2, checksum: "bad" }, new Uint8Array(3))))).toMatch(/!! UDP checksum/);
    expect(words(inIp(there, 17, udp(there, { src: 1, dst: 2, checksum: 0 }, new Uint8Array(3))))).not.toContain("!!");
  });

  it("marks what is cut short, and never throws: any octets, any frame with octets changed", () => {
    expect(words(new Uint8Array(13))).toBe("13 octets !! cut short");
    expect(words(segment(there, { src: 1, dst: 2, seq: 0, flags: "A" }).subarray(0, 50))).toContain("!! cut short");
    const short = tcp(there, { src: 1, dst: 2, seq: 0, flags: "A" });
    short[12] = 0xf0;
    expect(words(inIp(there, 6, short))).toBe("TCP 10.0.0.1:1 > 10.0.0.2:2 !! cut short");
    expect(words(inIp(there, 99, new Uint8Array(9), { totalLength: 100 }))).toBe(
      "IP 10.0.0.1 > 10.0.0.2 protocol 99 !! cut short",
    );
    expect(words(segment(there, { src: 1, dst: 2, seq: 0, flags: "S", raw: [3, 3, 7, 2, 9, 5, 1, 1] }))).toContain(
      "<wscale 7, bad length>",
    );
    const frames = [
      segment(there, { src: 1, dst: 2, seq: 0, flags: "S", mss: 1460, timestamps: [1, 2] }),
      inIp(there, 17, udp(there, { src: 1, dst: 2 }, new Uint8Array(30))),
      inIp(there, 1, icmp({ type: 3, code: 1 }, ipv4({ ...there, protocol: 6 }, new Uint8Array(8)))),
    ];
    const change = fc.array(fc.tuple(fc.nat({ max: 80 }), fc.nat({ max: 255 })), { maxLength: 6 });
    const run = fc.property(fc.constantFrom(...frames), change, fc.nat({ max: 90 }), (frame, changes, length) => {
      const bad = frame.slice(0, length);
      for (const [at, value] of changes) if (at < bad.length) bad[at] = value;
      expect(new Printer().line(0, bad)).toMatch(/^ +0\.000000 \S/);
    });
    fc.assert(run, { numRuns: 2000 });
  });

  it("prints a link's frames with their direction", () => {
    const [inner, far] = wire();
    const lines: string[] = [];
    const link = printed(
      inner,
      { now: 1, epoch: 0, at: () => ({ cancel: () => {} }), soon: () => {} },
      (line) => lines.push(line),
      "board",
    );
    let received = 0;
    link.onFrame = () => received++;
    link.send(inIp(there, 99, new Uint8Array(1)));
    far.send(inIp(back, 99, new Uint8Array(1)));
    expect(lines.map((line) => line.trim().split(" ").slice(0, 4).join(" "))).toEqual([
      "0.001000 board > IP",
      "0.001000 board < IP",
    ]);
    expect(received).toBe(1);
  });
});
