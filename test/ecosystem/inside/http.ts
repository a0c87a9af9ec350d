import * as http from "node:http";
import { agentOver, serveOver } from "../../../host/node/net/over";
import { pattern } from "../../interop/octets";
import type { Place } from "./place";
import { ask, type Answered, type Asked, summary } from "./requests";
import { site } from "./site";

const servers: http.Server[] = [];

/** Serve the site on a port of the board. */
export async function serveSite({ net }: Place, port: number): Promise<void> {
  const server = serveOver(net, http.createServer(site));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, resolve));
}

/** Close the servers on the board, as their users do. */
export async function closeSites(): Promise<void> {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
}

/** Serve the site on a port of the kernel's. */
export async function serveSiteAtKernel(_: Place, host: string, port: number): Promise<void> {
  const server = http.createServer(site);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
}

/** Fetch with Node's fetch, through the kernel. */
export async function fetchThroughKernel(_: Place, url: string, asked: Asked[]): Promise<Omit<Answered, "port">[]> {
  return Promise.all(
    asked.map(async ({ path, method, body }) => {
      const octets = body === undefined ? undefined : new Uint8Array(pattern(body));
      const response = await fetch(new URL(path, url), { method, body: octets });
      const connection = String(response.headers.get("x-requests"));
      return { status: response.status, ...summary(Buffer.from(await response.arrayBuffer())), connection };
    }),
  );
}

/** Ask with http.request over the board: one after the other over one connection, or at the same time, each over its own. */
export async function request({ net }: Place, url: string, asked: Asked[], keepAlive: boolean): Promise<Answered[]> {
  const agent = agentOver(net, keepAlive ? { keepAlive, maxSockets: 1 } : {});
  try {
    return await Promise.all(asked.map((one) => ask(url, { agent }, one)));
  } finally {
    agent.destroy();
  }
}

/** What http.request over the board fails with. */
export async function failure({ net }: Place, url: string): Promise<Record<string, unknown>> {
  try {
    const { status } = await ask(url, { agent: agentOver(net) }, { path: "/" });
    return { status };
  } catch (error) {
    return { ...(error as object), message: (error as Error).message };
  }
}

/** Ask for the answer that never ends, and give up when it has begun; the error's code. */
export async function abandon({ net }: Place, url: string): Promise<string> {
  const control = new AbortController();
  const { signal } = control;
  return new Promise((resolve, reject) => {
    const asking = http.get(new URL("/slow", url), { agent: agentOver(net), signal }, (response) => {
      response.once("data", () => control.abort());
      response.once("error", () => undefined); // hears of it too
      response.once("end", () => reject(new Error("it ended")));
    });
    asking.once("error", (error: NodeJS.ErrnoException) => resolve(String(error.code)));
  });
}
