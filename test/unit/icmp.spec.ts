import { Drop, Errno, Protocol } from "../../assembly/abi";
import { ICMP_RATE } from "../../assembly/config";
import { timeExceeded } from "../../assembly/ip/icmp";
import { Answer, mayAnswer } from "../../assembly/ip/limit";
import { quote, quoteErrno } from "../../assembly/ip/quote";
import { nextHop } from "../../assembly/ip/route";
import { dropped } from "../../assembly/stats";
import { be } from "../../assembly/wire/bytes";
import { fold, sum } from "../../assembly/wire/checksum";
import { EtherType, EthernetHeader } from "../../assembly/wire/ethernet";
import { Ipv4Header } from "../../assembly/wire/ipv4";
import { Dice } from "./support/dice";
import {
  EVERYONE,
  FAR,
  OTHER,
  PEER,
  PEER_MAC,
  US,
  bootWithPeer,
  drain,
  icmp,
  ipRaw,
  pass,
  raw,
  receive,
  receiveIp,
  sent,
  transmit,
  udp,
  udpRaw,
} from "./support/net";

const answer = Ipv4Header.at(sent + 14);

/** Receive an ICMP error that quotes `quoted` octets of a TCP segment of ours, from port 80 to port 5000, sequence number 0x01020304. */
function error(type: u32, code: u32, quoted: u32): Drop {
  quoteRaw();
  return icmp(FAR, US, type, code, 8 + quoted);
}

function quoteRaw(): Ipv4Header {
  be.set32(raw + 38, 0x000003e8);
  const inner = Ipv4Header.at(raw + 42);
  memory.fill(raw + 42, 0, 60);
  inner.begin(40, Protocol.IPPROTO_TCP, 64, 0);
  inner.src = US;
  inner.dst = FAR;
  be.set16(raw + 62, 80);
  be.set16(raw + 64, 5000);
  be.set32(raw + 66, 0x01020304);
  return inner;
}

describe("an echo request", () => {
  it("is answered with the same data from the address asked, at every length", () => {
    bootWithPeer();
    const dice = new Dice(3);
    const lengths = memory.data<u16>([8, 9, 10, 25, 26, 27, 64, 100, 1471, 1472, 1479, 1480]);
    for (let i: u32 = 0; i < 12; i++) {
      const length = <u32>load<u16>(lengths + (i << 1));
      dice.fill(raw + 34, length);
      expect(icmp(FAR, US, 8, 0, length)).toBe(Drop.None);
      expect(transmit()).toBe(max<u32>(60, 34 + length));
      expect(answer.src).toBe(US);
      expect(answer.dst).toBe(FAR);
      expect(answer.total).toBe(20 + length);
      expect(be.get16(sent + 34)).toBe(0);
      expect(fold(sum(sent + 34, length))).toBe(0);
      expect(memory.compare(sent + 38, raw + 38, length - 4)).toBe(0);
      for (let at = 34 + length; at < 60; at++) expect<u32>(load<u8>(sent + at)).toBe(0);
    }
  });

  it("whose checksum is zero by right is answered", () => {
    bootWithPeer();
    memory.fill(raw + 34, 0, 16);
    be.set16(raw + 42, 0xf7ff);
    expect(icmp(PEER, US, 8, 0, 16)).toBe(Drop.None);
    expect<u32>(load<u16>(raw + 36)).toBe(0);
    expect(transmit()).toBe(60);
  });

  it("keeps its DSCP, not its ECN bits", () => {
    bootWithPeer();
    icmp(PEER, US, 8, 0, 8);
    drain();
    store<u8>(raw + 15, 0xbb);
    expect(receiveIp()).toBe(Drop.None);
    transmit();
    expect(answer.tos).toBe(0xb8);
  });

  it("to a broadcast address is not answered (RFC 1122 §3.2.2.6)", () => {
    bootWithPeer();
    expect(icmp(PEER, 0x0a0000ff, 8, 0, 8)).toBe(Drop.IcmpBroadcast);
    EthernetHeader.at(raw).fill(EVERYONE, PEER_MAC, EtherType.Ipv4);
    expect(receive(60)).toBe(Drop.IcmpBroadcast);
    expect(drain()).toBe(0);
  });
});

describe("a message", () => {
  it("cut short or damaged is dropped", () => {
    bootWithPeer();
    for (let length: u32 = 0; length < 8; length++) {
      memory.fill(raw + 34, 0, 8);
      expect(icmp(PEER, US, 8, 0, length)).toBe(Drop.IcmpShort);
    }
    for (let at: u32 = 0; at < 16; at++) {
      icmp(PEER, US, 8, 0, 16);
      store<u8>(raw + 34 + at, load<u8>(raw + 34 + at) ^ 0x10);
      drain();
      expect(receiveIp()).toBe(Drop.IcmpChecksum);
    }
    expect(drain()).toBe(0);
  });

  it("of any other type and code is not answered, and changes nothing", () => {
    bootWithPeer();
    const codes = memory.data<u8>([0, 1, 255]);
    for (let type: u32 = 0; type < 256; type++) {
      for (let i: u32 = 0; i < 3; i++) {
        const code = <u32>load<u8>(codes + i);
        if (type == 8 && code == 0) continue;
        memory.fill(raw + 34, 0, 28);
        expect(icmp(PEER, US, type, code, 28)).not.toBe(Drop.None);
      }
    }
    expect(drain()).toBe(0);
    expect(quote.pending).toBe(false);
  });

  it("that redirects or quenches has no effect", () => {
    bootWithPeer();
    expect(error(5, 1, 28)).toBe(Drop.IcmpRedirect);
    expect(error(4, 0, 28)).toBe(Drop.IcmpSourceQuench);
    expect(nextHop(FAR)).toBe(PEER);
    expect(quote.pending).toBe(false);
  });
});

describe("an error about a datagram of ours", () => {
  it("is kept for its transport", () => {
    bootWithPeer();
    expect(error(3, 4, 28)).toBe(Drop.None);
    expect(quote.pending).toBe(true);
    expect<u32>(quote.protocol).toBe(Protocol.IPPROTO_TCP);
    expect(quote.localAddress).toBe(US);
    expect(quote.foreignAddress).toBe(FAR);
    expect(quote.localPort).toBe(80);
    expect(quote.foreignPort).toBe(5000);
    expect(quote.seq).toBe(0x01020304);
    expect(quote.type).toBe(3);
    expect(quote.code).toBe(4);
    expect(quote.mtu).toBe(1000);
    quote.pending = false;
  });

  it("needs its header and eight octets, whatever lies behind", () => {
    bootWithPeer();
    for (let quoted: u32 = 0; quoted < 28; quoted++) expect(error(3, 1, quoted)).toBe(Drop.IcmpQuote);
    expect(quote.pending).toBe(false);
    expect(error(3, 1, 28)).toBe(Drop.None);
    quote.pending = false;
  });

  it("is dropped when the quotation lies", () => {
    bootWithPeer();
    for (let first: u32 = 0; first < 256; first++) {
      if (first == 0x45) continue;
      quoteRaw();
      store<u8>(raw + 42, <u8>first);
      expect(icmp(FAR, US, 3, 1, 44)).toBe(first == 0x46 || first == 0x47 ? Drop.None : Drop.IcmpQuote);
    }
    quote.pending = false;
    quoteRaw().src = OTHER;
    expect(icmp(FAR, US, 3, 1, 36)).toBe(Drop.IcmpQuote);
    quoteRaw().src = 0;
    expect(icmp(FAR, US, 3, 1, 36)).toBe(Drop.IcmpQuote);
    quoteRaw();
    store<u8>(raw + 51, 1);
    expect(icmp(FAR, US, 3, 1, 36)).toBe(Drop.None, "about ICMP, which a raw socket may have sent");
    expect<u32>(quote.protocol).toBe(Protocol.IPPROTO_ICMP);
    quote.pending = false;
    quoteRaw();
    be.set16(raw + 48, 100);
    expect(icmp(FAR, US, 3, 1, 36)).toBe(Drop.IcmpQuote, "about a fragment");
    expect(quote.pending).toBe(false);
  });

  it("means what Linux makes of it", () => {
    const errnos = memory.data<i32>([
      Errno.ENETUNREACH,
      Errno.EHOSTUNREACH,
      Errno.ENOPROTOOPT,
      Errno.ECONNREFUSED,
      Errno.EMSGSIZE,
      Errno.EOPNOTSUPP,
      Errno.ENETUNREACH,
      Errno.EHOSTDOWN,
      Errno.ENONET,
      Errno.ENETUNREACH,
      Errno.EHOSTUNREACH,
      Errno.ENETUNREACH,
      Errno.EHOSTUNREACH,
      Errno.EHOSTUNREACH,
      Errno.EHOSTUNREACH,
      Errno.EHOSTUNREACH,
    ]);
    bootWithPeer();
    for (let code: u32 = 0; code < 16; code++) {
      error(3, code, 28);
      expect<i32>(quoteErrno()).toBe(load<i32>(errnos + (code << 2)));
    }
    error(11, 0, 28);
    expect<i32>(quoteErrno()).toBe(Errno.EHOSTUNREACH);
    error(12, 0, 28);
    expect<i32>(quoteErrno()).toBe(Errno.EPROTO);
    quote.pending = false;
  });
});

describe("an error of ours", () => {
  it("quotes the datagram unchanged, as far as 576 octets go", () => {
    bootWithPeer();
    const dice = new Dice(9);
    dice.fill(raw + 42, 1000);
    expect(udp(PEER, 1000, US, 2000, 1000)).toBe(Drop.UdpNoPort);
    expect(transmit()).toBe(14 + 576);
    expect(answer.dst).toBe(PEER);
    expect(answer.src).toBe(US);
    expect(be.get16(sent + 34)).toBe(0x0303);
    expect(be.get32(sent + 38)).toBe(0);
    expect(fold(sum(sent + 34, 556))).toBe(0);
    expect(memory.compare(sent + 42, raw + 14, 548)).toBe(0);
    udp(PEER, 1000, US, 2000, 0);
    expect(transmit()).toBe(14 + 20 + 8 + 28);
  });

  it("says that a protocol is unknown", () => {
    bootWithPeer();
    ipRaw(PEER, US, 47, 30);
    expect(receiveIp()).toBe(Drop.IpProtocol);
    transmit();
    expect(be.get16(sent + 34)).toBe(0x0302);
  });

  it("is never about a broadcast of either layer", () => {
    bootWithPeer();
    udp(PEER, 1000, 0x0a0000ff, 2000, 10);
    udp(PEER, 1000, 0xffffffff, 2000, 10);
    udpRaw(PEER, 1000, 0x0a0000ff, 2000, 10);
    EthernetHeader.at(raw).fill(EVERYONE, PEER_MAC, EtherType.Ipv4);
    receiveIp();
    expect(drain()).toBe(0);
  });

  it("is never about an ICMP message", () => {
    bootWithPeer();
    icmp(PEER, US, 13, 0, 20);
    timeExceeded(1);
    expect(drain()).toBe(0);
  });

  it("can say that time is up", () => {
    bootWithPeer();
    udp(PEER, 1000, US, 2000, 10);
    drain();
    timeExceeded(1);
    transmit();
    expect(be.get16(sent + 34)).toBe(0x0b01);
  });

  it("is sent ICMP_RATE times a second at most, a little less at random, and again in the next", () => {
    bootWithPeer();
    const limited = dropped(Drop.IcmpRateLimited);
    for (let second = 0; second < 5; second++) {
      let n: u32 = 0;
      for (let i: u32 = 0; i < 100; i++) {
        udp(PEER, 1000, US, 2000, 10);
        n += drain();
      }
      expect(n <= ICMP_RATE && n >= ICMP_RATE - ICMP_RATE / 4).toBe(true);
      pass(1002);
    }
    expect(dropped(Drop.IcmpRateLimited) >= limited + 5 * (100 - ICMP_RATE)).toBe(true);
    expect(mayAnswer(Answer.Reset)).toBe(true, "resets have a budget of their own");
  });
});
