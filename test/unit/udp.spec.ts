import { Counter, Drop, Errno, IpOption, Level, MessageFlag, Owner, Poll, Shutdown, SocketOption } from "../../assembly/abi";
import { LOOPBACK_SLOTS, TX_SLOTS, UDP_BUF, UDP_SOCKETS } from "../../assembly/config";
import { nextSocketOf } from "../../assembly/events";
import { LOCALHOST } from "../../assembly/ip/iface";
import {
  datagramBind,
  datagramClose,
  datagramConnect,
  datagramDisconnect,
  datagramForeignIp,
  datagramForeignPort,
  datagramLocalIp,
  datagramLocalPort,
  datagramOpen,
  datagramOption,
  datagramQueued,
  datagramReady,
  datagramReceive,
  datagramSend,
  datagramSenderIp,
  datagramSenderPort,
  datagramShutdown,
  datagramTakeError,
  setDatagramOption,
} from "../../assembly/socket/datagram";
import { freeOctets } from "../../assembly/storage/buddy";
import { counted, dropped } from "../../assembly/stats";
import { udpOutput } from "../../assembly/udp/output";
import { be } from "../../assembly/wire/bytes";
import { sameMac } from "../../assembly/wire/ethernet";
import { Ipv4Header } from "../../assembly/wire/ipv4";
import { UdpHeader } from "../../assembly/wire/udp";
import { Dice } from "./support/dice";
import {
  EVERYONE,
  FAR,
  OTHER,
  PEER,
  US,
  bootWithPeer,
  cable,
  drain,
  icmp,
  loop,
  power,
  raw,
  receiveIp,
  sent,
  transmit,
  udp,
  udpRaw,
} from "./support/net";

const data = memory.data(2048, 8);
const into = memory.data(2048, 8);
const shipped = UdpHeader.at(sent + 34);
const shippedIp = Ipv4Header.at(sent + 14);

/** A new socket, number 5 to its owner; bound to `port` unless that is 0. */
function open(port: u32): u32 {
  const i = <u32>datagramOpen(5);
  if (port != 0) datagramBind(i, 0, port);
  return i;
}

function send(i: u32, length: u32): i32 {
  return datagramSend(i, data, length, 0, 0, 0, false);
}
function sendTo(i: u32, length: u32, ip: u32, port: u32): i32 {
  return datagramSend(i, data, length, 0, ip, port, true);
}
function recv(i: u32): i32 {
  return datagramReceive(i, into, 2048, 0);
}
/** News for socket 5, taken. */
function news(): bool {
  return nextSocketOf(Owner.Host) == 5;
}
/** A port unreachable about a datagram from our `port` to `foreign` and `foreignPort`. */
function refuse(port: u32, foreign: u32, foreignPort: u32): Drop {
  memory.fill(raw + 38, 0, 40);
  const inner = Ipv4Header.at(raw + 42);
  inner.begin(28, 17, 64, 0);
  inner.src = US;
  inner.dst = foreign;
  be.set16(raw + 62, port);
  be.set16(raw + 64, foreignPort);
  return icmp(foreign, US, 3, 3, 36);
}

describe("opening and closing", () => {
  it("uses the table and the arena up, and gives everything back", () => {
    bootWithPeer();
    const free = freeOctets();
    for (let round = 0; round < 3; round++) {
      for (let i: u32 = 0; i < UDP_SOCKETS; i++) expect(datagramOpen(i) >= 0).toBe(true);
      expect(datagramOpen(0)).toBe(-Errno.ENOBUFS);
      for (let i: u32 = 0; i < UDP_SOCKETS; i++) datagramClose(i);
      expect(freeOctets()).toBe(free);
    }
  });
});

describe("bind", () => {
  it("gives a port to one socket, unless both allow sharing", () => {
    bootWithPeer();
    const a = open(53);
    const b = open(0);
    expect(datagramLocalPort(a)).toBe(53);
    expect(datagramBind(b, 0, 53)).toBe(-Errno.EADDRINUSE);
    expect(datagramBind(b, US, 53)).toBe(-Errno.EADDRINUSE);
    setDatagramOption(b, Level.SOL_SOCKET, SocketOption.SO_REUSEADDR, 1);
    expect(datagramBind(b, 0, 53)).toBe(-Errno.EADDRINUSE);
    setDatagramOption(a, Level.SOL_SOCKET, SocketOption.SO_REUSEADDR, 1);
    expect(datagramBind(b, 0, 53)).toBe(0);
    expect(datagramBind(b, 0, 54)).toBe(-Errno.EINVAL, "bound already");
  });

  it("tells addresses apart, and refuses those of others", () => {
    bootWithPeer();
    const a = open(0);
    const b = open(0);
    expect(datagramBind(a, PEER, 53)).toBe(-Errno.EADDRNOTAVAIL);
    expect(datagramBind(a, US, 53)).toBe(0);
    expect(datagramBind(b, US, 53)).toBe(-Errno.EADDRINUSE);
    expect(datagramBind(b, LOCALHOST, 53)).toBe(0);
    expect(datagramLocalIp(b)).toBe(LOCALHOST);
  });

  it("to port 0 takes a dynamic one, each time another", () => {
    bootWithPeer();
    let last: u32 = 0;
    let same = 0;
    for (let i = 0; i < 100; i++) {
      const a = open(0);
      expect(datagramBind(a, 0, 0)).toBe(0);
      expect(datagramLocalPort(a) >= 49152).toBe(true);
      if (datagramLocalPort(a) == last) same++;
      last = datagramLocalPort(a);
      datagramClose(a);
    }
    expect(same < 3).toBe(true);
  });

  it("finds sockets after any order of opening and closing", () => {
    bootWithPeer();
    const dice = new Dice(11);
    const a = open(0);
    const b = open(0);
    for (let i = 0; i < 200; i++) {
      const port = 100 + dice.below(4);
      const other = 104 + dice.below(4);
      datagramBind(a, 0, port);
      datagramBind(b, 0, other);
      expect(udp(PEER, 9, US, port, 1)).toBe(Drop.None);
      expect(udp(PEER, 9, US, other, 2)).toBe(Drop.None);
      expect(recv(a)).toBe(1);
      expect(recv(b)).toBe(2);
      datagramClose(dice.below(2) ? a : b);
      datagramClose(datagramLocalPort(a) == 0 ? b : a);
      open(0);
      open(0);
    }
  });
});

describe("a datagram that comes in", () => {
  it("is handed out with its sender, once, and announced", () => {
    bootWithPeer();
    const a = open(7);
    news();
    expect(datagramReady(a)).toBe(Poll.POLLOUT);
    expect(recv(a)).toBe(-Errno.EAGAIN);
    store<u32>(raw + 42, 0x64636261);
    expect(udp(PEER, 1234, US, 7, 4)).toBe(Drop.None);
    expect(news()).toBe(true);
    expect(datagramReady(a)).toBe(Poll.POLLIN | Poll.POLLOUT);
    expect(datagramQueued(a)).toBe(4);
    expect(datagramReceive(a, into, 100, MessageFlag.MSG_PEEK)).toBe(4);
    expect(recv(a)).toBe(4);
    expect(load<u32>(into)).toBe(0x64636261);
    expect(datagramSenderIp()).toBe(PEER);
    expect(datagramSenderPort()).toBe(1234);
    expect(recv(a)).toBe(-Errno.EAGAIN);
  });

  it("may be empty, from port 0, or longer than the room for it", () => {
    bootWithPeer();
    const a = open(7);
    expect(udp(PEER, 0, US, 7, 0)).toBe(Drop.None);
    expect(recv(a)).toBe(0);
    expect(datagramSenderPort()).toBe(0);
    udp(PEER, 9, US, 7, 100);
    udp(PEER, 9, US, 7, 100);
    store<u8>(into, 0xee, 10);
    expect(datagramReceive(a, into, 10, 0)).toBe(10);
    expect<u32>(load<u8>(into, 10)).toBe(0xee, "not a byte further");
    expect(datagramReceive(a, into, 10, MessageFlag.MSG_TRUNC)).toBe(100);
    expect(recv(a)).toBe(-Errno.EAGAIN);
  });

  it("is as long as its header says, which must lie within the datagram", () => {
    bootWithPeer();
    const a = open(7);
    for (let length: u32 = 0; length < 8; length++) {
      udpRaw(PEER, 9, US, 7, 20).length = length;
      expect(receiveIp()).toBe(Drop.UdpLength);
    }
    udpRaw(PEER, 9, US, 7, 20).length = 29;
    expect(receiveIp()).toBe(Drop.UdpLength);
    const header = udpRaw(PEER, 9, US, 7, 20);
    header.length = 18;
    header.checksum = 0;
    expect(receiveIp()).toBe(Drop.None);
    expect(recv(a)).toBe(10);
    for (let length: u32 = 0; length < 8; length++) {
      udpRaw(PEER, 9, US, 7, 0);
      be.set16(raw + 16, 20 + length);
      expect(receiveIp()).toBe(Drop.UdpLength);
    }
  });

  it("is dropped silently when its checksum is wrong, and taken without one", () => {
    bootWithPeer();
    open(7);
    const without = counted(Counter.UdpNoChecksum);
    udpRaw(PEER, 9, US, 7, 20).checksum = 0;
    expect(receiveIp()).toBe(Drop.None);
    expect(counted(Counter.UdpNoChecksum)).toBe(without + 1);
    for (let at: u32 = 0; at < 28; at++) {
      udpRaw(PEER, 9, US, 7, 20);
      if (at == 4 || at == 5) continue;
      store<u8>(raw + 34 + at, load<u8>(raw + 34 + at) ^ 0x40);
      expect(receiveIp()).toBe(Drop.UdpChecksum);
    }
    udpRaw(PEER, 9, US, 7, 20);
    be.set32(raw + 26, OTHER);
    expect(receiveIp()).toBe(Drop.UdpChecksum, "the pseudo header counts");
    expect(drain()).toBe(0);
  });

  it("is kept as long as there is room, and the order stays", () => {
    bootWithPeer();
    const a = open(7);
    const dice = new Dice(5);
    let first: u32 = 0;
    let next: u32 = 0;
    for (let step = 0; step < 2000; step++) {
      if (dice.below(2)) {
        const length: u32 = 4 + dice.below(200);
        for (let at: u32 = 0; at < length; at++) store<u8>(raw + 42 + at, <u8>(next + at));
        store<u32>(raw + 42, next);
        if (udp(PEER, 9, US, 7, length) == Drop.None) next++;
        continue;
      }
      const got = recv(a);
      if (got < 0) {
        expect(first).toBe(next);
        continue;
      }
      expect(load<u32>(into)).toBe(first);
      for (let at = 4; at < got; at++) expect<u32>(load<u8>(into + at)).toBe((first + at) & 0xff);
      first++;
    }
    expect(next > 500).toBe(true);
  });

  it("is dropped when there is none, and the queue does not grow", () => {
    bootWithPeer();
    const a = open(7);
    const full = dropped(Drop.UdpFull);
    for (let i = 0; i < 1000; i++) udp(PEER, 9, US, 7, 100);
    expect(dropped(Drop.UdpFull)).toBe(full + 1000 - UDP_BUF / 108);
    expect(datagramQueued(a)).toBe((UDP_BUF / 108) * 100);
  });

  it("goes to the socket it fits best", () => {
    bootWithPeer();
    const any = open(0);
    const own = open(0);
    setDatagramOption(any, Level.SOL_SOCKET, SocketOption.SO_REUSEADDR, 1);
    setDatagramOption(own, Level.SOL_SOCKET, SocketOption.SO_REUSEADDR, 1);
    datagramBind(any, 0, 7);
    datagramBind(own, US, 7);
    udp(PEER, 9, US, 7, 1);
    expect(recv(own)).toBe(1);
    datagramConnect(any, PEER, 9);
    udp(PEER, 9, US, 7, 2);
    expect(recv(any)).toBe(2);
    udp(PEER, 10, US, 7, 3);
    expect(recv(own)).toBe(3);
    expect(recv(any)).toBe(-Errno.EAGAIN);
  });

  it("is refused when nobody listens, or only to somebody else", () => {
    bootWithPeer();
    expect(udp(PEER, 9, US, 7, 1)).toBe(Drop.UdpNoPort);
    transmit();
    expect(be.get16(sent + 34)).toBe(0x0303);
    const a = open(7);
    datagramConnect(a, PEER, 9);
    expect(udp(PEER, 10, US, 7, 1)).toBe(Drop.UdpNotPeer);
    transmit();
    expect(be.get16(sent + 34)).toBe(0x0303);
    expect(udp(FAR, 9, US, 7, 1)).toBe(Drop.UdpNotPeer);
    expect(udp(PEER, 9, US, 7, 1)).toBe(Drop.None);
  });

  it("to everyone goes to those that want broadcasts", () => {
    bootWithPeer();
    const a = open(7);
    expect(udp(PEER, 9, 0x0a0000ff, 7, 1)).toBe(Drop.UdpNoPort);
    setDatagramOption(a, Level.SOL_SOCKET, SocketOption.SO_BROADCAST, 1);
    expect(udp(PEER, 9, 0x0a0000ff, 7, 1)).toBe(Drop.None);
    expect(udp(PEER, 9, 0xffffffff, 7, 2)).toBe(Drop.None);
    expect(recv(a)).toBe(1);
    expect(recv(a)).toBe(2);
    expect(drain()).toBe(0);
  });
});

describe("a datagram that goes out", () => {
  it("has our address, a port, its data and a checksum", () => {
    bootWithPeer();
    const a = open(0);
    store<u32>(data, 0x64636261);
    expect(sendTo(a, 4, FAR, 53)).toBe(4);
    expect(transmit()).toBe(60);
    expect(shipped.srcPort).toBe(datagramLocalPort(a));
    expect(shipped.dstPort).toBe(53);
    expect(shipped.length).toBe(12);
    expect(shipped.checksum).not.toBe(0);
    expect(load<u32>(sent + 42)).toBe(0x64636261);
    expect(shippedIp.src).toBe(US);
    expect(datagramLocalIp(a)).toBe(0);
  });

  it("may be as long as a frame, longer in fragments, and no longer than IP allows", () => {
    bootWithPeer();
    const a = open(0);
    expect(sendTo(a, 1472, FAR, 53)).toBe(1472);
    expect(transmit()).toBe(1514);
    expect(sendTo(a, 1473, FAR, 53)).toBe(1473);
    expect(transmit()).toBe(1514);
    expect(transmit()).toBe(60);
    expect(sendTo(a, 65508, FAR, 53)).toBe(-Errno.EMSGSIZE);
    expect(sendTo(a, 0xffffffff, FAR, 53)).toBe(-Errno.EMSGSIZE);
    expect(sendTo(a, 0, FAR, 53)).toBe(0);
  });

  it("needs somewhere to go", () => {
    bootWithPeer();
    const a = open(0);
    expect(send(a, 1)).toBe(-Errno.EDESTADDRREQ);
    expect(sendTo(a, 1, FAR, 0)).toBe(-Errno.EINVAL);
    expect(sendTo(a, 1, 0xf0000001, 5)).toBe(-Errno.ENETUNREACH);
    expect(sendTo(a, 1, 0x0a0000ff, 5)).toBe(-Errno.EACCES);
    setDatagramOption(a, Level.SOL_SOCKET, SocketOption.SO_BROADCAST, 1);
    expect(sendTo(a, 1, 0x0a0000ff, 5)).toBe(1);
    transmit();
    expect(sameMac(sent, EVERYONE)).toBe(true);
    cable(false);
    expect(sendTo(a, 1, FAR, 5)).toBe(-Errno.ENETDOWN);
    power();
    expect(sendTo(open(0), 1, FAR, 5)).toBe(-Errno.ENETUNREACH);
  });

  it("waits when the ring is full, and its owner hears when there is room", () => {
    bootWithPeer();
    const a = open(0);
    for (let i: u32 = 0; i < TX_SLOTS; i++) expect(sendTo(a, 1, FAR, 5)).toBe(1);
    news();
    expect(sendTo(a, 1, FAR, 5)).toBe(-Errno.EAGAIN);
    expect(datagramReady(a)).toBe(0);
    expect(udpOutput()).toBe(true);
    expect(news()).toBe(false);
    transmit();
    expect(udpOutput()).toBe(false);
    expect(news()).toBe(true);
    expect(datagramReady(a)).toBe(Poll.POLLOUT);
    expect(sendTo(a, 1, FAR, 5)).toBe(1);
  });

  it("to ourselves arrives without a wire", () => {
    power();
    const a = open(7);
    const b = open(0);
    for (let i: u32 = 0; i < LOOPBACK_SLOTS; i++) expect(sendTo(b, 5, 0x7f000001, 7)).toBe(5);
    expect(sendTo(b, 5, 0, 7)).toBe(-Errno.EAGAIN);
    udpOutput();
    expect(loop()).toBe(LOOPBACK_SLOTS);
    udpOutput();
    expect(news()).toBe(true);
    expect(recv(a)).toBe(5);
    expect(datagramSenderIp()).toBe(LOCALHOST);
    expect(datagramSenderPort()).toBe(datagramLocalPort(b));
    expect(sendTo(b, 0, 0, 7)).toBe(0, "0.0.0.0 is this host");
    expect(drain()).toBe(0);
  });

  it("has the TTL and the TOS of its socket", () => {
    bootWithPeer();
    const a = open(0);
    expect(setDatagramOption(a, Level.IPPROTO_IP, IpOption.IP_TTL, 9)).toBe(0);
    expect(setDatagramOption(a, Level.IPPROTO_IP, IpOption.IP_TOS, 0x88)).toBe(0);
    sendTo(a, 1, FAR, 5);
    transmit();
    expect(shippedIp.ttl).toBe(9);
    expect(shippedIp.tos).toBe(0x88);
    expect(setDatagramOption(a, Level.IPPROTO_IP, IpOption.IP_TTL, 0)).toBe(-Errno.EINVAL);
    expect(setDatagramOption(a, Level.IPPROTO_IP, IpOption.IP_TTL, 256)).toBe(-Errno.EINVAL);
    expect(setDatagramOption(a, Level.IPPROTO_IP, IpOption.IP_TTL, -1)).toBe(0);
    expect(datagramOption(a, Level.IPPROTO_IP, IpOption.IP_TTL)).toBe(64);
    expect(datagramOption(a, Level.IPPROTO_IP, 99)).toBe(-Errno.ENOPROTOOPT);
    expect(setDatagramOption(a, Level.IPPROTO_TCP, 1, 1)).toBe(-Errno.ENOPROTOOPT);
  });
});

describe("connect", () => {
  it("chooses the addresses, and a disconnect gives them back", () => {
    bootWithPeer();
    const a = open(0);
    expect(datagramConnect(a, PEER, 9)).toBe(0);
    expect(datagramForeignIp(a)).toBe(PEER);
    expect(datagramForeignPort(a)).toBe(9);
    expect(datagramLocalIp(a)).toBe(US);
    expect(datagramLocalPort(a)).not.toBe(0);
    expect(send(a, 3)).toBe(3);
    expect(sendTo(a, 3, FAR, 7)).toBe(3);
    datagramDisconnect(a);
    expect(datagramForeignIp(a) + datagramForeignPort(a) + datagramLocalIp(a) + datagramLocalPort(a)).toBe(0);
    datagramBind(a, US, 7);
    datagramConnect(a, PEER, 9);
    datagramDisconnect(a);
    expect(datagramLocalIp(a)).toBe(US);
    expect(datagramLocalPort(a)).toBe(7);
  });

  it("refuses what cannot be reached", () => {
    bootWithPeer();
    const a = open(0);
    expect(datagramConnect(a, 0xf0000001, 9)).toBe(-Errno.ENETUNREACH);
    expect(datagramConnect(a, 0x0a0000ff, 9)).toBe(-Errno.EACCES);
    expect(datagramConnect(a, PEER, 0)).toBe(-Errno.EINVAL);
    expect(datagramLocalPort(a)).toBe(0);
    power();
    expect(datagramConnect(open(0), PEER, 9)).toBe(-Errno.ENETUNREACH);
  });
});

describe("an ICMP error", () => {
  it("reaches the connected socket it quotes, once, by the next call", () => {
    bootWithPeer();
    const a = open(7);
    const b = open(8);
    datagramConnect(a, PEER, 9);
    news();
    expect(refuse(7, PEER, 9)).toBe(Drop.None);
    expect(news()).toBe(true);
    expect(datagramReady(a)).toBe(Poll.POLLERR | Poll.POLLOUT);
    expect(send(a, 1)).toBe(-Errno.ECONNREFUSED);
    expect(send(a, 1)).toBe(1);
    refuse(7, PEER, 9);
    expect(recv(a)).toBe(-Errno.ECONNREFUSED);
    expect(recv(a)).toBe(-Errno.EAGAIN);
    refuse(7, PEER, 9);
    expect(datagramTakeError(a)).toBe(Errno.ECONNREFUSED);
    expect(datagramTakeError(a)).toBe(0);
    expect(refuse(7, OTHER, 9)).toBe(Drop.IcmpQuote);
    expect(refuse(7, PEER, 10)).toBe(Drop.IcmpQuote);
    expect(refuse(8, PEER, 9)).toBe(Drop.IcmpQuote, "not connected");
    expect(datagramTakeError(a) + datagramTakeError(b)).toBe(0);
  });

  it("comes back by loopback too", () => {
    bootWithPeer();
    const a = open(0);
    datagramConnect(a, LOCALHOST, 9);
    expect(send(a, 1)).toBe(1);
    loop();
    expect(datagramTakeError(a)).toBe(Errno.ECONNREFUSED);
    for (let i: u32 = 0; i < LOOPBACK_SLOTS; i++) expect(send(a, 100)).toBe(100);
    loop();
    expect(datagramTakeError(a)).toBe(Errno.ECONNREFUSED, "with a full ring, the answer takes the question's place");
  });
});

describe("shutdown", () => {
  it("is for connected sockets, and stops one direction or both", () => {
    bootWithPeer();
    const a = open(7);
    expect(datagramShutdown(a, Shutdown.SHUT_WR)).toBe(-Errno.ENOTCONN);
    datagramConnect(a, PEER, 9);
    expect(datagramShutdown(a, 3)).toBe(-Errno.EINVAL);
    expect(datagramShutdown(a, Shutdown.SHUT_WR)).toBe(0);
    expect(send(a, 1)).toBe(-Errno.EPIPE);
    expect(recv(a)).toBe(-Errno.EAGAIN);
    expect(datagramShutdown(a, Shutdown.SHUT_RD)).toBe(0);
    expect(recv(a)).toBe(0);
    expect(datagramReady(a) & Poll.POLLHUP).toBe(Poll.POLLHUP);
  });
});

describe("SO_RCVBUF", () => {
  it("moves the queue with all that is in it, or leaves it", () => {
    bootWithPeer();
    const a = open(7);
    const free = freeOctets();
    for (let i: u32 = 0; i < 30; i++) {
      store<u8>(raw + 42, <u8>i);
      udp(PEER, 9, US, 7, 200);
      if (i < 25) recv(a);
    }
    expect(datagramOption(a, Level.SOL_SOCKET, SocketOption.SO_RCVBUF)).toBe(<i32>UDP_BUF);
    setDatagramOption(a, Level.SOL_SOCKET, SocketOption.SO_RCVBUF, 4096);
    expect(datagramOption(a, Level.SOL_SOCKET, SocketOption.SO_RCVBUF)).toBe(4096);
    setDatagramOption(a, Level.SOL_SOCKET, SocketOption.SO_RCVBUF, 512);
    expect(datagramOption(a, Level.SOL_SOCKET, SocketOption.SO_RCVBUF)).toBe(4096, "five datagrams need more");
    for (let i: u32 = 25; i < 30; i++) {
      expect(recv(a)).toBe(200);
      expect<u32>(load<u8>(into)).toBe(i);
    }
    setDatagramOption(a, Level.SOL_SOCKET, SocketOption.SO_RCVBUF, 2048);
    expect(freeOctets()).toBe(free);
  });
});
