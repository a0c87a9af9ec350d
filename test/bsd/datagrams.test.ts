import { describe, expect, it } from "vitest";
import {
  AF_INET,
  inetAton,
  inetNtoa,
  IP_ADD_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IPPROTO_IP,
  membership,
  SO_BROADCAST,
  Socket,
  SOCK_DGRAM,
  SOL_SOCKET,
} from "../../host/node/bsd/index";
import { type Pair, pair, pattern, rejection, standing, text } from "./pair";

const GROUP = { address: "239.1.2.3", port: 5000 };

function bound(p: Pair, board: "client" | "server", port: number): Socket {
  const socket = new Socket(p[board], AF_INET, SOCK_DGRAM);
  socket.bind({ address: "0.0.0.0", port });
  return socket;
}

describe("Kinds: SOCK_DGRAM", () => {
  it("broadcast needs SO_BROADCAST, on both ends: EACCES without", async () => {
    const p = await pair();
    const far = bound(p, "server", 5000);
    const near = bound(p, "client", 0);
    const everybody = { address: "255.255.255.255", port: 5000 };
    expect(await rejection(near.sendTo("x", everybody))).toMatchObject({ code: "EACCES", syscall: "sendto" });
    for (const socket of [near, far]) socket.setSockOpt(SOL_SOCKET, SO_BROADCAST, 1);
    await p.settle(near.sendTo("all", everybody));
    expect(text(await p.settle(far.recv(9)))).toBe("all");
  });

  it("groups: joined and left by IP_ADD_MEMBERSHIP and IP_DROP_MEMBERSHIP", async () => {
    const p = await pair({ profile: "host" });
    const far = bound(p, "server", GROUP.port);
    const near = bound(p, "client", 0);
    far.setSockOpt(IPPROTO_IP, IP_ADD_MEMBERSHIP, membership(GROUP.address, "10.0.0.2"));
    expect(() => far.setSockOpt(IPPROTO_IP, IP_ADD_MEMBERSHIP, membership(GROUP.address, "10.0.0.2"))).toThrow(
      "setsockopt EADDRINUSE",
    );
    near.setSockOpt(IPPROTO_IP, IP_MULTICAST_IF, inetAton("10.0.0.1"));
    expect(inetNtoa(near.getSockOpt(IPPROTO_IP, IP_MULTICAST_IF, 4))).toBe("10.0.0.1");
    near.setSockOpt(IPPROTO_IP, IP_MULTICAST_TTL, 4);
    near.setSockOpt(IPPROTO_IP, IP_MULTICAST_LOOP, 0);
    expect([IP_MULTICAST_TTL, IP_MULTICAST_LOOP].map((name) => near.getSockOpt(IPPROTO_IP, name))).toEqual([4, 0]);
    await p.settle(near.sendTo("group", GROUP));
    expect(await p.settle(far.recvFrom(9))).toEqual([
      Uint8Array.from(Buffer.from("group")),
      { address: "10.0.0.1", port: near.getSockName().port },
    ]);
    far.setSockOpt(IPPROTO_IP, IP_DROP_MEMBERSHIP, membership(GROUP.address, "10.0.0.2"));
    await p.settle(near.sendTo("nobody", GROUP));
    const reading = far.recv(9);
    p.w.run(1000);
    expect(await standing(reading)).toBe("waits");
  });

  it("a datagram beyond the MTU goes in fragments and comes whole", async () => {
    const p = await pair({ profile: "host" });
    const far = bound(p, "server", 5000);
    const near = bound(p, "client", 0);
    await p.settle(near.sendTo(pattern(20_000), p.at(5000)));
    expect(await p.settle(far.recv(65_000))).toEqual(pattern(20_000));
  });

  it("an empty datagram is one", async () => {
    const p = await pair();
    const far = bound(p, "server", 5000);
    const near = bound(p, "client", 0);
    await p.settle(near.sendTo("", p.at(5000)));
    expect(await p.settle(far.recvFrom(9))).toEqual([new Uint8Array(0), { address: "10.0.0.1", port: near.getSockName().port }]);
  });
});
