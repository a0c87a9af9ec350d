import { describe, expect, test } from "vitest";
import { pattern } from "../support/packet";
import { passive, PORT, type Connection } from "../support/states";
import { world, type World } from "../support/world";

const KNOBS = { CONFIG_ORPHANS: 2 };

/** A connection that closed with octets its peer does not acknowledge. */
function orphan(w: World, peer = w.peer()): Connection {
  const made = passive(w, { peer });
  w.board.send(made.fd, pattern(100));
  w.board.close(made.fd);
  return made;
}

describe("connections that close without a user", () => {
  test("go on until all is delivered, ORPHANS at once; one more is reset (Linux: tcp_max_orphans)", async () => {
    const w = await world({ knobs: KNOBS });
    const orphans = [orphan(w), orphan(w)];
    w.run(20);
    expect(orphans.map(({ state }) => state())).toEqual(["FinWait1", "FinWait1"]);
    const third = orphan(w);
    w.run(20);
    expect(third.state()).toBe("Closed");
    expect(third.flow.drain(5).at(-1).flags & 4).toBe(4);
    expect(w.board.counters()["TcpOrphansReset"]).toBe(1);
    expect(orphans.map(({ state }) => state())).toEqual(["FinWait1", "FinWait1"]);
    expect(orphans[0].flow.drain(5).map(({ flags }) => flags & 4)).not.toContain(4);
  });

  test("make room when they end, in whatever way", async () => {
    const w = await world({ knobs: KNOBS });
    const peer = w.peer();
    const ends = [
      ({ flow }: Connection) => flow.send({ flags: "R", seq: 1 }),
      ({ flow }: Connection) => flow.send({ flags: "FA", ack: 102 }),
    ];
    for (let i = 0; i < 5; i++) {
      for (const end of ends) {
        const made = orphan(w, peer);
        made.flow.drain(5);
        expect(made.state()).toBe("FinWait1");
        end(made);
        w.run(5);
        expect(["Closed", "TimeWait"]).toContain(made.state());
      }
    }
    expect(w.board.counters()["TcpOrphansReset"]).toBe(0);
    orphan(w);
    orphan(w);
    w.run(3_600_000); // their peers never answer
    const fresh = orphan(w);
    w.run(5);
    expect(fresh.state()).toBe("FinWait1");
    expect(w.board.counters()["TcpOrphansReset"]).toBe(0);
  });

  test("a connection somebody holds is no orphan, whatever its state", async () => {
    const w = await world({ knobs: KNOBS });
    const held = [1, 2, 3, 4].map(() => {
      const made = passive(w);
      w.board.shutdown(made.fd, 1);
      return made;
    });
    w.run(20);
    expect(held.map(({ state }) => state())).toEqual(["FinWait1", "FinWait1", "FinWait1", "FinWait1"]);
    expect(w.board.counters()["TcpOrphansReset"]).toBe(0);
  });

  test("closing a listener resets what nobody accepted and forgets what is half open", async () => {
    const w = await world();
    const listener = w.board.listen(PORT);
    const peer = w.peer();
    const complete = [1, 2].map(() => peer.flow({ to: PORT }).handshake());
    const half = peer.flow({ to: PORT }).send({ flags: "S", mss: 1460 });
    half.expect({ flags: "SA" });
    w.board.close(listener);
    for (const flow of complete) flow.expect({ flags: "RA", seq: 1, ack: 1 });
    half.send({ flags: "A", seq: 1 });
    half.expect({ flags: "R", seq: 1 });
    expect(w.board.rows()).toHaveLength(0);
    expect(w.board.counters()["TcpOrphansReset"]).toBe(0);
  });
});
