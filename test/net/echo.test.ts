import { describe, expect, test } from "vitest";
import { bind, connect } from "../../host/node/socket";
import { pattern, readAll } from "../socket/pair";
import type { Profile } from "../support/modules";
import { Site } from "./site";

const ECHO = 7;
const DISCARD = 9;

describe.each<Profile>(["tiny", "default", "host"])("echo on a board of the profile %s", (profile) => {
  test("returns a stream to its last octet, and then the end", async () => {
    const site = await Site.open({ profile });
    const socket = await site.settle(connect(site.client, { host: site.host, port: ECHO }));
    const data = pattern(100_001);
    const sending = socket.write(data).then(() => socket.end());
    expect((await site.settle(readAll(socket))).equals(data)).toBe(true);
    await site.settle(sending);
    site.clock.advanceBy(1000);
    expect(
      site.server.sockets().filter(({ owner, fd, state }) => owner === "Echo" && fd !== null && state === "Established"),
    ).toEqual([]);
  });

  test("waits for a client that reads nothing at first", async () => {
    const site = await Site.open({ profile });
    const socket = await site.settle(connect(site.client, { host: site.host, port: ECHO }));
    const data = pattern(300_000);
    const sending = socket.write(data).then(() => socket.end());
    site.clock.advanceBy(30_000);
    expect((await site.settle(readAll(socket))).equals(data)).toBe(true);
    await site.settle(sending);
  });

  test("serves its clients side by side", async () => {
    const site = await Site.open({ profile });
    const sockets = [];
    for (let i = 0; i < 3; i++) sockets.push(await site.settle(connect(site.client, { host: site.host, port: ECHO })));
    for (const [i, socket] of sockets.entries()) await site.settle(socket.write(`number ${i}`));
    for (const [i, socket] of [...sockets.entries()].reverse())
      expect(Buffer.from((await site.settle(socket.read()))!).toString()).toBe(`number ${i}`);
  });

  test("lets go of clients that reset", async () => {
    const site = await Site.open({ profile });
    for (let i = 0; i < 10; i++) {
      const socket = await site.settle(connect(site.client, { host: site.host, port: ECHO }));
      await site.settle(socket.write("x".repeat(500)));
      socket.reset();
      site.clock.advanceBy(10);
    }
    expect(
      site.server.sockets().filter(({ localPort, state }) => localPort === ECHO && state !== "Listen" && state !== ""),
    ).toEqual([]);
  });

  test.each([0, 1, 400])("returns a datagram of %i octets", async (length) => {
    const site = await Site.open({ profile });
    const socket = bind(site.client);
    await site.settle(socket.send(pattern(length), { address: site.host, port: ECHO }));
    const { data, from } = await site.settle(socket.receive());
    expect(from).toEqual({ address: site.host, port: ECHO });
    expect(Buffer.from(data).equals(pattern(length))).toBe(true);
  });

  test.each([7, 9, 13, 19, 53, 1023])("does not answer a datagram from port %i, which would answer in turn", async (port) => {
    const site = await Site.open({ profile });
    const socket = bind(site.client, { port });
    const before = site.server.counters()["UdpOut"];
    await site.settle(socket.send(Buffer.from("again and again"), { address: site.host, port: ECHO }));
    site.clock.advanceBy(1000);
    expect(site.server.counters()["UdpIn"]).toBeGreaterThan(0);
    expect(site.server.counters()["UdpOut"]).toBe(before);
  });
});

test("echo returns the largest datagram of a frame", async () => {
  const site = await Site.open();
  const socket = bind(site.client);
  await site.settle(socket.send(pattern(1472), { address: site.host, port: ECHO }));
  expect(Buffer.from((await site.settle(socket.receive())).data).equals(pattern(1472))).toBe(true);
});

test("two echo servers do not talk to each other", async () => {
  const site = await Site.open();
  expect(site.client.exports.serve()).toBe(0);
  const socket = bind(site.client);
  await site.settle(socket.send(Buffer.from("hello"), { address: site.host, port: ECHO }));
  await site.settle(socket.receive());
  const before = site.server.counters()["UdpOut"];
  site.clock.advanceBy(60_000);
  expect(site.server.counters()["UdpOut"]).toBe(before);
});

describe.each<Profile>(["tiny", "default", "host"])("discard on a board of the profile %s", (profile) => {
  test("takes a stream, answers nothing, and ends with it", async () => {
    const site = await Site.open({ profile });
    const socket = await site.settle(connect(site.client, { host: site.host, port: DISCARD }));
    await site.settle(socket.write(pattern(100_000)));
    await site.settle(socket.end());
    expect(await site.settle(readAll(socket))).toHaveLength(0);
    expect(site.server.counters()["TcpOctetsIn"]).toBeGreaterThanOrEqual(100_000);
  });

  test("takes datagrams, more than it could keep", async () => {
    const site = await Site.open({ profile });
    const socket = bind(site.client);
    for (let i = 0; i < 50; i++) {
      await site.settle(socket.send(pattern(400), { address: site.host, port: DISCARD }));
      site.clock.advanceBy(5);
    }
    const counters = site.server.counters();
    expect([counters["UdpIn"], counters["UdpOut"], counters["UdpFull"]]).toEqual([50, 0, 0]);
  });
});
