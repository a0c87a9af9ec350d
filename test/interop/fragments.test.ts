import { writeFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { pcap } from "../support/evidence";
import { ask, member } from "../support/igmp";
import { needs } from "../support/needs";
import * as wire from "../support/packet";
import { world, type World } from "../support/world";
import { captureFile, dissect, examine } from "./capture";

const test = needs("tshark");

/** Write what was sent in a world to a capture, in which tshark must find no fault of the first board. */
async function captured(name: string, w: World): Promise<string> {
  const path = captureFile(name);
  writeFileSync(path, pcap(w.ladder.sightings));
  const { frames, faults } = await examine(path, w.board.mac);
  expect(frames).toBeGreaterThan(0);
  expect(faults).toEqual([]);
  return path;
}

describe("tshark reads what the network layer sends", () => {
  test("datagrams in fragments: it puts them together and finds the checksum right", { timeout: 120_000 }, async () => {
    const w = await world({ profile: "host" });
    const peer = w.peer();
    const fd = w.board.datagram(40_000);
    const sizes = [1473, 2952, 20_000, 65_000];
    for (const size of sizes) {
      w.board.sendTo(fd, wire.pattern(size), peer.ip, 9);
      w.run(5);
    }
    const path = await captured("fragments", w);
    const whole = await dissect(path, "udp && ip.reassembled.length", ["ip.reassembled.length", "udp.checksum.status"]);
    expect(whole).toEqual(sizes.map((size) => `${size + 8}\t1`));
  });

  test("IGMP in its three versions: types, records, TTL 1, the router alert", { timeout: 120_000 }, async () => {
    const w = await world({ profile: "host" });
    const router = w.peer();
    const fd = w.board.datagram(53);
    member(w.board, fd, "239.1.2.3");
    w.run(5000);
    ask(router, { version: 3 });
    w.run(20_000);
    ask(router, { version: 2 });
    w.run(20_000);
    member(w.board, fd, "239.1.2.3", { leave: true });
    w.run(20_000);
    const path = await captured("igmp", w);
    const ours = `eth.src == ${w.board.mac} && igmp`;
    const fields = ["igmp.version", "igmp.type", "igmp.record_type", "igmp.maddr", "ip.dst"];
    const lines = (await dissect(path, `${ours} && ip.ttl == 1 && ip.opt.ra == 0 && igmp.checksum.status == 1`, fields)).map(
      (line) => line.split("\t").filter((field) => field !== ""),
    );
    expect(lines).toHaveLength((await dissect(path, ours)).length);
    expect(lines).toEqual([
      ["3", "0x22", "4", "239.1.2.3", "224.0.0.22"],
      ["3", "0x22", "4", "239.1.2.3", "224.0.0.22"],
      ["3", "0x22", "2", "239.1.2.3", "224.0.0.22"],
      ["2", "0x16", "239.1.2.3", "239.1.2.3"],
      ["2", "0x17", "239.1.2.3", "224.0.0.2"],
    ]);
  });
});
