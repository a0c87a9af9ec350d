import { describe, expect, test } from "vitest";
import { Errno, Poll } from "../../host/node/abi";
import { complain } from "../support/complain";
import { pattern, text } from "../support/packet";
import { connecting, inState, passive } from "../support/states";
import { world } from "../support/world";

describe("ICMP errors about a connection (RFC 9293 3.9.2.2, RFC 5927)", () => {
  // Deviation from MUST-56, as in Linux: while a connection is being opened, codes 0, 1 and 5 end it too.
  test.each([
    [0, Errno.ENETUNREACH],
    [1, Errno.EHOSTUNREACH],
    [2, undefined],
    [3, Errno.ECONNREFUSED],
    [5, undefined],
  ])("unreachable code %i ends a connect at once and says why (MUST-54)", async (code, errno) => {
    const w = await world();
    const made = inState(w, "SynSent");
    w.board.events.length = 0;
    complain(made, { code, seq: 0 });
    w.run(5);
    expect(made.state()).toBe("Closed");
    expect(w.board.events).toContain(made.fd);
    const error = w.board.error(made.fd);
    if (errno) expect(error).toBe(errno);
    else expect(error).toBeGreaterThan(0);
    made.flow.expectNothing(5000);
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
});
