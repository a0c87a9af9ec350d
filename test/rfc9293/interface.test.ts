import { describe, expect, test } from "vitest";
import { Errno } from "../../host/node/abi";
import { complain } from "../support/complain";
import { text } from "../support/packet";
import { expectAlive, sentSegments } from "../support/seen";
import { active, connecting, passive, PORT } from "../support/states";
import { world } from "../support/world";

describe("3.9.1 the user's side", () => {
  test("MUST-47, SHLD-25: what ICMP said is told when it proves true", async () => {
    const w = await world();
    const made = connecting(w, { prepare: (fd) => w.board.setTcp(fd, "TCP_SYNCNT", 2) });
    made.flow.expect({ flags: "S" });
    complain(made, { type: 11, code: 0, seq: 0 });
    w.run(60_000);
    expect(w.board.error(made.fd)).toBe(Errno.EHOSTUNREACH);
  });

  test("MUST-48, SHLD-22: the Diffserv value of a connection is the application's, on every segment, unmodified", async () => {
    const w = await world();
    const made = connecting(w, { prepare: (fd) => expect(w.board.setIp(fd, "IP_TOS", 0xb8)).toBe(0) });
    made.flow.accept();
    const plain = active(w, { peer: made.peer });
    expectAlive(made);
    expectAlive(plain);
    w.board.close(made.fd);
    w.run(50);
    for (const { ip, tcp } of sentSegments(w)) expect(ip.tos & 0xfc).toBe(tcp.dst === made.flow.port ? 0xb8 : 0);
  });

  test("SHLD-21: it can be altered in the middle of a connection", async () => {
    const w = await world();
    const { flow, fd } = passive(w);
    for (const tos of [0x28, 0x48, 0]) {
      expect(w.board.setIp(fd, "IP_TOS", tos)).toBe(0);
      w.board.send(fd, text("x"));
      flow.expect({ len: 1 });
      flow.ack();
      w.run(5);
      expect(sentSegments(w).at(-1).ip.tos & 0xfc).toBe(tos);
    }
  });

  test("MUST-49: the time to live can be set; 64 unless it is", async () => {
    const w = await world();
    const made = connecting(w, { prepare: (fd) => expect(w.board.setIp(fd, "IP_TTL", 7)).toBe(0) });
    made.flow.accept();
    active(w, { peer: made.peer });
    const listener = w.board.listen(PORT);
    w.board.setIp(listener, "IP_TTL", 200);
    const other = made.peer.flow({ to: PORT }).handshake();
    w.run(10);
    for (const { ip, tcp } of sentSegments(w)) {
      expect(ip.ttl).toBe(tcp.dst === made.flow.port ? 7 : tcp.dst === other.port ? 200 : 64);
    }
  });
});

describe("3.9.2 IP below", () => {
  test.each([
    ["a time stamp", [68, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ["record route", [7, 7, 4, 0, 0, 0, 0]],
    ["a router alert", [148, 4, 0, 0]],
    ["what nobody knows", [222, 5, 1, 2, 3]],
    ["no operations and an end", [1, 1, 1, 0]],
  ])("MUST-50: %s among the IP options is ignored, the segment is taken", async (_, options) => {
    const w = await world();
    const { flow, fd } = passive(w);
    flow.send({ flags: "PA", data: text("x") }, { options: Uint8Array.from(options) });
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("x"));
    expect(sentSegments(w).every(({ ip }) => ip.headerLength === 20)).toBe(true);
  });

  test.each([
    ["loose", 131],
    ["strict", 137],
  ])("MUST-51, MUST-52, MUST-53: a %s source route is dropped, no segment of ours has one", async (_, kind) => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const peer = w.peer();
    const route = { options: Uint8Array.from([kind, 7, 8, 10, 0, 0, 100]) };
    w.expectDrop("IpSourceRoute", () => peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 }, route));
    const flow = peer.flow({ to: PORT }).handshake();
    const fd = w.accepted(w.board, listener);
    w.expectDrop("IpSourceRoute", () => flow.send({ flags: "PA", seq: 1, data: text("x") }, route));
    flow.data(text("y"));
    w.run(100);
    expect(w.board.read(fd).data).toEqual(text("y"));
    // IP_OPTIONS, which would give one, is not there.
    expect(w.board.setOption(fd, 0, 4, 0)).toBe(-Errno.ENOPROTOOPT);
    expect(sentSegments(w).every(({ ip }) => ip.headerLength === 20)).toBe(true);
  });

  test.each(["10.0.0.255", "255.255.255.255"])("MUST-57: a SYN, or anything, to %s is dropped in silence", async (dst) => {
    const w = await world();
    w.board.listen(PORT);
    const peer = w.peer();
    const flow = peer.flow({ to: PORT });
    for (const flags of ["S", "A", "R", "PA"]) {
      w.expectDrop("TcpBroadcast", () => peer.segment({ src: flow.port, dst: PORT, seq: 1, flags }, { dst }));
    }
    w.expectDrop("IpLinkBroadcast", () =>
      peer.segment({ src: 1, dst: PORT, seq: 1, flags: "S" }, {}, { dst: "ff:ff:ff:ff:ff:ff" }),
    );
  });

  test("MUST-57: a SYN to a multicast address is dropped in silence", async () => {
    const w = await world();
    w.board.listen(PORT);
    const peer = w.peer();
    w.expectDrop("IpNotForUs", () => peer.segment({ src: 1, dst: PORT, seq: 1, flags: "S" }, { dst: "224.0.0.1" }));
  });

  test.each(["0.0.0.0", "255.255.255.255", "10.0.0.255", "224.0.0.1", "239.255.255.250", "240.0.0.1", "127.0.0.1", "10.0.0.1"])(
    "MUST-63: a SYN from %s, which is nobody's, is ignored",
    async (src) => {
      const w = await world();
      w.board.listen(PORT);
      const peer = w.peer();
      w.expectDrop("IpSource", () => peer.segment({ src: 5555, dst: PORT, seq: 1, flags: "S", mss: 1460 }, { src }));
    },
  );
});
