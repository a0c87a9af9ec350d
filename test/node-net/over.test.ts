import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as net from "node:net";
import { describe, expect, test } from "vitest";
import { agentOver, requireOver, serveOver } from "../../host/node/net";
import { boards, type Boards } from "./boards";

/** A web server on the far board that says which request of its connection this is. */
async function greeter(b: Boards): Promise<{ server: http.Server; url: string }> {
  const counts = new WeakMap<object, number>();
  const server = http.createServer(({ socket, url }, response) => {
    counts.set(socket, (counts.get(socket) ?? 0) + 1);
    response.end(`${url} ${socket.remoteAddress} ${counts.get(socket)}`);
  });
  serveOver(b.far, server).listen(0);
  await once(server, "listening");
  return { server, url: `http://${b.host}:${(server.address() as AddressInfo).port}` };
}

async function get(url: string, agent: http.Agent): Promise<string> {
  const [response] = (await once(http.get(url, { agent }), "response")) as [http.IncomingMessage];
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return text;
}

describe("serveOver", () => {
  test("the server listens at the board: address, listening, getConnections, close", async () => {
    const b = await boards();
    const { server, url } = await greeter(b);
    expect(server.listening).toBe(true);
    expect(server.address()).toMatchObject({ address: "0.0.0.0", family: "IPv4" });
    const agent = agentOver(b.near, { keepAlive: true });
    expect([await get(`${url}/a`, agent), await get(`${url}/b`, agent)]).toEqual(["/a 10.0.0.1 1", "/b 10.0.0.1 2"]);
    expect(await new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(1);
    const heard: string[] = [];
    server.on("close", () => heard.push("close"));
    await new Promise<void>((resolve) => server.close(() => (heard.push("callback"), resolve()))); // idle connections do not hold it up
    agent.destroy();
    expect(heard).toEqual(["close", "callback"]);
    expect(server.listening).toBe(false);
    await expect(get(url, agentOver(b.near))).rejects.toThrow("ECONNREFUSED");
  });

  test("a port in use is an 'error' of the server; closing what does not listen is ERR_SERVER_NOT_RUNNING", async () => {
    const b = await boards();
    const { server } = await greeter(b);
    const other = serveOver(b.far, http.createServer());
    other.listen((server.address() as AddressInfo).port);
    expect(await once(other, "error")).toMatchObject([{ code: "EADDRINUSE", syscall: "listen" }]);
    const failure = await new Promise((resolve) => other.close(resolve));
    expect(failure).toMatchObject({ code: "ERR_SERVER_NOT_RUNNING" });
    server.close();
  });
});

describe("requireOver", () => {
  const PACKAGE = "./package/opens-its-own.cjs";
  interface Package {
    greet(port: number, host: string): Promise<string>;
    net: typeof net;
    count: { loads: number };
  }

  test("the package's own require of net is the board's, nobody else's is", async () => {
    const b = await boards();
    const server = b.far.createServer((socket) => socket.end(`hello, ${socket.remoteAddress}`));
    server.listen(0);
    await once(server, "listening");
    const over = requireOver({ net: b.near }, PACKAGE, import.meta.url) as Package;
    expect(await over.greet(server.address()!.port, b.host)).toBe("hello, 10.0.0.1");
    const plain = requireOver({}, PACKAGE, import.meta.url) as Package;
    expect(plain.net.connect).toBe(net.connect);
    expect(over.net.connect).toBe(b.near.connect);
    server.close();
  });

  test("each call loads it anew", () => {
    const [first, second] = [1, 2].map(() => requireOver({}, PACKAGE, import.meta.url) as Package);
    expect(first.count).toEqual({ loads: 1 });
    expect(second.count).toEqual({ loads: 1 });
    expect(first.count).not.toBe(second.count);
  });
});
