import * as dgram from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { pattern } from "../../interop/octets";
import { addressOf, serveNames } from "./names";
import type { Place } from "./place";

/** What the resolver of this machine (c-ares, through the kernel) hears from a name server on the board. */
export async function resolve(place: Place, board: string): Promise<{ address: string[]; text: string[][]; missing: string }> {
  const server = await serveNames(place.dgram, board);
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers([board]);
  try {
    const address = await resolver.resolve4("board.test");
    const text = await resolver.resolveTxt("kernel.test");
    const missing = await resolver.resolve4("nobody.test").then(
      () => "found",
      (error: NodeJS.ErrnoException) => String(error.code),
    );
    return { address, text, missing };
  } finally {
    server.close();
  }
}

/** A client on the board asks a name server of the kernel's. */
export async function askForNames({ dgram: ours }: Place, kernel: string, names: string[]): Promise<(string | undefined)[]> {
  const server = await serveNames(dgram, kernel);
  try {
    return await Promise.all(names.map((name) => addressOf(ours, kernel, name)));
  } finally {
    server.close();
  }
}

/** Seconds from 1900 to 1970 (RFC 5905 §6). */
const ERA = 2_208_988_800;

/** A time server of the kernel's, asked from the board by a connected socket: how far its clock is away, ms. */
export async function askForTime({ dgram: ours }: Place, kernel: string): Promise<number> {
  const server = dgram.createSocket("udp4", (question, from) => {
    const answer = Buffer.alloc(48);
    answer[0] = 0x24; // no warning, version 4, a server
    question.copy(answer, 24, 40, 48); // the client's time of sending is our origin time
    answer.writeUInt32BE(Math.floor(Date.now() / 1000) + ERA, 40);
    answer.writeUInt32BE(Math.floor(((Date.now() % 1000) / 1000) * 2 ** 32), 44);
    server.send(answer, from.port, from.address);
  });
  server.bind(123, kernel);
  await once(server, "listening");
  const client = ours.createSocket("udp4");
  client.connect(123, kernel);
  await once(client, "connect");
  const question = Buffer.alloc(48);
  question[0] = 0x23;
  question.write("a cookie", 40, "latin1");
  client.send(question);
  try {
    const [answer] = (await once(client, "message")) as [Buffer];
    if (answer.toString("latin1", 24, 32) !== "a cookie") throw new Error("an answer to somebody else");
    return (answer.readUInt32BE(40) - ERA) * 1000 + (answer.readUInt32BE(44) / 2 ** 32) * 1000 - Date.now();
  } finally {
    client.close();
    server.close();
  }
}

/** Datagrams of these lengths from the board to the kernel and back; what came back unharmed. */
export async function echoes({ dgram: ours }: Place, kernel: string, lengths: number[]): Promise<number[]> {
  const server = dgram.createSocket("udp4", (message, { port, address }) => server.send(message, port, address));
  server.bind(0, kernel);
  await once(server, "listening");
  const { port } = server.address();
  const client = ours.createSocket("udp4");
  const good: number[] = [];
  try {
    for (const length of lengths) {
      const answer = once(client, "message") as Promise<[Buffer]>;
      client.send(pattern(length), port, kernel, (error) => void (error && client.emit("error", error)));
      if ((await answer)[0].equals(pattern(length))) good.push(length);
    }
    return good;
  } finally {
    client.close();
    server.close();
  }
}

/** What a connected socket of the board hears of a port of the kernel's where nobody is. */
export async function refusedDatagram({ dgram: ours }: Place, kernel: string, port: number): Promise<string> {
  const client = ours.createSocket("udp4");
  client.connect(port, kernel);
  await once(client, "connect");
  client.send("anybody?");
  try {
    await once(client, "message");
    return "an answer";
  } catch (error) {
    return (error as Error).message;
  } finally {
    client.close();
  }
}

/** Say something to a group by the interface that has `address`, and again until `heard` settles: who has just joined may miss it. */
async function tell(sender: dgram.Socket, address: string, group: string, heard: Promise<[Buffer]>): Promise<string> {
  sender.bind(0, address);
  await once(sender, "listening");
  sender.setMulticastInterface(address);
  const again = setInterval(() => sender.send(`from ${address}`, 5353, group), 50);
  try {
    return (await heard)[0].toString();
  } finally {
    clearInterval(again);
  }
}

/** One end joins a group, the other sends to it: the kernel to the board, the board to the kernel. */
export async function groups({ dgram: ours }: Place, kernel: string, board: string, group: string): Promise<string[]> {
  const said: string[] = [];
  for (const [from, sender, hearer, to] of [
    [kernel, dgram, ours, board],
    [board, ours, dgram, kernel],
  ] as const) {
    const member = hearer.createSocket({ type: "udp4", reuseAddr: true });
    const teller = sender.createSocket("udp4");
    member.bind(5353);
    await once(member, "listening");
    member.addMembership(group, to);
    said.push(await tell(teller, from, group, once(member, "message") as Promise<[Buffer]>));
    member.dropMembership(group, to);
    member.close();
    teller.close();
  }
  return said;
}
