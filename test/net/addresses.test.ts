import { describe, expect, it } from "vitest";
import { Errno, Poll } from "../../host/node/abi";
import { passive } from "../support/states";
import * as wire from "../support/packet";
import { named, world, type World } from "../support/world";

/** One more address than the profile has, and two routes. */
const KNOBS = { CONFIG_ADDRESSES: 2, CONFIG_ROUTES: 2 };
const SECOND = "10.0.0.40";

/** A board that is 10.0.0.1 and 10.0.0.40. */
async function twice(): Promise<World> {
  const w = await world({ knobs: KNOBS });
  w.board.board.interfaces[0].addAddress(`${SECOND}/24`);
  w.run(5);
  return w;
}

/** What `address_add` says. */
const add = (w: World, ip: string, prefix: number, i = 0): unknown =>
  named(w.board.calls.address_add(i, wire.ipNumber(ip), prefix));
const remove = (w: World, ip: string, i = 0): unknown => named(w.board.calls.address_remove(i, wire.ipNumber(ip)));

describe("Several local addresses: on the wire", () => {
  it("each is announced when it is given (RFC 5227 2.3)", async () => {
    const w = await twice();
    w.run(3000);
    const said = w.ladder.sightings.filter(({ packet }) => packet.arp?.senderIp === SECOND);
    expect(said.map(({ packet }) => packet.arp)).toMatchObject([
      { op: 1, targetIp: SECOND, senderMac: w.board.mac },
      { op: 1, targetIp: SECOND, senderMac: w.board.mac },
    ]);
  });

  it("requests for each are answered, and each is defended (RFC 826, RFC 5227 2.4)", async () => {
    const w = await twice();
    const peer = w.peer({ answersArp: false, introduced: false });
    for (const targetIp of [w.board.ip, SECOND]) {
      peer.arp({ op: 1, senderMac: peer.mac, senderIp: peer.ip, targetIp }, { dst: wire.BROADCAST });
      const reply = peer.expect("a reply", ({ arp }) => arp?.op === 2);
      expect(reply.arp).toMatchObject({ senderIp: targetIp, senderMac: w.board.mac, targetIp: peer.ip });
    }
    w.run(3000);
    peer.inbox.length = 0;
    peer.arp({ op: 1, senderMac: peer.mac, senderIp: SECOND, targetIp: SECOND }, { dst: wire.BROADCAST });
    expect(peer.expect("a defence", ({ arp }) => arp !== undefined).arp).toMatchObject({ senderIp: SECOND, targetIp: SECOND });
  });

  it("a ping is answered from the address it asked (RFC 1122 3.2.2.6)", async () => {
    const w = await twice();
    const peer = w.peer();
    for (const dst of [SECOND, w.board.ip]) {
      peer.icmp({ type: 8, rest: 7 }, wire.text("?"), { dst });
      expect(peer.expect("an echo", ({ icmp }) => icmp?.type === 0).ip?.src).toBe(dst);
    }
  });

  it("the source is the address in the network of the next hop, a bound one otherwise (RFC 1122 3.3.4.3)", async () => {
    const w = await world({ knobs: KNOBS });
    w.board.board.interfaces[0].addAddress("172.16.0.1/16");
    const near = w.peer();
    const other = w.peer({ ip: "172.16.9.9", introduced: false });
    const fd = w.board.datagram(4000);
    const from = (peer: typeof near, sender: number): string | undefined => {
      w.board.sendTo(sender, wire.text("x"), peer.ip, 5000);
      return peer.expect("a datagram", ({ udp }) => udp !== undefined).ip?.src;
    };
    expect(from(near, fd)).toBe("10.0.0.1");
    expect(from(other, fd)).toBe("172.16.0.1");
    const bound = w.board.socket(2);
    expect(named(w.board.bind(bound, 4001, "172.16.0.1"))).toBe(0);
    expect(from(near, bound)).toBe("172.16.0.1");
  });

  it("what is sent to the other address goes round inside", async () => {
    const w = await twice();
    const listening = w.board.listen(80);
    const before = w.sent();
    const fd = w.board.open(SECOND, 80);
    const accepted = w.accepted(w.board, listening);
    expect(w.board.localName(accepted)).toMatchObject({ ip: SECOND, port: 80 });
    expect(w.board.localName(fd)).toMatchObject({ ip: SECOND });
    expect(w.sent()).toBe(before);
  });
});

describe("bind: to one of several local addresses, or the wildcard", () => {
  it("a listener on one address gets what comes for it, and nothing else", async () => {
    const w = await twice();
    const peer = w.peer();
    const fd = w.board.socket();
    w.board.bind(fd, 80, SECOND);
    w.board.listenOn(fd, 5);
    peer.toIp = SECOND;
    peer.flow({ to: 80 }).handshake();
    const accepted = w.accepted(w.board, fd);
    expect(w.board.localName(accepted)).toMatchObject({ ip: SECOND, port: 80 });
    peer.toIp = w.board.ip;
    const refused = peer.flow({ to: 80 });
    refused.send({ flags: "S" });
    refused.expect({ flags: "RA" });
  });

  it("the more specific listener wins, whichever listened first", async () => {
    for (const order of [0, 1]) {
      const w = await twice();
      const peer = w.peer();
      const [any, one] = ["0.0.0.0", SECOND].map((ip) => {
        const fd = w.board.socket();
        w.board.setSocket(fd, "SO_REUSEADDR", 1);
        expect(named(w.board.bind(fd, 80, ip))).toBe(0);
        return fd;
      });
      for (const fd of order ? [one, any] : [any, one]) expect(named(w.board.listenOn(fd, 5))).toBe(0);
      peer.toIp = SECOND;
      peer.flow({ to: 80 }).handshake();
      expect(w.board.localName(w.accepted(w.board, one))).toMatchObject({ ip: SECOND });
      peer.toIp = w.board.ip;
      peer.flow({ to: 80 }).handshake();
      expect(w.board.localName(w.accepted(w.board, any))).toMatchObject({ ip: w.board.ip });
    }
  });

  it("two addresses have their ports for themselves; the wildcard is in the way of both", async () => {
    const w = await twice();
    const bind = (ip: string, type: number): unknown => named(w.board.bind(w.board.socket(type), 70, ip));
    for (const type of [1, 2]) {
      expect(bind(SECOND, type)).toBe(0);
      expect(bind("10.0.0.1", type)).toBe(0);
      expect(bind(SECOND, type)).toBe("-EADDRINUSE");
      if (type === 1) expect(bind("0.0.0.0", type)).toBe("-EADDRINUSE");
    }
  });

  it("an address that is not ours is EADDRNOTAVAIL", async () => {
    const w = await twice();
    for (const type of [1, 2]) {
      expect(named(w.board.bind(w.board.socket(type), 70, "10.0.0.41"))).toBe("-EADDRNOTAVAIL");
      expect(named(w.board.bind(w.board.socket(type), 70, "10.0.0.255"))).toBe("-EADDRNOTAVAIL");
    }
  });

  it("a datagram goes to the socket bound to its address before that of the wildcard", async () => {
    const w = await twice();
    const peer = w.peer();
    const one = w.board.socket(2);
    w.board.bind(one, 70, SECOND);
    peer.udp({ src: 1, dst: 70 }, wire.text("one"), { dst: SECOND });
    w.run(5);
    expect(w.board.recvFrom(one)).toMatchObject({ data: wire.text("one") });
    w.expectDrop("UdpNoPort", () => peer.udp({ src: 1, dst: 70 }, wire.text("any"), { dst: w.board.ip }), {
      silent: false,
    });
  });
});

describe("address_add, address_remove", () => {
  it("say what is wrong", async () => {
    const w = await twice();
    expect(add(w, "10.0.0.1", 24)).toBe("-EEXIST");
    expect(add(w, SECOND, 24)).toBe("-EEXIST");
    expect(named(w.board.calls.ifconfig(0, wire.ipNumber(SECOND), 24, 0))).toBe("-EEXIST");
    expect(add(w, "10.0.0.50", 24)).toBe("-ENOBUFS");
    for (const ip of ["0.0.0.0", "127.0.0.1", "224.0.0.1", "240.0.0.1", "10.9.9.0", "10.9.9.255"])
      expect(add(w, ip, 24), ip).toBe("-EINVAL");
    expect(add(w, "10.9.9.9", 0)).toBe("-EINVAL");
    expect(add(w, "10.9.9.9", 33)).toBe("-EINVAL");
    expect(add(w, "10.9.9.9", 24, 1)).toBe("-EINVAL");
    expect(remove(w, "10.0.0.2")).toBe("-EADDRNOTAVAIL");
    expect(remove(w, SECOND, 1)).toBe("-EADDRNOTAVAIL");
  });

  it("the list says which there are", async () => {
    const w = await twice();
    const { interfaces } = w.board.board;
    expect(interfaces[0].addresses).toEqual([
      { address: "10.0.0.1", prefix: 24, iface: 0 },
      { address: SECOND, prefix: 24, iface: 0 },
    ]);
    interfaces[0].removeAddress(SECOND);
    expect(interfaces[0].addresses).toEqual([{ address: "10.0.0.1", prefix: 24, iface: 0 }]);
    expect(() => interfaces[0].removeAddress(SECOND)).toThrow("EADDRNOTAVAIL");
  });

  it("the first address of an interface is its primary one; without it another takes the place", async () => {
    const w = await twice();
    const peer = w.peer();
    w.board.board.interfaces[0].removeAddress("10.0.0.1");
    expect(w.board.board.interfaces[0].addresses).toEqual([{ address: SECOND, prefix: 24, iface: 0 }]);
    w.board.sendTo(w.board.datagram(4000), wire.text("x"), peer.ip, 5000);
    expect(peer.expect("a datagram", ({ udp }) => udp !== undefined).ip?.src).toBe(SECOND);
    expect(remove(w, SECOND)).toBe(0);
    expect(named(w.board.connect(w.board.socket(), peer.ip, 80))).toBe("-ENETUNREACH");
    expect(add(w, "10.0.0.9", 24)).toBe(0);
    expect(w.board.board.interfaces[0].addresses).toEqual([{ address: "10.0.0.9", prefix: 24, iface: 0 }]);
  });

  it("address 0 takes all away", async () => {
    const w = await twice();
    expect(named(w.board.calls.ifconfig(0, 0, 0, 0))).toBe(0);
    expect(w.board.board.interfaces[0].addresses).toEqual([]);
    expect(w.board.board.routes.list()).toEqual([]);
    expect(named(w.board.bind(w.board.socket(), 80, SECOND))).toBe("-EADDRNOTAVAIL");
  });

  it("in a build with one address they are ENOSYS", async () => {
    const w = await world({ profile: "tiny" });
    expect(add(w, SECOND, 24)).toBe("-ENOSYS");
    expect(remove(w, "10.0.0.1")).toBe("-ENOSYS");
    expect(w.board.board.interfaces[0].addresses).toEqual([]);
  });
});

describe("an address that is taken away under a live connection (as Linux)", () => {
  it("the connection lingers until it times out, and nothing leaves from the address", async () => {
    const w = await world({ knobs: { ...KNOBS, CONFIG_RETRIES: 4 } });
    const { board, peer, fd, flow, state } = passive(w);
    w.board.board.interfaces[0].addAddress(`${SECOND}/24`);
    w.board.board.interfaces[0].removeAddress("10.0.0.1");
    w.run(3000);
    const before = w.sent(board.name);
    expect(board.send(fd, wire.text("hello"))).toBe(5);
    w.run(5);
    w.expectDrop("IpNotForUs", () => flow.send({ flags: "A" }), { ms: 5, silent: false });
    expect(state()).toBe("Established");
    w.waitFor("the end", () => (board.ready(fd) & Poll.POLLERR) !== 0);
    expect(board.error(fd)).toBe(Errno.ETIMEDOUT);
    expect(w.sent(board.name)).toBe(before);
    expect(board.close(fd)).toBe(0);
    peer.icmp({ type: 8, rest: 7 }, wire.text("?"), { dst: SECOND });
    peer.expect("an echo", ({ icmp }) => icmp?.type === 0);
  });

  it("goes on when the address comes back in time", async () => {
    const w = await world({ knobs: KNOBS });
    const { board, fd, flow } = passive(w);
    w.board.board.interfaces[0].addAddress(`${SECOND}/24`);
    w.board.board.interfaces[0].removeAddress("10.0.0.1");
    board.send(fd, wire.text("hello"));
    w.run(300);
    w.board.board.interfaces[0].addAddress("10.0.0.1/24");
    w.run(2000);
    expect(flow.drain(5).some(({ text }) => text === "hello")).toBe(true);
  });

  it("a datagram socket bound to it cannot send (EINVAL), and hears nothing", async () => {
    const w = await twice();
    const peer = w.peer();
    const fd = w.board.socket(2);
    w.board.bind(fd, 70, SECOND);
    w.board.board.interfaces[0].removeAddress(SECOND);
    expect(named(w.board.sendTo(fd, wire.text("x"), peer.ip, 1))).toBe("-EINVAL");
    w.expectDrop("IpNotForUs", () => peer.udp({ src: 1, dst: 70 }, wire.text("?"), { dst: SECOND }));
  });
});
