import { describe, expect, it } from "vitest";
import {
  AF_INET,
  AF_UNIX,
  MSG_DONTWAIT,
  MSG_EOR,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  poll,
  POLLHUP,
  POLLIN,
  SHUT_WR,
  SO_SNDBUF,
  Socket,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  socketPair,
  SOL_SOCKET,
} from "../../host/node/bsd/index";
import { listening, type Pair, pair, pattern, rejection, standing, text } from "./pair";

/** Two ends of a connection with records. */
async function records(p: Pair): Promise<{ near: Socket; far: Socket }> {
  const listener = new Socket(p.server, AF_INET, SOCK_SEQPACKET);
  listener.bind({ address: "0.0.0.0", port: 90 });
  listener.listen();
  const near = new Socket(p.client, AF_INET, SOCK_SEQPACKET);
  await p.settle(near.connect(p.at(90)));
  return { near, far: (await p.settle(listener.accept()))[0] };
}

describe("Kinds: SOCK_SEQPACKET over TCP", () => {
  it("each send is one record, each recv gives one", async () => {
    const p = await pair();
    const { near, far } = await records(p);
    for (const word of ["one", "", "three"]) expect(await p.settle(near.send(word))).toBe(word.length);
    p.w.run(1000);
    expect(text(await p.settle(far.recv(100)))).toBe("one");
    expect(await p.settle(far.recv(100))).toHaveLength(0);
    expect(text(await p.settle(far.recv(100)))).toBe("three");
  });

  it("recvMsg marks the end of a record with MSG_EOR, and tells an empty record from the end", async () => {
    const p = await pair();
    const { near, far } = await records(p);
    await p.settle(near.send("one", MSG_EOR));
    await p.settle(near.send("", MSG_EOR));
    near.shutdown(SHUT_WR);
    expect(await p.settle(far.recvMsg(100))).toMatchObject({ length: 3, flags: MSG_EOR, address: near.getSockName() });
    expect(await p.settle(far.recvMsg(100))).toMatchObject({ length: 0, flags: MSG_EOR });
    expect(await p.settle(far.recvMsg(100))).toMatchObject({ length: 0, flags: 0 });
  });

  it("what does not fit is lost: MSG_TRUNC tells the length; MSG_PEEK leaves the record", async () => {
    const p = await pair();
    const { near, far } = await records(p);
    await p.settle(near.send("0123456789"));
    await p.settle(near.send("next"));
    expect(text(await p.settle(far.recv(99, MSG_PEEK)))).toBe("0123456789");
    expect(await p.settle(far.recvMsg(4))).toMatchObject({ length: 10, flags: MSG_TRUNC });
    expect(text(await p.settle(far.recv(99)))).toBe("next");
  });

  it("a record that can never fit is EMSGSIZE; one that does not fit now waits, whole", async () => {
    const p = await pair();
    const { near, far } = await records(p);
    const max = near.getSockOpt(SOL_SOCKET, SO_SNDBUF);
    expect(await rejection(near.send(pattern(max)))).toMatchObject({ code: "EMSGSIZE", syscall: "send" });
    let queued = 0;
    while ((await near.send(pattern(1000), MSG_DONTWAIT).catch(() => 0)) > 0) p.w.run(100 + queued++);
    const waiting = near.send(pattern(900));
    p.w.run(1000);
    expect(await standing(waiting)).toBe("waits");
    for (; queued > 0; queued--) expect(await p.settle(far.recv(2000))).toEqual(pattern(1000));
    expect(await p.settle(waiting)).toBe(900);
    expect(await p.settle(far.recv(2000))).toEqual(pattern(900));
  });

  it("talks to a stream that writes the length itself", async () => {
    const p = await pair();
    const listener = listening(p, 91);
    const near = new Socket(p.client, AF_INET, SOCK_SEQPACKET);
    await p.settle(near.connect(p.at(91)));
    const [far] = await p.settle(listener.accept());
    await p.settle(near.send("hi"));
    expect([...(await p.settle(far.recv(6, MSG_WAITALL)))]).toEqual([0, 0, 0, 2, 104, 105]);
    await p.settle(far.sendAll(Uint8Array.of(0, 0, 0, 3, 97)));
    await p.settle(far.sendAll(Uint8Array.of(98, 99, 0, 0)));
    expect(text(await p.settle(near.recv(9)))).toBe("abc");
  });
});

describe("Kinds: socketpair", () => {
  it("a stream: octets both ways, the end, EPIPE", async () => {
    const p = await pair();
    const [one, other] = socketPair(p.client);
    expect([one.family, one.type, one.getSockName()]).toEqual([AF_UNIX, SOCK_STREAM, { address: "", port: 0 }]);
    const reading = other.recv(100);
    expect(await one.send("hello")).toBe(5);
    expect(text(await p.settle(reading))).toBe("hello");
    const sending = one.sendAll(pattern(20_000));
    expect(await p.settle(other.recv(20_000, MSG_WAITALL))).toEqual(pattern(20_000));
    await p.settle(sending);
    const polling = poll([{ socket: other, events: POLLIN }]);
    await one.close();
    expect((await p.settle(polling))[0].revents & POLLHUP).toBe(POLLHUP);
    expect(await p.settle(other.recv(1))).toHaveLength(0);
    expect(await rejection(other.send("x"))).toMatchObject({ code: "EPIPE" });
  });

  it("datagrams and records keep their borders", async () => {
    const p = await pair();
    for (const type of [SOCK_DGRAM, SOCK_SEQPACKET]) {
      const [one, other] = socketPair(p.client, type);
      await one.send("one");
      await one.send("two");
      expect(text(await p.settle(other.recv(100)))).toBe("one");
      expect(await p.settle(other.recvFrom(100))).toEqual([Uint8Array.from(Buffer.from("two")), { address: "", port: 0 }]);
      await Promise.all([one.close(), other.close()]);
    }
    expect(p.client.sockets()).toEqual([]);
  });

  it("of another family: EOPNOTSUPP", async () => {
    const p = await pair();
    expect(() => socketPair(p.client, SOCK_STREAM, AF_INET)).toThrow("socketpair EOPNOTSUPP");
  });
});
