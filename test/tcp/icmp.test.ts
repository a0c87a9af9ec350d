import { describe, expect, test } from "vitest";
import { Errno, IpOption, Level, Poll } from "../../host/node/abi";
import { complain } from "../support/complain";
import { pattern, text } from "../support/packet";
import { connecting, inState, passive } from "../support/states";
import { world } from "../support/world";

describe("ICMP errors about a connection (RFC 9293 3.9.2.2, RFC 5927)", () => {
  // Deviation from MUST-56, as in Linux: while a connection is being opened, codes 0, 1 and 5 end it too.
  test.each([
    [0, Errno.ENETUNREACH],
    [1, Errno.EHOSTUNREACH],
    [2, Errno.ENOPROTOOPT],
    [3, Errno.ECONNREFUSED],
    [5, Errno.EOPNOTSUPP],
    [6, Errno.ENETUNREACH],
    [7, Errno.EHOSTDOWN],
    [8, Errno.ENONET],
    [9, Errno.ENETUNREACH],
    [10, Errno.EHOSTUNREACH],
    [11, Errno.ENETUNREACH],
    [12, Errno.EHOSTUNREACH],
    [13, Errno.EHOSTUNREACH],
    [14, Errno.EHOSTUNREACH],
    [15, Errno.EHOSTUNREACH],
  ])("unreachable code %i ends a connect at once and says why, as on Linux (MUST-54)", async (code, errno) => {
    const w = await world();
    const made = inState(w, "SynSent");
    w.board.events.length = 0;
    complain(made, { code, seq: 0 });
    w.run(5);
    expect(made.state()).toBe("Closed");
    expect(w.board.events).toContain(made.fd);
    expect(w.board.error(made.fd)).toBe(errno);
    made.flow.expectNothing(5000);
  });

  test("an unreachable code there is not is dropped", async () => {
    const w = await world();
    const made = inState(w, "SynSent");
    for (const code of [16, 255]) w.expectDrop("IcmpType", () => complain(made, { code, seq: 0 }));
    expect(made.state()).toBe("SynSent");
  });

  test.each([11, 12])("type %i does not end a connect (MUST-56), but names the reason when it fails", async (type) => {
    const w = await world();
    const made = connecting(w, { prepare: (fd) => w.board.setTcp(fd, "TCP_SYNCNT", 2) });
    made.flow.expect({ flags: "S" });
    complain(made, { type, code: 0, seq: 0 });
    w.run(5);
    expect(made.state()).toBe("SynSent");
    made.flow.expect({ flags: "S" }, 1500);
    w.waitFor("the end", () => (w.board.ready(made.fd) & Poll.POLLERR) !== 0, 60_000);
    expect(w.board.error(made.fd)).not.toBe(0);
  });

  test.each([
    [3, 0],
    [3, 1],
    [3, 2],
    [3, 3],
    [3, 5],
    [3, 9],
    [3, 13],
    [11, 0],
    [11, 1],
    [12, 0],
  ])("type %i code %i never ends an open connection", async (type, code) => {
    const w = await world();
    const made = passive(w);
    w.board.send(made.fd, text("in flight"));
    made.flow.expect({ len: 9 });
    complain(made, { type, code });
    w.run(50);
    expect(made.state()).toBe("Established");
    expect(w.board.ready(made.fd) & Poll.POLLERR).toBe(0);
    made.flow.ack();
    made.flow.data(text("alive"));
    w.run(100);
    expect(w.board.read(made.fd).data).toEqual(text("alive"));
  });

  test.each([-1, 10, 5000, 0x40000000])("a quoted number of SND.UNA + %i was never in flight: dropped", async (beyond) => {
    const w = await world();
    const made = passive(w);
    w.board.send(made.fd, text("in flight"));
    made.flow.expect({ len: 9 });
    w.expectDrop("IcmpSequence", () => complain(made, { code: 3, seq: 1 + beyond }));
  });

  test("in SYN-SENT the number must be the SYN's", async () => {
    const w = await world();
    const made = inState(w, "SynSent");
    w.expectDrop("IcmpSequence", () => complain(made, { code: 3, seq: 5 }));
    expect(made.state()).toBe("SynSent");
  });

  test("about a connection that is not: dropped", async () => {
    const w = await world();
    const made = passive(w);
    made.flow.to = 4321;
    w.expectDrop("IcmpQuote", () => complain(made, { code: 3 }));
  });

  test("Source Quench is dropped silently (MUST-55)", async () => {
    const w = await world();
    const made = passive(w);
    w.board.send(made.fd, text("in flight"));
    made.flow.expect({ len: 9 });
    w.expectDrop("IcmpSourceQuench", () => complain(made, { type: 4, code: 0 }));
  });

  test.each([0, 1, 67, 68, 575, 1500, 65535])("fragmentation needed with an MTU of %i does no harm", async (mtu) => {
    const w = await world({ profile: "host" });
    const made = passive(w);
    w.board.send(made.fd, pattern(14600));
    made.flow.drain(20);
    complain(made, { code: 4, rest: mtu });
    w.run(20);
    expect(made.state()).toBe("Established");
    const before = w.sent(w.board.name);
    made.flow.drain(0);
    made.flow.send({ flags: "A", ack: 14601 });
    w.run(10);
    w.board.send(made.fd, pattern(14600));
    const heard = made.flow.drain(20);
    expect(heard.every((segment) => segment.len > 0)).toBe(true);
    expect(w.sent(w.board.name) - before).toBeLessThan(300);
  });

  test("SYN-RECEIVED survives or is forgotten, the listener lives", async () => {
    const w = await world();
    const made = inState(w, "SynReceived");
    complain(made, { code: 1, seq: 0 });
    complain(made, { code: 3, seq: 0 });
    w.run(5);
    expect(["SynReceived", "Closed"]).toContain(made.state());
    made.peer.flow({ to: 80 }).handshake();
  });

  test.each([0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])(
    "unreachable code %i leaves SYN-RECEIVED alone",
    async (code) => {
      const w = await world();
      const made = inState(w, "SynReceived");
      w.expectDrop("IcmpQuote", () => complain(made, { code, seq: 0 }));
      made.flow.send({ flags: "A" });
      w.run(5);
      expect(made.state()).toBe("Established");
    },
  );

  test("IP_RECVERR: the user hears of it at once, the connection goes on (MUST-47, SHLD-20, SHLD-25)", async () => {
    const w = await world();
    const made = passive(w);
    expect(w.board.option(made.fd, Level.IPPROTO_IP, IpOption.IP_RECVERR)).toBe(0);
    expect(w.board.setIp(made.fd, "IP_RECVERR", 1)).toBe(0);
    expect(w.board.option(made.fd, Level.IPPROTO_IP, IpOption.IP_RECVERR)).toBe(1);
    w.board.send(made.fd, text("in flight"));
    made.flow.expect({ len: 9 });
    w.board.events.length = 0;
    complain(made, { code: 1 });
    w.run(5);
    expect(w.board.events).toContain(made.fd);
    expect(w.board.ready(made.fd) & Poll.POLLERR).toBe(Poll.POLLERR);
    expect(w.board.error(made.fd)).toBe(Errno.EHOSTUNREACH);
    expect(w.board.error(made.fd)).toBe(0);
    made.flow.ack();
    made.flow.data(text("alive"));
    w.run(100);
    expect(w.board.read(made.fd).data).toEqual(text("alive"));
    expect(made.state()).toBe("Established");
    complain(made, { code: 1, seq: 1 }); // acknowledged: not in flight any more
    w.run(5);
    expect(w.board.error(made.fd)).toBe(0);
  });

  test("around the wrap of the sequence numbers the quoted one is still recognised", async () => {
    const w = await world({ start: 0 });
    for (let i = 0; i < 3; i++) {
      const made = passive(w);
      w.board.setIp(made.fd, "IP_RECVERR", 1);
      w.board.send(made.fd, text("in flight"));
      made.flow.expect({ len: 9 });
      complain(made, { code: 1, seq: 9 });
      w.run(5);
      expect(w.board.error(made.fd)).toBe(Errno.EHOSTUNREACH);
      w.expectDrop("IcmpSequence", () => complain(made, { code: 1, seq: 10 }));
      w.expectDrop("IcmpSequence", () => complain(made, { code: 1, seq: 0 }));
    }
  });
});
