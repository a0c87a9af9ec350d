import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { twoHomes } from "../support/homes";
import { ipNumber, ipText } from "../support/packet";
import type { Station } from "../support/station";
import { world } from "../support/world";

/** Addresses, networks and routers that are near enough to one another to meet. */
const NUMBERS = [
  "10.0.0.1",
  "10.0.0.9",
  "10.0.1.1",
  "10.0.1.7",
  "172.16.0.1",
  "172.16.3.1",
  "192.168.7.0",
  "10.0.0.0",
  "0.0.0.0",
];
const ip = fc.constantFrom(...NUMBERS).map(ipNumber);
const prefix = fc.constantFrom(0, 8, 12, 16, 23, 24, 30, 32, 33);
const iface = fc.constantFrom(0, 1, 2);
const step = fc.oneof(
  fc.record({ call: fc.constant("ifconfig" as const), iface, ip, prefix, gateway: ip }),
  fc.record({ call: fc.constant("address_add" as const), iface, ip, prefix }),
  fc.record({ call: fc.constant("address_remove" as const), iface, ip }),
  fc.record({ call: fc.constant("route_add" as const), iface, ip, prefix, gateway: ip }),
  fc.record({ call: fc.constant("route_remove" as const), iface, ip, prefix }),
  fc.record({ call: fc.constant("link" as const), iface: fc.constantFrom(0, 1), up: fc.boolean() }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function take(board: Station, one: Step): number {
  const { calls } = board;
  switch (one.call) {
    case "ifconfig":
      return calls.ifconfig(one.iface, one.ip, one.prefix, one.gateway);
    case "address_add":
      return calls.address_add(one.iface, one.ip, one.prefix);
    case "address_remove":
      return calls.address_remove(one.iface, one.ip);
    case "route_add":
      return calls.route_add(one.ip, one.prefix, one.gateway, one.iface);
    case "route_remove":
      return calls.route_remove(one.ip, one.prefix, one.iface);
    case "link":
      board.board.linkUp(one.up, one.iface);
      return 0;
  }
}

const maskOf = (length: number): number => (length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0);
const within = (address: number, network: number, length: number): boolean => ((address ^ network) & maskOf(length)) === 0;

/** What holds whatever was called. */
function check(board: Station): void {
  const routes = board.board.routes.list().map((route) => ({ ...route, length: Number(route.to.split("/")[1]) }));
  const addresses = board.board.interfaces.flatMap((each) => each.addresses);
  expect(routes.map(({ length }) => length)).toEqual(routes.map(({ length }) => length).sort((a, b) => b - a));
  expect(new Set(addresses.map(({ address }) => address)).size).toBe(addresses.length);
  for (const { address, prefix: length, iface: of } of addresses) {
    const network = ipText((ipNumber(address) & maskOf(length)) >>> 0);
    expect(routes).toContainEqual({ to: `${network}/${length}`, gateway: "", iface: of, length });
  }
  for (const { gateway, iface: of } of routes) {
    const beside = addresses.filter((each) => each.iface === of);
    expect(beside.length).toBeGreaterThan(0);
    if (gateway) expect(beside.some((each) => within(ipNumber(gateway), ipNumber(each.address), each.prefix))).toBe(true);
  }
}

/** The interface by which a datagram to `to` must leave, as the table reads; undefined where there is none. */
function wayOf(board: Station, to: number): number | undefined {
  const { routes, interfaces } = board.board;
  const matching = routes.list().filter((route) => {
    const [network, length] = route.to.split("/");
    return within(to, ipNumber(network), Number(length));
  });
  return (matching.find((route) => interfaces[route.iface].isUp) ?? matching[0])?.iface;
}

describe("the routing table, whatever is asked of it", () => {
  it("stays sorted and sound, and datagrams leave as it reads", async () => {
    const { w } = await twoHomes({ referee: false });
    const { board } = w;
    const destinations = ["10.0.0.77", "10.0.1.77", "172.16.3.3", "192.168.7.5", "8.8.8.8"];
    const run = (steps: Step[]): void => {
      for (const one of steps) {
        take(board, one);
        check(board);
      }
      w.run(10);
      for (const to of destinations) {
        const way = wayOf(board, ipNumber(to));
        const before = w.ladder.sightings.length;
        const fd = board.socket(2);
        const result = board.sendTo(fd, Uint8Array.of(1), to, 9);
        w.run(2);
        board.close(fd);
        const asked = w.ladder.sightings
          .slice(before)
          .find(({ packet }) => packet.arp?.op === 1 && packet.arp.targetIp !== packet.arp.senderIp);
        if (way === undefined) expect(result).toBe(-101);
        if (asked) expect(asked.from).toBe(way === 1 ? "board1.1" : "board1");
      }
    };
    fc.assert(fc.property(fc.array(step, { maxLength: 30 }), run), { numRuns: 60, seed: 4 });
  });

  it("no argument of these calls is a trap", async () => {
    const w = await world({ profile: "host" });
    const { calls } = w.board;
    const word = fc.oneof(ip, fc.integer({ min: 0, max: 0xffffffff }), fc.constantFrom(0, 1, 32, 33, 0x7fffffff, 0xffffffff));
    fc.assert(
      fc.property(word, word, word, word, (a, b, c, d) => {
        const results = [
          calls.ifconfig(a, b, c, d),
          calls.route_add(a, b, c, d),
          calls.address_add(a, b, c),
          calls.route_remove(a, b, c),
          calls.address_remove(a, b),
        ];
        for (const result of results) expect(result).toBeLessThanOrEqual(0);
        expect(calls.routes(a, calls.scratch())).toBeLessThan(64);
        expect(calls.addresses(a, calls.scratch())).toBeLessThan(64);
      }),
      { numRuns: 2000, seed: 5 },
    );
  });
});
