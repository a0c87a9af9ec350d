import { spawnSync } from "node:child_process";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { createDgram } from "../../host/node/dgram";
import { type Pair, pair } from "../socket/pair";

/** A client connected to a server on the other board, each knowing the other's MAC address: before, only one datagram is kept. */
async function introduced(): Promise<{ p: Pair; client: Socket; server: Socket }> {
  const p = await pair();
  const server = createDgram(p.server).createSocket("udp4");
  server.bind(7);
  await once(server, "listening");
  const client = createDgram(p.client).createSocket("udp4");
  client.connect(7, p.host);
  await once(client, "connect");
  client.send("?");
  await p.settle(once(server, "message"));
  return { p, client, server };
}

describe("createDgram between boards", () => {
  test("datagrams cross the wire, and the sender's address is the other board's", async () => {
    const p = await pair();
    const server = createDgram(p.server).createSocket("udp4");
    server.bind(53);
    await once(server, "listening");
    server.on("message", (message, from) => server.send(`${message.toString()} to you`, from.port, from.address));
    const client = createDgram(p.client).createSocket("udp4");
    const answer = once(client, "message");
    client.send("good morning", 53, p.host);
    expect(await p.settle(answer)).toMatchObject([Buffer.from("good morning to you"), { address: p.host, port: 53, size: 19 }]);
    client.close();
    server.close();
    expect([...p.client.sockets(), ...p.server.sockets()]).toEqual([]);
  });

  test("what finds no room in the transmit ring waits, and goes out in order", async () => {
    const { p, client, server } = await introduced();
    const heard: number[] = [];
    const all = new Promise<void>((resolve) => {
      server.on("message", (message) => {
        heard.push(message[0]);
        if (heard.length === 20) resolve();
      });
    });
    const sent: number[] = [];
    for (let i = 0; i < 20; i++) client.send(Uint8Array.of(i), () => sent.push(i));
    expect(client.getSendQueueCount()).toBeGreaterThan(0);
    expect(client.getSendQueueSize()).toBe(client.getSendQueueCount());
    await p.settle(all);
    expect(heard).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(sent).toEqual(heard);
    expect(client.getSendQueueCount()).toBe(0);
  });

  test("closed with datagrams that wait: their callbacks hear ECANCELED", async () => {
    const { client } = await introduced();
    const results: (string | null)[] = [];
    for (let i = 0; i < 10; i++) client.send("x", (error) => results.push(error ? error.message : null));
    const waiting = client.getSendQueueCount();
    expect(waiting).toBeGreaterThan(0);
    client.close();
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    const [sent, cancelled] = [
      new Array<string | null>(10 - waiting).fill(null),
      new Array<string | null>(waiting).fill("send ECANCELED"),
    ];
    expect(results).toEqual([...sent, ...cancelled]);
  });

  test("a group: members on the other board hear it, and on one's own unless setMulticastLoopback says no", async () => {
    const p = await pair({ profile: "host" });
    const GROUP = "239.7.7.7";
    const heard: string[] = [];
    const members: Socket[] = [];
    for (const [i, board] of [p.client, p.server].entries()) {
      const member = createDgram(board).createSocket("udp4");
      member.bind(5000);
      await once(member, "listening");
      member.addMembership(GROUP);
      member.on("message", (message) => heard.push(`${i} ${message.toString()}`));
      members.push(member);
    }
    for (const looped of [true, false]) {
      members[0].setMulticastLoopback(looped);
      const hearing = once(members[1], "message");
      members[0].send(looped ? "to all" : "to the others", 5000, GROUP);
      await p.settle(hearing);
    }
    expect(heard.sort()).toEqual(["0 to all", "1 to all", "1 to the others"]);
  });

  test("udp6: EAFNOSUPPORT", async () => {
    const p = await pair();
    const socket = createDgram(p.client).createSocket("udp6");
    socket.bind(0);
    expect(await once(socket, "error")).toMatchObject([{ code: "EAFNOSUPPORT", syscall: "bind" }]);
  });
});

describe("createDgram and the life of the process", () => {
  /** Run a program with a bound socket in it; how it ended. */
  function run(line: string): { status: number | null; signal: string | null } {
    const program = `
      import { Board } from "./host/node/board";
      import { RealClock } from "./host/node/clock";
      import { createDgram } from "./host/node/dgram";
      const board = await Board.create({ clock: new RealClock(), debug: true });
      const socket = createDgram(board).createSocket("udp4");
      socket.bind(0, () => { ${line} });
    `;
    const args = ["--import", "tsx", "--input-type=module", "-e", program];
    const { status, signal, stderr } = spawnSync(process.execPath, args, { timeout: 20_000, encoding: "utf8" });
    expect(stderr).toBe("");
    return { status, signal };
  }

  test("a socket keeps it running until it is closed, or unref", () => {
    expect(run("setTimeout(() => process.exit(7), 300).unref();")).toEqual({ status: 7, signal: null });
    expect(run("setTimeout(() => process.exit(7), 300).unref(); socket.unref();")).toEqual({ status: 0, signal: null });
    expect(run("setTimeout(() => process.exit(7), 300).unref(); socket.close();")).toEqual({ status: 0, signal: null });
  });
});
