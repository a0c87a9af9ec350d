import {
  Address,
  AddressRecord,
  Errno,
  Family,
  ipv4,
  Level,
  MessageSocket,
  nextEvent,
  NEVER,
  octets,
  output,
  input,
  Owner,
  PairSocket,
  Poll,
  Protocol,
  RawSocket,
  SeqPacket,
  SeqPacketListener,
  size,
  SocketOption,
  SocketPair,
  SocketType,
  TcpListener,
  TcpOption,
  TcpStream,
  UdpSocket,
  wouldBlock,
} from "../../assembly/index";
import { now } from "../../assembly/clock";
import { GROUPS } from "../../assembly/config";
import { ifconfig } from "../../assembly/ip/iface";
import { start } from "../../assembly/stack";

/** The library of applications, over the module's own loopback. */
const PORT: u32 = 7000;
const ROOM: u32 = 256;
const region = memory.data(ROOM, 8);
const here = changetype<Address>(memory.data(AddressRecord.size, 4));
const there = changetype<Address>(memory.data(AddressRecord.size, 4));
const ends = changetype<SocketPair>(memory.data(8, 4));
const HELLO: usize = text("hello");

/** Frames of the loopback go round until nothing is left to do; no time passes. */
function settle(): void {
  for (let i = 0; i < 100; i++) {
    input(now());
    if (output() != 0) return;
  }
  throw new Error("it does not come to rest");
}

/** What lies in the region, when it was `length` octets. */
function received(length: i32): string {
  return length < 0 ? `-${Math.abs(length)}` : String.UTF8.decodeUnsafe(region, length);
}

/** How many events an owner has; they are gone then. */
function events(owner: Owner): i32 {
  let count = 0;
  while (nextEvent(owner) >= 0) count++;
  return count;
}

function loopback(port: u32): Address {
  there.set(ipv4(127, 0, 0, 1), port);
  return there;
}

describe("the library for applications", () => {
  beforeEach(() => {
    start(1, 2, 3, 4);
    input(0);
  });

  test("an address keeps what it is given", () => {
    here.set(ipv4(10, 0, 0, 1), 65535);
    expect(here.ip).toBe(0x0a000001);
    expect(here.port).toBe(65535);
    expect<u32>(here.family).toBe(Family.AF_INET);
    here.clear();
    expect<u32>(here.family).toBe(Family.AF_UNSPEC);
    expect(here.ip).toBe(0);
  });

  test("a socket is its descriptor, or the errno of what went wrong", () => {
    const listener = TcpListener.bind(Owner.App, PORT, 4);
    expect(listener.isOpen).toBe(true);
    expect(listener.result).toBe(0);
    expect(listener.is(listener.fd)).toBe(true);
    expect(listener == TcpListener.of(listener.fd)).toBe(true);
    const second = TcpListener.bind(Owner.App, PORT, 4);
    expect(second.isOpen).toBe(false);
    expect(second.result).toBe(-Errno.EADDRINUSE);
    expect(listener.accept().fd).toBe(-Errno.EAGAIN);
    expect(wouldBlock(listener.accept().fd)).toBe(true);
    expect(listener.close()).toBe(0);
    expect(listener.close()).toBe(-Errno.EBADF);
    expect(listener.ready).toBe(Poll.POLLNVAL);
    expect(listener.error).toBe(-Errno.EBADF);
  });

  test("nothing is left open by what fails", () => {
    for (let i = 0; i < 100; i++) {
      there.set(ipv4(192, 0, 2, 1), 9);
      expect(TcpStream.connect(Owner.App, there).result).toBe(-Errno.ENETUNREACH);
      expect(TcpListener.bind(Owner.App, PORT, 1, ipv4(192, 0, 2, 1)).result).toBe(-Errno.EADDRNOTAVAIL);
    }
    expect(TcpListener.bind(Owner.App, PORT, 1).fd).toBe(0);
  });

  test("a stream: connect, accept, write, read, half-close, the end", () => {
    const listener = TcpListener.bind(Owner.Echo, PORT, 4);
    const client = TcpStream.connect(Owner.App, loopback(PORT));
    expect(client.isOpen).toBe(true);
    settle();
    const server = listener.accept(here);
    expect(server.isOpen).toBe(true);
    expect(here.ip).toBe(ipv4(127, 0, 0, 1));
    expect(server.peer(there)).toBe(0);
    expect(there.port).toBe(here.port);
    expect(client.local(there)).toBe(0);
    expect(there.port).toBe(here.port);
    expect(client.noDelay()).toBe(0);
    expect(client.option(Level.IPPROTO_TCP, TcpOption.TCP_NODELAY)).toBe(1);
    expect(client.noDelay(false)).toBe(0);
    expect(client.option(Level.IPPROTO_TCP, TcpOption.TCP_NODELAY)).toBe(0);
    expect(client.keepAlive(7)).toBe(0);
    expect(client.option(Level.IPPROTO_TCP, TcpOption.TCP_KEEPIDLE)).toBe(7);
    expect(client.option(Level.SOL_SOCKET, SocketOption.SO_KEEPALIVE)).toBe(1);
    expect(client.writeText(HELLO)).toBe(5);
    settle();
    expect(server.peek(region, ROOM)).toBe(5);
    expect(received(server.read(region, 2))).toBe("he");
    expect(received(server.read(region, ROOM))).toBe("llo");
    expect(server.read(region, ROOM)).toBe(-Errno.EAGAIN);
    expect(client.shutdown()).toBe(0);
    settle();
    expect(server.read(region, ROOM)).toBe(0);
    expect(server.write(octets(HELLO), size(HELLO))).toBe(5);
    expect(server.close()).toBe(0);
    settle();
    expect(received(client.read(region, ROOM))).toBe("hello");
    expect(client.read(region, ROOM)).toBe(0);
    expect(client.error).toBe(0);
  });

  test("a stream without a copy: spans of its own buffers", () => {
    const listener = TcpListener.bind(Owner.Echo, PORT, 4);
    const client = TcpStream.connect(Owner.App, loopback(PORT));
    settle();
    const server = listener.accept();
    expect(client.writable).toBeGreaterThan(5);
    memory.copy(client.writePtr, octets(HELLO), 5);
    expect(client.commit(5)).toBe(5);
    settle();
    expect(server.readable).toBe(5);
    expect(memory.compare(server.readPtr, octets(HELLO), 5)).toBe(0);
    expect(server.release(4)).toBe(0);
    expect(server.readable).toBe(1);
    expect(server.release(2)).toBe(-Errno.EINVAL);
    expect(server.release(1)).toBe(0);
    expect(server.readable).toBe(-Errno.EAGAIN);
  });

  test("a connection that is refused, and one that is reset", () => {
    const refused = TcpStream.connect(Owner.App, loopback(PORT));
    settle();
    expect(refused.writable).toBe(-Errno.ECONNREFUSED);
    refused.close();
    const listener = TcpListener.bind(Owner.Echo, PORT, 4);
    const client = TcpStream.connect(Owner.App, loopback(PORT));
    settle();
    expect(listener.accept().abort()).toBe(0);
    settle();
    expect(client.error).toBe(-Errno.ECONNRESET);
    expect(client.error).toBe(0);
  });

  test("events come to the owner, a listener's and its connections' alike", () => {
    const listener = TcpListener.bind(Owner.Echo, PORT, 4);
    const client = TcpStream.connect(Owner.App, loopback(PORT));
    settle();
    expect(events(Owner.Echo)).toBe(1);
    expect(events(Owner.App)).toBe(1);
    const server = listener.accept();
    client.writeText(HELLO);
    settle();
    expect(nextEvent(Owner.Echo)).toBe(server.fd);
    expect(server.ready & Poll.POLLIN).toBe(Poll.POLLIN);
    expect(nextEvent(Owner.Echo)).toBeLessThan(0);
  });

  test("datagrams: with and without a peer", () => {
    const server = UdpSocket.bind(Owner.Echo, PORT);
    const client = UdpSocket.bind(Owner.App, 0);
    expect(client.send(octets(HELLO), 5)).toBe(-Errno.EDESTADDRREQ);
    expect(client.send(octets(HELLO), 5, loopback(PORT))).toBe(5);
    settle();
    expect(server.readable).toBe(5);
    expect(received(server.receive(region, ROOM, here))).toBe("hello");
    expect(server.readable).toBe(0);
    expect(server.send(octets(HELLO), 4, here)).toBe(4);
    expect(client.connect(loopback(PORT))).toBe(0);
    settle();
    expect(received(client.receive(region, ROOM))).toBe("hell");
    expect(client.receive(region, ROOM)).toBe(-Errno.EAGAIN);
    expect(client.peer(here)).toBe(0);
    expect(here.port).toBe(<u16>PORT);
    here.clear();
    expect(client.connect(here)).toBe(0);
    expect(client.peer(here)).toBe(-Errno.ENOTCONN);
    expect(client.broadcast()).toBe(0);
    expect(client.option(Level.SOL_SOCKET, SocketOption.SO_BROADCAST)).toBe(1);
  });

  test("records keep their limits, and the end is told from an empty one", () => {
    const listener = SeqPacketListener.bind(Owner.Echo, PORT, 4);
    const client = SeqPacket.connect(Owner.App, loopback(PORT));
    settle();
    const server: MessageSocket = listener.accept();
    expect(client.send(octets(HELLO), 2)).toBe(2);
    expect(client.send(octets(HELLO), 5)).toBe(5);
    expect(client.send(octets(HELLO), 0)).toBe(0);
    client.shutdown();
    settle();
    expect(received(server.receive(region, ROOM))).toBe("he");
    expect(received(server.receive(region, 4))).toBe("hell");
    expect(server.receive(region, ROOM, here)).toBe(0);
    expect<u32>(here.family).toBe(Family.AF_INET);
    expect(server.receive(region, ROOM, here)).toBe(0);
    expect<u32>(here.family).toBe(Family.AF_UNSPEC);
  });

  test("a raw socket writes a ping and reads the answer, header and all", () => {
    const raw = RawSocket.open(Owner.App, Protocol.IPPROTO_ICMP);
    expect(raw.isOpen).toBe(true);
    expect(raw.ownHeader()).toBe(0);
    expect(raw.ownHeader(false)).toBe(0);
    memory.fill(region, 0, 8);
    store<u8>(region, 8); // echo request; its checksum is the complement of it
    store<u8>(region, 0xf7, 2);
    store<u8>(region, 0xff, 3);
    expect(raw.send(region, 8, loopback(0))).toBe(8);
    settle();
    let answers = 0;
    for (let length = raw.receive(region, ROOM, here); length >= 0; length = raw.receive(region, ROOM, here)) {
      expect(length).toBe(28);
      expect(here.ip).toBe(ipv4(127, 0, 0, 1));
      if (load<u8>(region, 20) == 0) answers++;
    }
    expect(answers).toBe(1);
  });

  test("a group is joined and left, in modules that have groups", () => {
    const group = ipv4(239, 1, 2, 3);
    const ours = ipv4(10, 0, 0, 2);
    ifconfig(0, ours, 24, 0);
    const socket = UdpSocket.bind(Owner.App, PORT);
    expect(socket.join(group, ours)).toBe(GROUPS ? 0 : -Errno.ENOPROTOOPT);
    expect(socket.leave(group, ours)).toBe(GROUPS ? 0 : -Errno.ENOPROTOOPT);
  });

  test("a pair talks inside the device", () => {
    expect(ends.open(Owner.App, Owner.Echo, SocketType.SOCK_DGRAM)).toBe(0);
    expect(ends.first.send(octets(HELLO), 5)).toBe(5);
    expect(nextEvent(Owner.Echo)).toBe(ends.second.fd);
    expect(received(PairSocket.of(ends.second.fd).receive(region, ROOM))).toBe("hello");
    expect(ends.second.receive(region, ROOM)).toBe(-Errno.EAGAIN);
    expect(ends.first.close()).toBe(0);
    expect(ends.second.close()).toBe(0);
    expect(NEVER).toBe(0xffffffff);
  });
});
