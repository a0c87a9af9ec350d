import * as http from "node:http";
import { createDgram, type Dgram } from "../../../host/node/dgram";
import { createNet, type Net } from "../../../host/node/net";
import { agentOver, serveOver } from "../../../host/node/net/over";
import { Lab } from "../../interop/inside/lab";
import { pattern } from "../../interop/octets";
import { ask, type Answered, type Asked, summary } from "./requests";
import { site } from "./site";

/** A board of profile host as the kernel's neighbour, with Node's shapes over it, and the programs that use them. */
export class Ecosystem extends Lab {
  private shapes: { net: Net; dgram: Dgram } | undefined;
  private readonly servers: http.Server[] = [];

  /** Power the board on; what it may be told is fixed here. */
  async begin(): Promise<void> {
    await this.boot({ profile: "host", serve: false });
    this.shapes = { net: createNet(this.present), dgram: createDgram(this.present) };
  }

  private get net(): Net {
    if (!this.shapes) throw new Error("begin first");
    return this.shapes.net;
  }

  /** Serve the site on a port of the board. */
  async serveSite(port: number): Promise<void> {
    const server = serveOver(this.net, http.createServer(site));
    this.servers.push(server);
    await new Promise<void>((resolve) => server.listen(port, resolve));
  }

  /** Serve it on a port of the kernel's. */
  async serveSiteAtKernel(host: string, port: number): Promise<void> {
    const server = http.createServer(site);
    await new Promise<void>((resolve) => server.listen(port, host, resolve));
  }

  /** Close the servers on the board, as their users do. */
  async closeSites(): Promise<void> {
    for (const server of this.servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  }

  /** Fetch with Node's fetch, through the kernel. */
  async fetchThroughKernel(url: string, asked: Asked[]): Promise<Omit<Answered, "port">[]> {
    return Promise.all(
      asked.map(async ({ path, method, body }) => {
        const response = await fetch(new URL(path, url), {
          method,
          body: body === undefined ? undefined : new Uint8Array(pattern(body)),
        });
        const connection = String(response.headers.get("x-requests"));
        return { status: response.status, ...summary(Buffer.from(await response.arrayBuffer())), connection };
      }),
    );
  }

  /** Ask with http.request over the board, one after the other over one connection, or each over its own at the same time. */
  async request(url: string, asked: Asked[], keepAlive: boolean): Promise<Answered[]> {
    const agent = agentOver(this.net, keepAlive ? { keepAlive, maxSockets: 1 } : {});
    try {
      return await Promise.all(asked.map((one) => ask(url, { agent }, one)));
    } finally {
      agent.destroy();
    }
  }

  /** What http.request over the board fails with. */
  async failure(url: string): Promise<Record<string, unknown>> {
    try {
      const { status } = await ask(url, { agent: agentOver(this.net) }, { path: "/" });
      return { status };
    } catch (error) {
      return { ...(error as object), message: (error as Error).message };
    }
  }

  /** Ask for the answer that never ends, and give up when it has begun. */
  async abandon(url: string): Promise<string> {
    const control = new AbortController();
    const { signal } = control;
    return new Promise((resolve, reject) => {
      const asking = http.get(new URL("/slow", url), { agent: agentOver(this.net), signal }, (response) => {
        response.once("data", () => control.abort());
        response.once("error", () => undefined); // hears of it too
        response.once("end", () => reject(new Error("it ended")));
      });
      asking.once("error", (error: NodeJS.ErrnoException) => resolve(String(error.code)));
    });
  }
}
