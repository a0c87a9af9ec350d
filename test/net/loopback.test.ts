import { describe, expect, test } from "vitest";
import * as wire from "../support/packet";
import { PORT } from "../support/states";
import { named, world } from "../support/world";

describe("127/8 inside the module", () => {
  test.each(["127.0.0.1", "127.1.2.3", "10.0.0.1"])("datagrams to %s arrive and never touch the wire", async (ip) => {
    const w = await world();
    const before = w.sent();
    const server = w.board.datagram(53);
    const client = w.board.datagram(54);
    expect(w.board.sendTo(client, wire.text("inside"), ip, 53)).toBe(6);
    w.run(5);
    expect(w.board.recvFrom(server)).toMatchObject({ data: wire.text("inside"), port: 54 });
    expect(w.sent()).toBe(before);
  });

  test.each(["tiny", "default", "host"] as const)(
    "%s: a stream carries much more than the loopback ring holds",
    async (profile) => {
      const w = await world({ profile });
      const listener = w.board.listen(PORT);
      const fd = w.board.open("127.0.0.1", PORT);
      const other = w.accepted(w.board, listener);
      const data = wire.pattern(30_000);
      let sent = 0;
      let got = 0;
      w.waitFor("everything", () => {
        if (sent < data.length) sent += Math.max(0, w.board.send(fd, data.subarray(sent)));
        const { data: part } = w.board.read(other);
        expect(part).toEqual(data.subarray(got, got + part.length));
        got += part.length;
        return got === data.length;
      });
      w.board.close(fd);
      w.run(10);
      w.board.close(other);
      w.run(10);
      expect(
        w.board
          .rows()
          .map((row) => row.state)
          .sort(),
      ).toEqual([1, 10]);
    },
  );

  test("works without any address on the wire, and with the link down", async () => {
    const w = await world();
    w.board.calls.ifconfig(0, 0, 0, 0);
    w.board.board.linkUp(false);
    const listener = w.board.listen(PORT);
    const fd = w.board.open("127.0.0.1", PORT);
    w.accepted(w.board, listener);
    expect(w.board.error(fd)).toBe(0);
    expect(named(w.board.connect(w.board.socket(), "10.0.0.9", 1))).toMatch(/-ENET(UNREACH|DOWN)/);
  });

  test("a refused connection", async () => {
    const w = await world();
    const fd = w.board.open("127.0.0.1", 81);
    w.run(10);
    expect(w.board.error(fd)).toBe(111);
  });

  test("a closed port of our own: the datagram's sender hears of it", async () => {
    const w = await world();
    const fd = w.board.datagram(53);
    w.board.connect(fd, "127.0.0.1", 999);
    w.board.send(fd, wire.text("x"));
    w.run(10);
    expect(named(w.board.recvFrom(fd) as number)).toBe("-ECONNREFUSED");
  });

  test("a service that answers itself does not keep one poll busy for ever (H97)", async () => {
    const w = await world({ serve: true });
    const fd = w.board.datagram(5054);
    w.board.sendTo(fd, wire.text("x"), "127.0.0.1", 7);
    w.run(10);
    expect(w.board.recvFrom(fd)).toMatchObject({ data: wire.text("x") });
  });
});
