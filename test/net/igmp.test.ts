import { describe, expect, it } from "vitest";
import { ask, member, query, say, spoken } from "../support/igmp";
import * as wire from "../support/packet";
import type { Peer } from "../support/peer";
import { type World, named, world } from "../support/world";

const GROUP = "239.1.2.3";
const OTHER = "239.1.2.4";

/** A board with a datagram socket, and a router. */
async function scene(): Promise<{ w: World; router: Peer; fd: number }> {
  const w = await world({ profile: "host" });
  const router = w.peer();
  const fd = w.board.datagram(53);
  w.run(3000);
  return { w, router, fd };
}

/** What was said, in short. */
function said(w: World): string[] {
  return spoken(w).map(({ type, group, records, ip }) => {
    const what = type === 0x22 ? records.join(", ") : `${{ 0x12: "report1", 0x16: "report2", 0x17: "leave" }[type]} ${group}`;
    return `${what} > ${ip.dst}`;
  });
}

function report(type: number, group: string): Uint8Array {
  const bytes = Uint8Array.of(type, 0, 0, 0, ...wire.ipText(wire.ipNumber(group)).split(".").map(Number));
  new DataView(bytes.buffer).setUint16(2, wire.checksum(bytes));
  return bytes;
}

describe("IGMPv3: what is told (RFC 3376 5.1)", () => {
  it("a join at once and again within a second, with TTL 1, the router alert and internetwork control", async () => {
    const { w, fd } = await scene();
    const joined = w.now;
    expect(member(w.board, fd, GROUP)).toBe(0);
    w.run(5000);
    const messages = spoken(w);
    expect(messages.map(({ records }) => records)).toEqual([[`to-exclude ${GROUP}`], [`to-exclude ${GROUP}`]]);
    expect(messages[0].ms).toBe(joined);
    expect(messages[1].ms - joined).toBeGreaterThan(0);
    expect(messages[1].ms - joined).toBeLessThanOrEqual(1000);
    for (const { ip, dst } of messages) {
      expect(ip).toMatchObject({ src: w.board.ip, dst: "224.0.0.22", ttl: 1, tos: 0xc0, headerLength: 24 });
      expect(ip.header.subarray(20)).toEqual(Uint8Array.of(148, 4, 0, 0));
      expect(dst).toBe("01:00:5e:00:00:16");
    }
    expect(w.board.counters()["IgmpOut"]).toBe(2);
  });

  it("a leave, the same way; closing the socket leaves", async () => {
    const { w, fd } = await scene();
    member(w.board, fd, GROUP);
    w.run(2000);
    said(w);
    expect(member(w.board, fd, GROUP, { leave: true })).toBe(0);
    w.run(2000);
    expect(said(w)).toEqual([`to-include ${GROUP} > 224.0.0.22`, `to-include ${GROUP} > 224.0.0.22`]);
    member(w.board, fd, OTHER);
    w.run(2000);
    said(w);
    w.board.close(fd);
    w.run(2000);
    expect(said(w)).toEqual([`to-include ${OTHER} > 224.0.0.22`, `to-include ${OTHER} > 224.0.0.22`]);
    w.run(600_000);
    expect(said(w)).toEqual([]);
  });

  it("the second member and the last but one are no news; joining again while leaving is one change", async () => {
    const { w, fd } = await scene();
    const second = w.board.datagram(54);
    member(w.board, fd, GROUP);
    w.run(2000);
    said(w);
    member(w.board, second, GROUP);
    member(w.board, fd, GROUP, { leave: true });
    w.run(2000);
    expect(said(w)).toEqual([]);
    member(w.board, second, GROUP, { leave: true });
    w.run(1);
    member(w.board, second, GROUP);
    w.run(2000);
    const last = said(w);
    expect(last.slice(-2)).toEqual([`to-exclude ${GROUP} > 224.0.0.22`, `to-exclude ${GROUP} > 224.0.0.22`]);
    expect(last.length).toBeLessThanOrEqual(3);
  });

  it("all systems are never reported (RFC 1112 7.2)", async () => {
    const { w, router, fd } = await scene();
    expect(member(w.board, fd, "224.0.0.1")).toBe(0);
    ask(router, { version: 3 });
    w.run(20_000);
    expect(said(w)).toEqual([]);
    expect(member(w.board, fd, "224.0.0.1", { leave: true })).toBe(0);
    w.run(5000);
    expect(said(w)).toEqual([]);
  });

  it("a querier's robustness says how often", async () => {
    const { w, router, fd } = await scene();
    ask(router, { version: 3, robustness: 4 });
    w.run(20_000);
    member(w.board, fd, GROUP);
    w.run(10_000);
    expect(said(w)).toHaveLength(4);
  });

  it("when the cable comes back everything is told again; without it nothing is", async () => {
    const { w, fd } = await scene();
    w.board.board.linkUp(false);
    member(w.board, fd, GROUP);
    w.run(5000);
    expect(said(w)).toEqual([]);
    const drops = w.board.drops();
    w.board.board.linkUp(true);
    w.run(5000);
    expect(said(w)).toEqual([`to-exclude ${GROUP} > 224.0.0.22`, `to-exclude ${GROUP} > 224.0.0.22`]);
    expect(w.board.drops()).toEqual(drops);
  });
});

describe("IGMPv3: what is answered (RFC 3376 5.2)", () => {
  it("a general query: one report of all groups, after a time of chance below the greatest", async () => {
    const times: number[] = [];
    const { w, router, fd } = await scene();
    member(w.board, fd, GROUP);
    member(w.board, fd, OTHER);
    w.run(5000);
    said(w);
    for (let i = 0; i < 20; i++) {
      const asked = w.now;
      ask(router, { version: 3, code: 100 });
      w.run(12_000);
      const [answer, ...more] = spoken(w);
      expect(more).toEqual([]);
      expect(answer.records).toEqual([`exclude ${GROUP}`, `exclude ${OTHER}`]);
      expect(answer.ip.dst).toBe("224.0.0.22");
      times.push(answer.ms - asked);
    }
    expect(Math.max(...times)).toBeLessThanOrEqual(10_010);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(3000);
  });

  it("a query about a group, and about sources in it: this group only, others not at all", async () => {
    const { w, router, fd } = await scene();
    member(w.board, fd, GROUP);
    member(w.board, fd, OTHER);
    w.run(5000);
    said(w);
    ask(router, { version: 3, group: GROUP, code: 10 });
    w.run(1100);
    expect(said(w)).toEqual([`exclude ${GROUP} > 224.0.0.22`]);
    ask(router, { version: 3, group: OTHER, code: 10, sources: ["10.0.0.9", "10.0.0.10"] });
    w.run(1100);
    expect(said(w)).toEqual([`exclude ${OTHER} > 224.0.0.22`]);
    say(router, query({ version: 3, group: "239.9.9.9" }));
    w.run(20_000);
    expect(said(w)).toEqual([]);
  });

  it("two queries, one answer; times above 12.8 s are exponential (4.1.1)", async () => {
    const { w, router, fd } = await scene();
    member(w.board, fd, GROUP);
    w.run(5000);
    said(w);
    for (let i = 0; i < 5; i++) ask(router, { version: 3, code: 100 });
    w.run(20_000);
    expect(said(w)).toHaveLength(1);
    const asked = w.now;
    const late: number[] = [];
    for (let i = 0; i < 8; i++) {
      ask(router, { version: 3, code: 0xff });
      w.run(3_200_000);
      late.push(...spoken(w).map(({ ms }) => ms - asked - i * 3_200_000));
    }
    expect(late).toHaveLength(8);
    expect(Math.max(...late)).toBeGreaterThan(12_800);
    expect(Math.max(...late)).toBeLessThanOrEqual(3_174_500);
  });

  it("what is left before its time has come is not reported any more", async () => {
    const { w, router, fd } = await scene();
    member(w.board, fd, GROUP);
    w.run(5000);
    said(w);
    ask(router, { version: 3, group: GROUP, code: 100 });
    w.run(2);
    member(w.board, fd, GROUP, { leave: true });
    w.run(20_000);
    expect(said(w)).toEqual([`to-include ${GROUP} > 224.0.0.22`, `to-include ${GROUP} > 224.0.0.22`]);
  });

  it("others' reports do not silence us", async () => {
    const { w, router, fd } = await scene();
    member(w.board, fd, GROUP);
    w.run(5000);
    said(w);
    ask(router, { version: 3 });
    w.run(2);
    say(router, report(0x16, GROUP), GROUP);
    w.run(20_000);
    expect(said(w)).toEqual([`exclude ${GROUP} > 224.0.0.22`]);
  });
});

describe("IGMPv2, where a querier speaks it (RFC 2236, RFC 3376 7.2)", () => {
  it("a report to each group at its own time; a leave to all routers from who reported last", async () => {
    const { w, router, fd } = await scene();
    member(w.board, fd, GROUP);
    member(w.board, fd, OTHER);
    w.run(5000);
    said(w);
    ask(router, { version: 2 });
    w.run(11_000);
    expect(said(w).toSorted()).toEqual([`report2 ${GROUP} > ${GROUP}`, `report2 ${OTHER} > ${OTHER}`]);
    member(w.board, fd, GROUP, { leave: true });
    w.run(20_000);
    expect(said(w)).toEqual([`leave ${GROUP} > 224.0.0.2`]);
  });

  it("a join: a report at once, and another within ten seconds", async () => {
    const { w, router, fd } = await scene();
    ask(router, { version: 2 });
    w.run(20);
    const joined = w.now;
    member(w.board, fd, GROUP);
    w.run(11_000);
    const reports = spoken(w);
    expect(reports.map(({ type, ip }) => [type, ip.dst, ip.ttl, ip.headerLength])).toEqual([
      [0x16, GROUP, 1, 24],
      [0x16, GROUP, 1, 24],
    ]);
    expect(reports[0].ms).toBe(joined);
  });

  it("another's report is enough: ours is not sent, nor a leave", async () => {
    const { w, router, fd } = await scene();
    ask(router, { version: 2 });
    member(w.board, fd, GROUP);
    w.run(30_000);
    said(w);
    ask(router, { version: 2 });
    w.run(2);
    say(router, report(0x16, GROUP), GROUP);
    w.run(20_000);
    expect(said(w)).toEqual([]);
    member(w.board, fd, GROUP, { leave: true });
    w.run(20_000);
    expect(said(w)).toEqual([]);
  });

  it("a query about a group is answered within its time, for this group only", async () => {
    const { w, router, fd } = await scene();
    ask(router, { version: 2 });
    member(w.board, fd, GROUP);
    member(w.board, fd, OTHER);
    w.run(30_000);
    said(w);
    const asked = w.now;
    ask(router, { version: 2, group: GROUP, code: 10 });
    w.run(1100);
    const [answer, ...more] = spoken(w);
    expect(more).toEqual([]);
    expect(answer).toMatchObject({ type: 0x16, group: GROUP });
    expect(answer.ms - asked).toBeLessThanOrEqual(1010);
  });

  it("four minutes and twenty seconds after the last old query, version 3 again", async () => {
    const { w, router, fd } = await scene();
    ask(router, { version: 2 });
    w.run(200_000);
    ask(router, { version: 2 });
    w.run(259_000);
    member(w.board, fd, GROUP);
    w.run(500);
    expect(said(w)[0]).toBe(`report2 ${GROUP} > ${GROUP}`);
    w.run(20_000);
    said(w);
    member(w.board, fd, OTHER);
    w.run(1000);
    expect(said(w)[0]).toBe(`to-exclude ${OTHER} > 224.0.0.22`);
  });

  it("version 1: its own report, and no word for leaving", async () => {
    const { w, router, fd } = await scene();
    member(w.board, fd, GROUP);
    w.run(5000);
    said(w);
    ask(router, { version: 1 });
    w.run(11_000);
    expect(said(w)).toEqual([`report1 ${GROUP} > ${GROUP}`]);
    member(w.board, fd, GROUP, { leave: true });
    w.run(20_000);
    expect(said(w)).toEqual([]);
  });
});

describe("IGMP: what is dropped (H37)", () => {
  it.each<[string, string, Uint8Array, Partial<wire.IpFields>]>([
    ["seven octets", "IgmpFormat", query({ version: 2 }).subarray(0, 7), {}],
    ["eleven octets, between the versions", "IgmpFormat", summed(Uint8Array.of(0x11, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0)), {}],
    ["more sources than there are octets", "IgmpFormat", summed(Uint8Array.of(0x11, 9, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0)), {}],
    ["a group that is none", "IgmpFormat", query({ version: 2, group: "10.1.2.3" }), {}],
    ["another TTL than 1", "IgmpFormat", query({ version: 3 }), { ttl: 2 }],
    ["a wrong checksum", "IgmpChecksum", Uint8Array.of(0x11, 100, 1, 2, 0, 0, 0, 0), {}],
    ["a leave", "IgmpType", report(0x17, GROUP), {}],
    ["a report of version 3", "IgmpType", summed(Uint8Array.of(0x22, 0, 0, 0, 0, 0, 0, 0)), {}],
    ["an unknown type", "IgmpType", summed(Uint8Array.of(0x99, 0, 0, 0, 0, 0, 0, 0)), {}],
  ])("%s", async (_, why, message, fields) => {
    const { w, router, fd } = await scene();
    member(w.board, fd, GROUP);
    w.run(5000);
    w.expectDrop(why, () => say(router, message, "224.0.0.1", fields), { ms: 20_000 });
  });

  it("every response code from 0 to 255, every version: no trap, bounded times", async () => {
    const { w, router, fd } = await scene();
    member(w.board, fd, GROUP);
    for (let code = 0; code < 256; code++) {
      ask(router, { version: 3, code });
      ask(router, { version: 3, code, group: GROUP });
      w.run(1);
    }
    w.run(3_300_000);
    expect(w.board.drops()).toEqual({});
  });

  it("a flood of queries is answered once in its time", async () => {
    const { w, router, fd } = await scene();
    member(w.board, fd, GROUP);
    w.run(5000);
    said(w);
    for (let i = 0; i < 2000; i++) {
      ask(router, { version: 3, code: 100, ...(i % 2 ? { group: GROUP } : {}) });
      if (i % 50 === 0) w.run(1);
    }
    w.run(20_000);
    expect(said(w).length).toBeLessThanOrEqual(2);
  });

  it("a profile without groups knows neither the protocol nor the options", async () => {
    const w = await world({ profile: "tiny" });
    const router = w.peer();
    const fd = w.board.datagram(53);
    w.run(3000);
    expect(named(member(w.board, fd, GROUP))).toBe("-ENOPROTOOPT");
    expect(named(w.board.setIp(fd, "IP_MULTICAST_TTL", 3))).toBe("-ENOPROTOOPT");
    w.expectDrop("IpNotForUs", () => ask(router, { version: 3 }));
  });
});

function summed(bytes: Uint8Array): Uint8Array {
  new DataView(bytes.buffer).setUint16(2, wire.checksum(bytes));
  return bytes;
}
