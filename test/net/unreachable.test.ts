import { describe, expect, it } from "vitest";
import { Errno, Poll } from "../../host/node/abi";
import { passive } from "../support/states";
import * as wire from "../support/packet";
import { named, world, type World } from "../support/world";

/** Nobody has this address. */
const NOBODY = "10.0.0.200";
const ELSEWHERE = "192.0.2.1";

/** When the board asked for `ip`, in ms of the world's clock. */
function requests(w: World, ip: string): number[] {
  return w.ladder.sightings
    .filter(({ from, packet }) => from === w.board.name && packet.arp?.op === 1 && packet.arp.targetIp === ip)
    .map(({ at }) => at);
}

/** A datagram socket of the board connected to `ip`. */
function connected(w: World, ip: string, port = 5000): number {
  const fd = w.board.datagram(4000 + port);
  expect(named(w.board.connect(fd, ip, port))).toBe(0);
  return fd;
}

describe("EHOSTUNREACH: ARP stays unanswered (RFC 1122 2.3.2, 2.4)", () => {
  it("ends a connect in SYN-SENT after three requests, one second apart", async () => {
    const w = await world();
    const fd = w.board.open(NOBODY, 80);
    const start = w.now;
    w.waitFor("the end", () => (w.board.ready(fd) & Poll.POLLERR) !== 0);
    expect(w.now - start).toBe(3000);
    expect(requests(w, NOBODY).map((at) => at - start)).toEqual([0, 1000, 2000]);
    expect(w.board.events).toContain(fd);
    expect(w.board.error(fd)).toBe(Errno.EHOSTUNREACH);
    expect(w.board.row(fd)?.state).toBe(0);
    expect(w.board.drops()["ArpUnresolved"]).toBe(1);
  });

  it("is told once by the call that asks: a second connect reports it and the third begins anew", async () => {
    const w = await world();
    const fd = w.board.open(NOBODY, 80);
    expect(named(w.board.connect(fd, NOBODY, 80))).toBe("-EALREADY");
    w.run(3000);
    expect(named(w.board.connect(fd, NOBODY, 80))).toBe("-EHOSTUNREACH");
    expect(named(w.board.connect(fd, NOBODY, 80))).toBe("-EINPROGRESS");
  });

  it("ends every connect to a silent router, whose hold has room for one", async () => {
    const w = await world({ gateway: "10.0.0.254" });
    const start = w.now;
    const fds = [ELSEWHERE, "198.51.100.1", "203.0.113.1"].map((ip) => {
      const fd = w.board.open(ip, 80);
      w.run(300);
      return fd;
    });
    w.waitFor("all ends", () => fds.every((fd) => w.board.ready(fd) & Poll.POLLERR));
    expect(w.now - start).toBeLessThan(5000);
    expect(fds.map((fd) => w.board.error(fd))).toEqual(fds.map(() => Errno.EHOSTUNREACH));
  });

  it("ends connects to several silent neighbours that take turns in one hold", async () => {
    const w = await world({ knobs: { CONFIG_ARP_HOLDS: 1 } });
    const fds = [0, 1, 2].map((i) => w.board.open(`10.0.0.${200 + i}`, 80));
    w.waitFor("all ends", () => fds.every((fd) => w.board.ready(fd) & Poll.POLLERR));
    expect(w.now).toBeLessThan(10_000);
    expect(fds.map((fd) => w.board.error(fd))).toEqual(fds.map(() => Errno.EHOSTUNREACH));
  });

  it("is not what a connect meets that begins after the neighbour has come back", async () => {
    const w = await world();
    const peer = w.peer({ answersArp: false, introduced: false });
    const first = w.board.open(peer.ip, 80);
    w.run(3500);
    expect(w.board.error(first)).toBe(Errno.EHOSTUNREACH);
    peer.answersArp = true;
    const flow = peer.flow({ port: 80 });
    const second = w.board.open(peer.ip, 80);
    flow.expect({ flags: "S" });
    w.run(500);
    expect(w.board.error(second)).toBe(0);
  });

  it("is only a hint to an established connection, which goes on when the neighbour answers again", async () => {
    const w = await world({ knobs: { CONFIG_ARP_AGE: 1000 } });
    const { board, peer, flow, fd } = passive(w);
    peer.answersArp = false;
    w.run(5000);
    board.send(fd, wire.text("hello"));
    w.run(5000);
    expect(board.drops()["ArpUnresolved"]).toBeGreaterThan(0);
    expect(board.ready(fd) & Poll.POLLERR).toBe(0);
    peer.answersArp = true;
    w.run(5000);
    expect(flow.drain(5).some(({ text }) => text === "hello")).toBe(true);
    expect(board.error(fd)).toBe(0);
  });

  it("is what an established connection reports when it times out (RFC 1122 4.2.3.9, as Linux)", async () => {
    const w = await world({ knobs: { CONFIG_ARP_AGE: 1000, CONFIG_RETRIES: 5 } });
    const { board, peer, fd } = passive(w);
    peer.answersArp = false;
    w.run(5000);
    board.send(fd, wire.text("hello"));
    w.waitFor("the end", () => (board.ready(fd) & Poll.POLLERR) !== 0);
    expect(board.error(fd)).toBe(Errno.EHOSTUNREACH);
  });

  it("is told at once to an established connection that asked for it (IP_RECVERR)", async () => {
    const w = await world({ knobs: { CONFIG_ARP_AGE: 1000 } });
    const { board, peer, fd, state } = passive(w);
    board.setIp(fd, "IP_RECVERR", 1);
    peer.answersArp = false;
    w.run(5000);
    board.send(fd, wire.text("hello"));
    w.run(4000);
    expect(board.error(fd)).toBe(Errno.EHOSTUNREACH);
    expect(state()).toBe("Established");
  });

  it("is a pending error of a connected datagram socket, for the datagram that was held (RFC 1122 4.1.3.3)", async () => {
    const w = await world();
    const told = connected(w, NOBODY);
    const other = connected(w, "10.0.0.201", 5001);
    expect(named(w.board.send(told, wire.text("anybody?")))).toBe(8);
    w.run(2990);
    expect(w.board.ready(told) & Poll.POLLERR).toBe(0);
    w.run(20);
    expect(w.board.ready(told) & Poll.POLLERR).not.toBe(0);
    expect(w.board.ready(other) & Poll.POLLERR).toBe(0);
    expect(named(w.board.send(told, wire.text("?")))).toBe("-EHOSTUNREACH");
    expect(named(w.board.send(told, wire.text("?")))).toBe(1);
  });

  it("is not told to a datagram socket without a peer, which could not know what it is about (as Linux)", async () => {
    const w = await world();
    const fd = w.board.datagram(4000);
    w.board.sendTo(fd, wire.text("anybody?"), NOBODY, 5000);
    w.run(10_000);
    expect(w.board.ready(fd) & Poll.POLLERR).toBe(0);
    expect(w.board.error(fd)).toBe(0);
  });

  it("leaves nothing behind: a hundred of them, and a neighbour still answers", async () => {
    const w = await world();
    for (let i = 0; i < 100; i++) {
      const fd = w.board.open(`10.0.0.${110 + (i % 100)}`, 80);
      w.run(3100);
      expect(w.board.error(fd)).toBe(Errno.EHOSTUNREACH);
      w.board.close(fd);
    }
    expect(w.board.rows()).toEqual([]);
    const peer = w.peer();
    peer.icmp({ type: 8, rest: 5 });
    peer.expect("an echo", ({ icmp }) => icmp?.type === 0, 3000);
  });

  it("is ETIMEDOUT in a build without ARP_ERRORS", async () => {
    const w = await world({ profile: "tiny" });
    const fd = w.board.open(NOBODY, 80);
    w.run(600_000);
    expect(w.board.error(fd)).toBe(Errno.ETIMEDOUT);
  });
});

describe("ENETUNREACH: there is no route (RFC 1122 3.3.1)", () => {
  it("answers connect and sendto at once", async () => {
    const w = await world();
    expect(named(w.board.connect(w.board.socket(), ELSEWHERE, 80))).toBe("-ENETUNREACH");
    const fd = w.board.datagram(4000);
    expect(named(w.board.connect(fd, ELSEWHERE, 80))).toBe("-ENETUNREACH");
    expect(named(w.board.sendTo(fd, wire.text("?"), ELSEWHERE, 80))).toBe("-ENETUNREACH");
  });

  it("loopback needs none", async () => {
    const w = await world();
    w.board.board.exports.ifconfig(0, 0, 0, 0);
    w.board.listen(80);
    expect(named(w.board.connect(w.board.socket(), "127.0.0.1", 80))).toBe("-EINPROGRESS");
    expect(named(w.board.connect(w.board.socket(), "10.0.0.9", 80))).toBe("-ENETUNREACH");
  });
});

describe("ENETDOWN: the cable is out", () => {
  it("answers sendto; a connect waits for the cable, as for any lost segment", async () => {
    const w = await world();
    const peer = w.peer();
    w.board.board.linkUp(false);
    w.run(10);
    const fd = w.board.datagram(4000);
    expect(named(w.board.sendTo(fd, wire.text("?"), peer.ip, 80))).toBe("-ENETDOWN");
    const flow = peer.flow({ port: 80 });
    w.board.open(peer.ip, 80);
    w.run(200);
    w.board.board.linkUp(true);
    w.run(1000);
    flow.expect({ flags: "S" });
  });
});
