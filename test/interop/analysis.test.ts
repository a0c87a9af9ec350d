import { writeFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { MessageFlag, Poll } from "../../host/node/abi";
import { pcap } from "../support/evidence";
import { needs } from "../support/needs";
import * as wire from "../support/packet";
import { fill, flight, MSS, sackSegments, sender } from "../support/sender";
import { active, passive, PORT } from "../support/states";
import { world, type World } from "../support/world";
import { captureFile, dissect, examine } from "./capture";

const test = needs("tshark");
const LIMIT = 120_000;

/** What the text is made of is nobody's protocol. */
const PLAIN = ["-d", "tcp.port==1-65535,data"];

/** Captures of virtual worlds, one for each mechanism: tshark finds no fault, and its analysis tells what our counters tell. */

/** Write what was sent in a world to a capture; tshark must find no fault in any frame of the first board. */
async function capture(name: string, w: World): Promise<(filter: string) => Promise<number>> {
  const path = captureFile(`analysis.${name}`);
  writeFileSync(path, pcap(w.ladder.sightings));
  const { frames, faults } = await examine(path, w.board.mac, PLAIN);
  expect(frames).toBeGreaterThan(0);
  expect(faults).toEqual([]);
  return async (filter) => (await dissect(path, `eth.src == ${w.board.mac} && ${filter}`, ["frame.number"])).length;
}

/** Board 1 sends that much to board 2, which reads it. */
function transfer(w: World, octets: number): void {
  const [a, b] = [w.stations[0], w.stations[1]];
  const listener = b.listen(PORT);
  const fd = a.socket();
  a.connect(fd, b.ip, PORT);
  const other = w.accepted(b, listener, 20_000);
  let received = 0;
  for (let sent = 0; received < octets;) {
    if (sent < octets) sent += Math.max(0, a.send(fd, wire.pattern(Math.min(60_000, octets - sent))));
    w.run(5);
    for (let got = b.recv(other, 60_000); got instanceof Uint8Array && got.length; got = b.recv(other, 60_000))
      received += got.length;
  }
}

const RESENT =
  "(tcp.analysis.retransmission || tcp.analysis.fast_retransmission || tcp.analysis.spurious_retransmission || tcp.analysis.out_of_order)";

describe("tshark agrees with the counters", () => {
  test("timestamps, SACK and window scale through losses: every retransmission", { timeout: LIMIT }, async () => {
    const w = await world({ profile: "host", boards: 2, latency: 10, bandwidth: 100e6, faults: { loss: 0.02 }, seed: 7 });
    transfer(w, 2_000_000);
    const count = await capture("losses", w);
    const counters = w.board.counters();
    expect(counters.TcpRetransmits).toBeGreaterThan(15);
    expect(await count(RESENT)).toBe(counters.TcpRetransmits);
    expect(
      await count("tcp.flags.syn == 1 && tcp.options.sack_perm && tcp.options.timestamp.tsval && tcp.options.wscale.shift"),
    ).toBe(1);
    expect(await count("tcp.len > 0 && !tcp.options.timestamp.tsval")).toBe(0);
  });

  test("SACK and DSACK of the receiver", { timeout: LIMIT }, async () => {
    const w = await world({ profile: "host" });
    const { flow } = passive(w, { sack: true, flow: { stamps: 5000 } });
    flow.send({ flags: "A", seq: 1001, data: wire.pattern(1000) });
    w.run(5);
    flow.send({ flags: "A", seq: 3001, data: wire.pattern(1000) });
    w.run(5);
    flow.send({ flags: "A", seq: 3001, data: wire.pattern(1000) });
    w.run(5);
    const count = await capture("sack", w);
    expect(await count("tcp.options.sack.count == 1")).toBe(1);
    expect(await count("tcp.options.sack.count >= 2")).toBe(2);
    expect(await count("tcp.options.sack.dsack_le")).toBe(w.board.counters().TcpDsacksOut);
  });

  test("a tail loss probe is a retransmission", { timeout: LIMIT }, async () => {
    const { w, made } = await sender({ sack: true, stamps: 1 }, { latency: 20 });
    w.board.send(made.fd, wire.pattern(4 * (MSS - 12))); // four segments with timestamps
    flight(made);
    w.run(150);
    const count = await capture("probe", w);
    expect(w.board.counters().TcpLossProbes).toBe(1);
    expect(await count(RESENT)).toBe(1);
  });

  test("a spurious retransmission: what was acknowledged had been sent again", { timeout: LIMIT }, async () => {
    const { w, made } = await sender({ sack: true }, { latency: 20 });
    fill(made);
    flight(made);
    sackSegments(made, 0, [2, 5]);
    w.run(60);
    made.flow.ack();
    w.run(30);
    const count = await capture("spurious", w);
    expect(await count(RESENT)).toBe(w.board.counters().TcpRetransmits);
  });

  test("zero windows, probes of them, keep-alives", { timeout: LIMIT }, async () => {
    const w = await world({ profile: "default" });
    const { board, fd, flow } = passive(w);
    for (let sent = 0; sent < 2048; sent += 512) {
      flow.data(wire.pattern(512));
      w.run(60);
    }
    flow.drain(0);
    flow.ack(0);
    board.send(fd, wire.pattern(100));
    w.run(3000);
    const probes = w.board.counters().TcpPersistProbes;
    board.recv(fd, 2048);
    flow.drain(0);
    flow.ack(1000);
    w.run(500);
    flow.drain(0);
    flow.ack(1000);
    board.setSocket(fd, "SO_KEEPALIVE", 1);
    board.setTcp(fd, "TCP_KEEPIDLE", 5);
    w.run(6000);
    const count = await capture("windows", w);
    expect(await count("tcp.analysis.zero_window")).toBeGreaterThan(0);
    expect(await count("tcp.analysis.zero_window && tcp.window_size_value != 0")).toBe(0);
    expect(probes).toBeGreaterThan(1);
    expect(await count("tcp.analysis.keep_alive")).toBe(w.board.counters().TcpKeepAlives);
  });

  test("ECN: asked for, agreed on, echoed", { timeout: LIMIT }, async () => {
    const w = await world({ profile: "host", settings: { Ecn: 1 } });
    const peer = w.peer();
    const flow = peer.flow({ port: 5999 });
    const fd = w.board.socket();
    w.board.connect(fd, peer.ip, 5999);
    flow.expect({ flags: "SEC" });
    flow.send({ flags: "SAE", mss: 1460 });
    flow.expect({ flags: "A" });
    w.board.send(fd, wire.pattern(3000));
    w.run(5);
    flow.drain(0);
    flow.send({ flags: "A", data: wire.pattern(1000) }, { tos: 3 });
    w.run(100);
    const count = await capture("ecn", w);
    expect(await count("tcp.flags.syn == 1 && tcp.flags.ece == 1 && tcp.flags.cwr == 1 && ip.dsfield.ecn == 0")).toBe(1);
    expect(await count("tcp.len > 0 && ip.dsfield.ecn == 2")).toBe(3);
    expect(await count("tcp.flags.ece == 1 && tcp.flags.syn == 0")).toBe(1);
  });

  test("a SYN cookie is a SYN-ACK like any other", { timeout: LIMIT }, async () => {
    const w = await world({ profile: "host", settings: { Cookies: 2 } });
    const made = passive(w, { sack: true, wscale: 7, flow: { stamps: 77 } });
    made.flow.data(wire.pattern(10));
    w.run(100);
    const count = await capture("cookie", w);
    expect(w.board.counters()).toMatchObject({ TcpCookiesOut: 1, TcpCookiesIn: 1 });
    expect(await count("tcp.flags.syn == 1 && tcp.flags.ack == 1 && tcp.options.wscale.shift && tcp.options.sack_perm")).toBe(1);
  });

  test("urgent data", { timeout: LIMIT }, async () => {
    const w = await world();
    const { board, fd, flow } = active(w);
    board.send(fd, wire.text("abc"), MessageFlag.MSG_OOB);
    w.run(5);
    flow.send({ flags: "UPA", data: wire.text("xyz"), urgent: 3, ack: 4 });
    w.run(5);
    expect(board.ready(fd) & Poll.POLLPRI).toBe(Poll.POLLPRI);
    const count = await capture("urgent", w);
    expect(await count("tcp.flags.urg == 1 && tcp.urgent_pointer == 3")).toBe(1);
  });
});
