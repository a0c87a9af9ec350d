import { RESP_TYPES } from "redis";
import { redisClient } from "../../../examples/node/programs";
import { pattern, sha256 } from "../../interop/octets";
import type { Place } from "./place";

type Client = ReturnType<typeof redisClient>;

async function connect({ net }: Place, host: string): Promise<Client> {
  const client = redisClient(net, { host, port: 6379, reconnectStrategy: 20 });
  client.on("error", () => undefined); // what a command meets, it says itself
  await client.connect();
  return client;
}

/** The addresses the server sees its clients at. */
export async function redisPeers(place: Place, host: string): Promise<string[]> {
  const client = await connect(place, host);
  const list = await client.sendCommand<string>(["CLIENT", "LIST"]);
  client.destroy();
  return [...list.matchAll(/ addr=([\d.]+):/g)].map(([, address]) => address);
}

/** Values there and back: what came, and of the large one its digest. */
export async function redisValues(place: Place, host: string): Promise<{ text: string | null; large: string; length: number }> {
  const client = await connect(place, host);
  try {
    await client.set("text", "größer als ASCII");
    await client.set("large", pattern(1 << 20));
    const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    const large = await binary.get("large");
    const length = Number(await client.strLen("large"));
    return { text: await client.get("text"), large: sha256(large as Buffer), length };
  } finally {
    await client.close();
  }
}

/** So many commands at once; whether each answer is that of its command, and what the server has counted. */
export async function redisPipeline(place: Place, host: string, count: number): Promise<{ wrong: number; total: number }> {
  const client = await connect(place, host);
  try {
    await client.del("counter");
    const answers = await Promise.all(Array.from({ length: count }, () => client.incr("counter")));
    return { wrong: answers.filter((answer, i) => Number(answer) !== i + 1).length, total: Number(await client.get("counter")) };
  } finally {
    await client.close();
  }
}

/** MULTI and EXEC. */
export async function redisTransaction(place: Place, host: string): Promise<unknown[]> {
  const client = await connect(place, host);
  try {
    await client.del("hash");
    return await client.multi().hSet("hash", { a: "1", b: "2" }).hGetAll("hash").del("hash").exists("hash").exec();
  } finally {
    await client.close();
  }
}

/** What a subscriber hears, by channel and by pattern, before it leaves the channel and after. */
export async function redisChannels(place: Place, host: string, count: number): Promise<{ heard: string[]; matched: string[] }> {
  const hearer = await connect(place, host);
  const teller = await connect(place, host);
  const [heard, matched]: string[][] = [[], []];
  let last: () => void = () => {};
  const done = new Promise<void>((resolve) => (last = resolve));
  try {
    await hearer.subscribe("news", (message) => void heard.push(message));
    await hearer.pSubscribe("n*", (message, channel) => {
      matched.push(`${channel}: ${message}`);
      if (message === "the end") last();
    });
    await Promise.all(Array.from({ length: count }, (_, i) => teller.publish("news", `number ${i}`)));
    await hearer.unsubscribe("news");
    await teller.publish("news", "nobody hears this");
    await teller.publish("nothing", "the end");
    await done;
    return { heard, matched };
  } finally {
    await Promise.all([hearer.close(), teller.close()]);
  }
}

/** The server ends our connection: the client makes another one, and goes on. */
export async function redisReconnect(
  place: Place,
  host: string,
): Promise<{ before: number; after: number; value: string | null }> {
  const client = await connect(place, host);
  const other = await connect(place, host);
  const id = async (): Promise<number> => Number(await client.sendCommand(["CLIENT", "ID"]));
  try {
    await client.set("kept", "yes");
    const before = await id();
    const back = new Promise((resolve) => client.once("ready", resolve));
    await other.sendCommand(["CLIENT", "KILL", "ID", String(before)]);
    await back;
    return { before, after: await id(), value: await client.get("kept") };
  } finally {
    await Promise.all([client.close(), other.close()]);
  }
}

/** What connecting fails with where nobody listens. */
export async function redisFailure({ net }: Place, host: string): Promise<string> {
  const client = redisClient(net, { host, port: 6380, reconnectStrategy: false });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return "connected";
  } catch (error) {
    return (error as Error).message;
  }
}
