import { describe, expect, it } from "vitest";
import * as wire from "../support/packet";
import type { Peer } from "../support/peer";
import { named, world, type World } from "../support/world";

/** One more address than the profile has, and two routes. */
const KNOBS = { CONFIG_ADDRESSES: 2, CONFIG_ROUTES: 2 };
const FAR = "192.168.7.7";

interface Routers {
  w: World;
  /** The gateway of the interface, and two more routers on the link. */
  gateway: Peer;
  one: Peer;
  two: Peer;
}

async function routers(): Promise<Routers> {
  const w = await world({ knobs: KNOBS, gateway: "10.0.0.100" });
  return { w, gateway: w.peer(), one: w.peer(), two: w.peer() };
}

const add = (w: World, to: string, prefix: number, gateway: string, i = 0): unknown =>
  named(w.board.calls.route_add(wire.ipNumber(to), prefix, wire.ipNumber(gateway), i));
const remove = (w: World, to: string, prefix: number, i = 0): unknown =>
  named(w.board.calls.route_remove(wire.ipNumber(to), prefix, i));

/** MAC address that a datagram to `ip` goes to. */
function hop(w: World, ip: string): string | undefined {
  const fd = w.board.socket(2);
  const before = w.ladder.sightings.length;
  const result = w.board.sendTo(fd, wire.text("x"), ip, 5000);
  if (result < 0) throw new Error(String(named(result)));
  w.run(10);
  w.board.close(fd);
  return w.ladder.sightings.slice(before).find(({ packet }) => packet.udp && packet.ip?.dst === ip)?.packet.dst;
}

describe("Routes: the longest prefix decides (RFC 1122 3.3.1)", () => {
  it("among networks, whatever the order they were told in", async () => {
    const { w, gateway, one, two } = await routers();
    expect(hop(w, FAR)).toBe(gateway.mac);
    expect(add(w, "192.168.7.0", 24, two.ip)).toBe(0);
    expect(add(w, "192.168.0.0", 16, one.ip)).toBe(0);
    expect(hop(w, FAR)).toBe(two.mac);
    expect(hop(w, "192.168.8.1")).toBe(one.mac);
    expect(hop(w, "192.169.0.1")).toBe(gateway.mac);
    expect(remove(w, "192.168.7.0", 24)).toBe(0);
    expect(hop(w, FAR)).toBe(one.mac);
    expect(remove(w, "192.168.0.0", 16)).toBe(0);
    expect(hop(w, FAR)).toBe(gateway.mac);
  });

  it("one host of our own network can be behind a router", async () => {
    const { w, one, two } = await routers();
    expect(add(w, two.ip, 32, one.ip)).toBe(0);
    expect(hop(w, two.ip)).toBe(one.mac);
  });

  it("a network without a router is on the link: its hosts are asked for themselves", async () => {
    const { w } = await routers();
    const host = w.peer({ ip: "172.16.0.5", introduced: false });
    expect(add(w, "172.16.0.0", 12, "0.0.0.0")).toBe(0);
    const before = w.ladder.sightings.length;
    w.board.sendTo(w.board.socket(2), wire.text("x"), host.ip, 5000);
    w.run(10);
    const asked = w.ladder.sightings.slice(before).filter(({ packet }) => packet.arp?.op === 1);
    expect(asked[0].packet.arp).toMatchObject({ targetIp: host.ip, senderIp: w.board.ip });
  });

  it("a gateway per route: two conversations at once, each by its own", async () => {
    const { w, one, two } = await routers();
    w.board.board.routes.add({ to: "192.168.1.0/24", gateway: one.ip });
    w.board.board.routes.add({ to: "192.168.2.0/24", gateway: two.ip });
    const listening = w.board.listen(80);
    const said: string[] = [];
    for (const [router, host] of [
      [one, "192.168.1.9"],
      [two, "192.168.2.9"],
    ] as const) {
      // What a router passes on for a host behind it.
      const iss = 1000;
      router.segment({ src: 6000, dst: 80, flags: "S", seq: iss }, { src: host });
      const answer = router.expect("a SYN-ACK", ({ tcp, ip }) => tcp !== undefined && ip?.dst === host);
      expect(answer.ip?.src).toBe(w.board.ip);
      router.segment({ src: 6000, dst: 80, flags: "A", seq: iss + 1, ack: answer.tcp!.seq + 1 }, { src: host });
      const fd = w.accepted(w.board, listening);
      expect(w.board.peerName(fd)).toMatchObject({ ip: host });
      w.board.send(fd, wire.text(`hello ${host}`));
      said.push(new TextDecoder().decode(router.expect("text", ({ tcp }) => (tcp?.data.length ?? 0) > 0).tcp!.data));
    }
    expect(said).toEqual(["hello 192.168.1.9", "hello 192.168.2.9"]);
  });
});

describe("Routes: what is wrong with them", () => {
  it("EINVAL: no interface, bits behind the prefix, no network, no router", async () => {
    const { w, one } = await routers();
    expect(add(w, "192.168.0.0", 16, one.ip, 1)).toBe("-EINVAL");
    expect(add(w, "192.168.0.1", 16, one.ip)).toBe("-EINVAL");
    expect(add(w, "192.168.0.0", 33, one.ip)).toBe("-EINVAL");
    expect(add(w, "127.0.0.0", 8, one.ip)).toBe("-EINVAL");
    expect(add(w, "240.0.0.0", 4, one.ip)).toBe("-EINVAL");
    expect(add(w, "192.168.0.0", 16, "10.0.0.1")).toBe("-EINVAL");
    expect(add(w, "192.168.0.0", 16, "127.0.0.1")).toBe("-EINVAL");
  });

  it("ENETUNREACH: the router is not on the link", async () => {
    const { w } = await routers();
    for (const gateway of ["10.0.1.1", "10.0.0.255", "10.0.0.0", "224.0.0.1"])
      expect(add(w, "192.168.0.0", 16, gateway), gateway).toBe("-ENETUNREACH");
  });

  it("EEXIST, ESRCH, ENOBUFS, ENETDOWN", async () => {
    const { w, one, two } = await routers();
    expect(add(w, "192.168.0.0", 16, one.ip)).toBe(0);
    expect(add(w, "192.168.0.0", 16, two.ip)).toBe("-EEXIST");
    expect(add(w, "10.0.0.0", 24, two.ip)).toBe("-EEXIST");
    expect(add(w, "0.0.0.0", 0, two.ip)).toBe("-EEXIST");
    expect(add(w, "192.168.1.0", 24, one.ip)).toBe(0);
    expect(add(w, "192.168.2.0", 24, one.ip)).toBe("-ENOBUFS");
    expect(remove(w, "192.168.2.0", 24)).toBe("-ESRCH");
    expect(remove(w, "10.0.0.0", 24)).toBe("-ESRCH");
    expect(remove(w, "192.168.0.0", 16, 1)).toBe("-ESRCH");
    expect(remove(w, "0.0.0.0", 0)).toBe(0);
    expect(named(w.board.connect(w.board.socket(), "8.8.8.8", 53))).toBe("-ENETUNREACH");
    w.board.calls.ifconfig(0, 0, 0, 0);
    expect(add(w, "192.168.0.0", 16, one.ip)).toBe("-ENETDOWN");
  });

  it("in a build with one address and no routes they are ENOSYS", async () => {
    const w = await world({ profile: "tiny" });
    expect(add(w, "192.168.0.0", 16, "10.0.0.2")).toBe("-ENOSYS");
    expect(remove(w, "192.168.0.0", 16)).toBe("-ENOSYS");
    expect(w.board.board.routes.list()).toEqual([]);
  });
});

describe("Routes: how they come and go", () => {
  it("the list has those of addresses and gateways too, the longest prefix first", async () => {
    const { w, one } = await routers();
    const { routes, interfaces } = w.board.board;
    interfaces[0].addAddress("172.16.0.1/12");
    routes.add({ to: "192.168.0.0/16", gateway: one.ip });
    expect(routes.list()).toEqual([
      { to: "10.0.0.0/24", gateway: "", iface: 0 },
      { to: "192.168.0.0/16", gateway: one.ip, iface: 0 },
      { to: "172.16.0.0/12", gateway: "", iface: 0 },
      { to: "0.0.0.0/0", gateway: "10.0.0.100", iface: 0 },
    ]);
    routes.remove("192.168.0.0/16");
    routes.remove("default");
    expect(routes.list().map(({ to }) => to)).toEqual(["10.0.0.0/24", "172.16.0.0/12"]);
    expect(() => routes.remove("default")).toThrow("ESRCH");
    expect(() => routes.add({ to: "10.0.0.1" })).toThrow(RangeError);
  });

  it("a route goes with the address that its router was beside", async () => {
    const { w } = await routers();
    const { routes, interfaces } = w.board.board;
    interfaces[0].addAddress("172.16.0.1/12");
    routes.add({ to: "192.168.0.0/16", gateway: "172.16.0.9" });
    interfaces[0].removeAddress("172.16.0.1");
    expect(routes.list().map(({ to }) => to)).toEqual(["10.0.0.0/24", "0.0.0.0/0"]);
  });

  it("another primary address takes those away that it does not reach, and brings its own gateway", async () => {
    const { w, one } = await routers();
    const { routes } = w.board.board;
    routes.add({ to: "192.168.0.0/16", gateway: one.ip });
    w.board.board.configure("10.7.0.1/16", "10.7.0.9");
    expect(routes.list()).toEqual([
      { to: "10.7.0.0/16", gateway: "", iface: 0 },
      { to: "0.0.0.0/0", gateway: "10.7.0.9", iface: 0 },
    ]);
  });

  it("a board can start with them", async () => {
    const { w, one } = await routers();
    const { Board } = await import("../../host/node/board");
    const { moduleFor } = await import("../support/modules");
    const options = { clock: w.clock, module: await moduleFor({ knobs: KNOBS }), address: "10.0.0.9/24", seed: 1 };
    const board = await Board.create({
      ...options,
      addresses: ["10.0.0.10/24"],
      routes: [
        { to: "192.168.0.0/16", gateway: one.ip },
        { to: "default", gateway: one.ip },
      ],
    });
    expect(board.routes.list().map(({ to }) => to)).toEqual(["10.0.0.0/24", "10.0.0.0/24", "192.168.0.0/16", "0.0.0.0/0"]);
    board.close();
    await expect(Board.create({ ...options, routes: [{ to: "default", gateway: "9.9.9.9" }] })).rejects.toThrow("ENETUNREACH");
    await expect(Board.create({ ...options, interfaces: [{ address: "10.0.1.1/24" }] })).rejects.toThrow("INTERFACES");
  });

  it("a destination that is never the address of a host has no route", async () => {
    const { w } = await routers();
    for (const ip of ["240.0.0.1", "0.0.0.5"]) {
      expect(named(w.board.sendTo(w.board.socket(2), wire.text("x"), ip, 5)), ip).toBe("-ENETUNREACH");
      expect(named(w.board.connect(w.board.socket(), ip, 5)), ip).toBe("-ENETUNREACH");
    }
  });
});
