import { once } from "node:events";
import { Agent, Client, type Dispatcher, fetch as fetchOfUndici, FormData, Pool } from "undici";
import { undiciOver } from "../../../host/node/net/over";
import { pattern } from "../../interop/octets";
import type { Place } from "./place";
import { type Asked, type Answered, summary } from "./requests";

type Got = Omit<Answered, "port">;

async function read({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Got> {
  const octets = Buffer.from(await body.arrayBuffer());
  return { status: statusCode, ...summary(octets), connection: String(headers["x-connection"] ?? headers["x-requests"]) };
}

function ask(dispatcher: Dispatcher, origin: string, { path, method = "GET", body }: Asked): Promise<Got> {
  const asked = { origin, path, method: method, body: body === undefined ? null : pattern(body) };
  return dispatcher.request(asked).then(read);
}

/** All at once over one connection of the board; `pipelining` requests may wait for their answers there. */
export async function askWithClient({ net }: Place, origin: string, asked: Asked[], pipelining: number): Promise<Got[]> {
  const client = new Client(origin, { connect: undiciOver(net), pipelining });
  try {
    return await Promise.all(asked.map((one) => ask(client, origin, one)));
  } finally {
    await client.close();
  }
}

/** All at once over as many connections. */
export async function askWithPool({ net }: Place, origin: string, asked: Asked[], connections: number): Promise<Got[]> {
  const pool = new Pool(origin, { connect: undiciOver(net), connections });
  try {
    return await Promise.all(asked.map((one) => ask(pool, origin, one)));
  } finally {
    await pool.close();
  }
}

/** With undici's fetch, or with that of Node, told to dispatch over the board. */
export async function fetchOverBoard({ net }: Place, url: string, asked: Asked[], whose: "undici" | "node"): Promise<Got[]> {
  const dispatcher = new Agent({ connect: undiciOver(net, { rejectUnauthorized: false }), connections: 1 });
  const ours = (whose === "undici" ? fetchOfUndici : fetch) as typeof fetch;
  try {
    const got: Got[] = [];
    for (const { path, method, body } of asked) {
      const octets = body === undefined ? undefined : new Uint8Array(pattern(body));
      const response = await ours(new URL(path, url), { method, body: octets, dispatcher } as RequestInit);
      const connection = String(response.headers.get("x-connection"));
      got.push({ status: response.status, ...summary(Buffer.from(await response.arrayBuffer())), connection });
    }
    return got;
  } finally {
    await dispatcher.close();
  }
}

/** A form, sent by fetch as multipart/form-data; what the site says of the body's length. */
export async function postForm({ net }: Place, url: string): Promise<number> {
  const dispatcher = new Agent({ connect: undiciOver(net) });
  const form = new FormData();
  form.set("name", "Sandwire");
  form.set("file", new Blob([new Uint8Array(pattern(100_000))]), "pattern");
  const response = await fetchOfUndici(url, { method: "POST", body: form, dispatcher });
  const { length } = (await response.json()) as { length: number };
  await dispatcher.close();
  return length;
}

/** What a request fails with. */
export async function undiciFailure({ net }: Place, origin: string): Promise<string> {
  const client = new Client(origin, { connect: undiciOver(net) });
  try {
    return String((await ask(client, origin, { path: "/" })).status);
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.destroy();
  }
}

/** Give up an answer that never ends; the error's name, after the client has disconnected. */
export async function undiciAbort({ net }: Place, origin: string): Promise<string> {
  const client = new Client(origin, { connect: undiciOver(net) });
  const control = new AbortController();
  const disconnected = once(client, "disconnect");
  try {
    const { body } = await client.request({ path: "/slow", method: "GET", signal: control.signal });
    body.once("data", () => control.abort());
    await body.text();
    return "it ended";
  } catch (error) {
    await disconnected;
    return (error as Error).name;
  } finally {
    await client.destroy();
  }
}
