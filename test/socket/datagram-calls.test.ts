import { describe, expect, it } from "vitest";
import { Errno, Level, MessageFlag, Poll, SocketOption, SocketType } from "../../host/node/abi";
import * as wire from "../support/packet";
import type { Peer } from "../support/peer";
import { type World, named, world } from "../support/world";

const { MSG_DONTWAIT, MSG_NOSIGNAL, MSG_OOB, MSG_PEEK, MSG_TRUNC, MSG_WAITALL } = MessageFlag;

function socket({ board }: World): number {
  return board.socket(SocketType.SOCK_DGRAM);
}

/** A socket bound to that port and address after some options were set. */
function bound(w: World, port: number, ip = "0.0.0.0", ...options: (keyof typeof SocketOption)[]): number {
  const fd = socket(w);
  for (const name of options) expect(w.board.setSocket(fd, name, 1)).toBe(0);
  const result = w.board.bind(fd, port, ip);
  return result < 0 ? result : fd;
}

function tell(w: World, peer: Peer, words: string, src = 5, dst = 53): void {
  peer.udp({ src, dst }, wire.text(words));
  w.run(3);
}

/** What a socket has received, in order. */
function heard({ board }: World, fd: number): string[] {
  const words: string[] = [];
  for (let got = board.recvFrom(fd); typeof got !== "number"; got = board.recvFrom(fd))
    words.push(new TextDecoder().decode(got.data));
  return words;
}

describe("SOCK_DGRAM: sending and receiving", () => {
  it("sendto takes a port of its own on the first datagram, recvfrom tells the sender; whole datagrams in order", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = socket(w);
    expect(w.board.localName(fd)).toMatchObject({ ip: "0.0.0.0", port: 0 });
    expect(w.board.sendTo(fd, wire.text("hello"), peer.ip, 9)).toBe(5);
    const { udp, ip } = peer.expect("it", (packet) => packet.udp !== undefined);
    expect(w.board.localName(fd)).toMatchObject({ port: udp!.src });
    expect(udp!.src).toBeGreaterThanOrEqual(49152);
    expect(ip!.src).toBe(w.board.ip);
    tell(w, peer, "one", 9, udp!.src);
    tell(w, peer, "two", 10, udp!.src);
    expect(w.board.recvFrom(fd)).toMatchObject({ data: wire.text("one"), ip: peer.ip, port: 9 });
    expect(w.board.recvFrom(fd)).toMatchObject({ data: wire.text("two"), ip: peer.ip, port: 10 });
    expect(named(w.board.recvFrom(fd) as number)).toBe("-EAGAIN");
  });

  it("an empty datagram is one: sent, received, readable, and no end", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = bound(w, 53);
    expect(w.board.sendTo(fd, new Uint8Array(0), peer.ip, 9)).toBe(0);
    expect(peer.expect("it", (packet) => packet.udp !== undefined).udp!.data).toHaveLength(0);
    tell(w, peer, "");
    tell(w, peer, "after");
    expect(w.board.ready(fd) & Poll.POLLIN).toBe(Poll.POLLIN);
    expect(w.board.recvFrom(fd)).toMatchObject({ result: 0, ip: peer.ip, port: 5 });
    expect(heard(w, fd)).toEqual(["after"]);
  });

  it("what does not fit into the buffer is lost; MSG_TRUNC tells how much there was; MSG_PEEK leaves it", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = bound(w, 53);
    tell(w, peer, "abcdefgh");
    tell(w, peer, "second");
    expect(w.board.recvFrom(fd, 3, MSG_PEEK)).toMatchObject({ data: wire.text("abc"), result: 3 });
    expect(w.board.recvFrom(fd, 3, MSG_PEEK | MSG_TRUNC)).toMatchObject({ data: wire.text("abc"), result: 8 });
    expect(w.board.recvFrom(fd, 3, MSG_TRUNC)).toMatchObject({ data: wire.text("abc"), result: 8 });
    expect(w.board.recvFrom(fd, 0, MSG_PEEK | MSG_TRUNC)).toMatchObject({ result: 6 });
    expect(heard(w, fd)).toEqual(["second"]);
  });

  it("MSG_DONTWAIT, MSG_WAITALL and MSG_NOSIGNAL change nothing for datagrams; MSG_OOB is EOPNOTSUPP", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = bound(w, 53);
    expect(named(w.board.recvFrom(fd, 100, MSG_DONTWAIT) as number)).toBe("-EAGAIN");
    tell(w, peer, "short");
    expect(w.board.recvFrom(fd, 100, MSG_WAITALL | MSG_DONTWAIT)).toMatchObject({ data: wire.text("short"), result: 5 });
    expect(w.board.sendTo(fd, wire.text("x"), peer.ip, 9, MSG_DONTWAIT | MSG_NOSIGNAL)).toBe(1);
    expect(named(w.board.recvFrom(fd, 100, MSG_OOB) as number)).toBe("-EOPNOTSUPP");
    expect(named(w.board.sendTo(fd, wire.text("x"), peer.ip, 9, MSG_OOB))).toBe("-EOPNOTSUPP");
  });

  it("a broadcast needs SO_BROADCAST: EACCES, also for connect", async () => {
    const w = await world();
    const fd = bound(w, 53);
    for (const ip of ["255.255.255.255", "10.0.0.255"]) {
      expect(named(w.board.sendTo(fd, wire.text("x"), ip, 9)), ip).toBe("-EACCES");
      expect(named(w.board.connect(fd, ip, 9)), ip).toBe("-EACCES");
    }
    w.board.setSocket(fd, "SO_BROADCAST", 1);
    expect(w.board.sendTo(fd, wire.text("x"), "255.255.255.255", 9)).toBe(1);
    expect(w.board.connect(fd, "10.0.0.255", 9)).toBe(0);
  });

  it("the errors of sendto: no address, no port, no route, the cable out", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = bound(w, 53);
    expect(named(w.board.send(fd, wire.text("x")))).toBe("-EDESTADDRREQ");
    expect(named(w.board.sendTo(fd, wire.text("x"), peer.ip, 0))).toBe("-EINVAL");
    expect(named(w.board.sendTo(fd, wire.text("x"), "192.168.9.9", 9))).toBe("-ENETUNREACH");
    w.board.board.linkUp(false);
    expect(named(w.board.sendTo(fd, wire.text("x"), peer.ip, 9))).toBe("-ENETDOWN");
  });
});

describe("SOCK_DGRAM: connected", () => {
  it("hears its peer only, sends without an address, and elsewhere with one; AF_UNSPEC takes it back", async () => {
    const w = await world();
    const [peer, stranger] = [w.peer(), w.peer()];
    const fd = bound(w, 53);
    expect(w.board.connect(fd, peer.ip, 9)).toBe(0);
    expect(w.board.localName(fd)).toMatchObject({ ip: w.board.ip, port: 53 });
    expect(w.board.peerName(fd)).toMatchObject({ ip: peer.ip, port: 9 });
    tell(w, peer, "mine", 9);
    tell(w, peer, "another port", 10);
    tell(w, stranger, "another host", 9);
    expect(heard(w, fd)).toEqual(["mine"]);
    expect(w.board.sendTo(fd, wire.text("to you"), stranger.ip, 7)).toBe(6);
    expect(stranger.expect("it", (packet) => packet.udp !== undefined).udp!.dst).toBe(7);
    expect(w.board.calls.connect(fd, w.board.putAddress("0.0.0.0", 0, 0))).toBe(0);
    expect(named(w.board.peerName(fd) as number)).toBe("-ENOTCONN");
    tell(w, stranger, "welcome", 9);
    expect(heard(w, fd)).toEqual(["welcome"]);
  });

  it("ECONNREFUSED from a port that nobody has, once, for sending and for receiving alike", async () => {
    const w = await world({ boards: 2 });
    const fd = socket(w);
    const far = w.stations[1];
    w.board.connect(fd, far.ip, 999);
    for (const call of [() => w.board.send(fd, wire.text("x")), () => w.board.recv(fd) as number, () => -w.board.error(fd)]) {
      expect(w.board.send(fd, wire.text("anybody?"))).toBe(8);
      w.run(50);
      expect(w.board.ready(fd) & Poll.POLLERR).toBe(Poll.POLLERR);
      expect(named(call())).toBe("-ECONNREFUSED");
      expect(w.board.error(fd)).toBe(0);
    }
  });

  it("an unconnected socket does not hear of it", async () => {
    const w = await world({ boards: 2 });
    const fd = bound(w, 53);
    w.board.sendTo(fd, wire.text("anybody?"), w.stations[1].ip, 999);
    w.run(50);
    expect(w.board.error(fd)).toBe(0);
  });

  it("shutdown: ENOTCONN unless connected; EPIPE for sending, 0 for receiving behind what is queued", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = bound(w, 53);
    expect(named(w.board.shutdown(fd, 0))).toBe("-ENOTCONN");
    w.board.connect(fd, peer.ip, 9);
    tell(w, peer, "last", 9);
    expect(w.board.shutdown(fd, 2)).toBe(0);
    expect(named(w.board.send(fd, wire.text("x")))).toBe("-EPIPE");
    expect(w.board.recvFrom(fd)).toMatchObject({ data: wire.text("last") });
    expect(w.board.recvFrom(fd)).toMatchObject({ result: 0 });
  });
});

describe("SOCK_DGRAM: whose datagram it is", () => {
  it("the most specific socket wins: connected before bound to the address before the wildcard", async () => {
    const w = await world();
    const [peer, other] = [w.peer(), w.peer()];
    const any = bound(w, 53, "0.0.0.0", "SO_REUSEADDR");
    const own = bound(w, 53, w.board.ip, "SO_REUSEADDR");
    const connected = bound(w, 53, "0.0.0.0", "SO_REUSEADDR");
    w.board.connect(connected, peer.ip, 9);
    tell(w, peer, "for the connected", 9);
    tell(w, other, "for the address", 9);
    w.board.close(own);
    tell(w, other, "for the wildcard", 9);
    expect([connected, any].map((fd) => heard(w, fd))).toEqual([["for the connected"], ["for the wildcard"]]);
  });

  it("EADDRINUSE unless both say SO_REUSEADDR; the latest of them gets what is sent to one", async () => {
    const w = await world({ profile: "host" });
    const peer = w.peer();
    const first = bound(w, 53, "0.0.0.0", "SO_REUSEADDR");
    expect(named(bound(w, 53))).toBe("-EADDRINUSE");
    expect(named(bound(w, 53, w.board.ip))).toBe("-EADDRINUSE");
    const second = bound(w, 53, "0.0.0.0", "SO_REUSEADDR");
    tell(w, peer, "unicast");
    expect([heard(w, first), heard(w, second)]).toEqual([[], ["unicast"]]);
  });

  it("a broadcast goes to every socket on the port that asked for broadcasts", async () => {
    const w = await world({ profile: "host" });
    const peer = w.peer();
    const [first, second] = [1, 2].map(() => bound(w, 53, "0.0.0.0", "SO_REUSEADDR", "SO_BROADCAST"));
    const deaf = bound(w, 53, "0.0.0.0", "SO_REUSEADDR");
    peer.udp({ src: 5, dst: 53 }, wire.text("all"), { dst: "10.0.0.255" }, { dst: wire.BROADCAST });
    w.run(3);
    expect([first, second, deaf].map((fd) => heard(w, fd))).toEqual([["all"], ["all"], []]);
  });

  it("SO_REUSEPORT spreads by hash: each gets a share, a peer stays with its own, also when another comes", async () => {
    const w = await world({ profile: "host" });
    const peer = w.peer();
    const fds = [1, 2, 3].map(() => bound(w, 53, "0.0.0.0", "SO_REUSEPORT"));
    expect(w.board.option(fds[0], Level.SOL_SOCKET, SocketOption.SO_REUSEPORT)).toBe(1);
    expect(named(bound(w, 53))).toBe("-EADDRINUSE");
    expect(named(bound(w, 53, "0.0.0.0", "SO_REUSEADDR"))).toBe("-EADDRINUSE");
    const share = (among: number[]): Map<string, number> => {
      const owners = new Map<string, number>();
      for (let port = 1000; port < 1300; port++) tell(w, peer, String(port), port);
      for (const fd of among) for (const word of heard(w, fd)) owners.set(word, fd);
      return owners;
    };
    const before = share(fds);
    expect(before.size).toBe(300);
    for (const fd of fds) expect([...before.values()].filter((owner) => owner === fd).length).toBeGreaterThan(60);
    const fourth = bound(w, 53, "0.0.0.0", "SO_REUSEPORT");
    const after = share([...fds, fourth]);
    for (const [port, owner] of after) if (owner !== fourth) expect(before.get(port)).toBe(owner);
    expect([...after.values()].filter((owner) => owner === fourth).length).toBeGreaterThan(40);
  });
});

describe("SOCK_DGRAM: buffers", () => {
  it("SO_RCVBUF bounds what waits, and keeps what is there when it changes; the oldest stay", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = bound(w, 53);
    expect(w.board.option(fd, Level.SOL_SOCKET, SocketOption.SO_RCVBUF)).toBe(2048);
    for (let i = 0; i < 5; i++) peer.udp({ src: 5, dst: 53 }, wire.pattern(600, i));
    w.run(5);
    expect(w.board.drops()).toEqual({ UdpFull: 2 });
    w.board.setSocket(fd, "SO_RCVBUF", 4096);
    expect(w.board.option(fd, Level.SOL_SOCKET, SocketOption.SO_RCVBUF)).toBe(4096);
    for (let i = 5; i < 8; i++) peer.udp({ src: 5, dst: 53 }, wire.pattern(600, i));
    w.run(5);
    for (const i of [0, 1, 2, 5, 6, 7]) expect(w.board.recvFrom(fd)).toMatchObject({ data: wire.pattern(600, i) });
    expect(named(w.board.recvFrom(fd) as number)).toBe("-EAGAIN");
  });

  it("SO_SNDBUF is taken; there is no queue it could bound, and sending is EAGAIN when the ring is full, until POLLOUT", async () => {
    const w = await world();
    const peer = w.peer();
    const fd = bound(w, 53);
    expect(w.board.setSocket(fd, "SO_SNDBUF", 1)).toBe(0);
    const at = w.board.calls.scratch() + 64;
    const send = () => w.board.calls.sendto(fd, at, 10, 0, w.board.putAddress(peer.ip, 9));
    for (let i = 0; i < 4; i++) expect(send()).toBe(10);
    expect(send()).toBe(-Errno.EAGAIN);
    expect(w.board.ready(fd) & Poll.POLLOUT).toBe(0);
    w.board.board.wake();
    w.run(5);
    expect(w.board.ready(fd) & Poll.POLLOUT).toBe(Poll.POLLOUT);
    expect(send()).toBe(10);
  });
});
