import { describe, expect, test } from "vitest";
import { bind } from "../../host/node/socket";
import { type Pair, pair, pattern, rejection } from "./pair";

/** Until a neighbour's address is known, only the latest datagram to it is kept. */
async function introduce(p: Pair): Promise<void> {
  const near = bind(p.client);
  await p.settle(near.send(Buffer.from("who are you?"), { address: p.host, port: 9 }));
  p.w.run(100);
  near.close();
}

describe("a UDP socket", () => {
  test("sends and receives whole datagrams and knows the sender", async () => {
    const p = await pair();
    const far = bind(p.server, { port: 7 });
    const near = bind(p.client);
    const receiving = far.receive();
    await p.settle(near.send(pattern(1000), { address: p.host, port: 7 }));
    const { data, from } = await p.settle(receiving);
    expect(data).toEqual(pattern(1000));
    expect(from).toEqual({ address: "10.0.0.1", port: near.local.port });
    await p.settle(far.send(data.subarray(0, 3), from));
    expect((await p.settle(near.receive())).data).toEqual(Uint8Array.of(0, 1, 2));
  });

  test("the largest datagram and the empty one arrive whole; a larger one is refused with EMSGSIZE", async () => {
    const p = await pair();
    const far = bind(p.server, { port: 7 });
    const near = bind(p.client);
    const to = { address: p.host, port: 7 };
    await p.settle(near.send(pattern(1472), to));
    expect((await p.settle(far.receive())).data).toEqual(pattern(1472));
    await p.settle(near.send(new Uint8Array(0), to));
    expect((await p.settle(far.receive())).data).toHaveLength(0);
    expect(await p.settle(rejection(near.send(pattern(1473), to)))).toMatchObject({ code: "EMSGSIZE", syscall: "sendto" });
  });

  test("for await ends when it is closed", async () => {
    const p = await pair();
    const far = bind(p.server, { port: 7 });
    const near = bind(p.client);
    await introduce(p);
    const heard: string[] = [];
    const hearing = (async () => {
      for await (const { data } of far) heard.push(Buffer.from(data).toString());
    })();
    for (const word of ["one", "two", "three"]) await p.settle(near.send(Buffer.from(word), { address: p.host, port: 7 }));
    p.w.run(100);
    await p.settle(Promise.resolve());
    far.close();
    await p.settle(hearing);
    expect(heard).toEqual(["one", "two", "three"]);
  });

  test("connected, it hears of a port nobody has: ECONNREFUSED", async () => {
    const p = await pair();
    const near = bind(p.client);
    near.connect({ address: p.host, port: 9999 });
    const hearing = rejection(near.receive());
    await p.settle(near.send(Buffer.from("anybody?")));
    expect(await p.settle(hearing)).toMatchObject({ code: "ECONNREFUSED", syscall: "recvfrom" });
  });

  test("more datagrams than the transmit ring holds are all sent in the end", async () => {
    const p = await pair({ profile: "host" });
    const far = bind(p.server, { port: 7 });
    const near = bind(p.client, {});
    await introduce(p);
    const sending = Array.from({ length: 64 }, (_, i) => near.send(Uint8Array.of(i), { address: p.host, port: 7 }));
    await p.settle(Promise.all(sending));
    p.w.run(100);
    const heard: number[] = [];
    for (let i = 0; i < 64; i++) heard.push((await p.settle(far.receive(), 1000)).data[0]);
    expect(heard).toEqual(Array.from({ length: 64 }, (_, i) => i));
  });

  test("a port in use: EADDRINUSE", async () => {
    const p = await pair();
    bind(p.server, { port: 7 });
    expect(() => bind(p.server, { port: 7 })).toThrow("bind EADDRINUSE 0.0.0.0:7");
  });
});
