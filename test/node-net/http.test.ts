import * as http from "node:http";
import type { TcpNetConnectOpts } from "node:net";
import { describe, expect, test } from "vitest";
import { boards, type Boards } from "./boards";

/** A web server on the far board. */
async function serve(b: Boards, handler: http.RequestListener): Promise<number> {
  const server = http.createServer(handler);
  const port = b.far.createServer((socket) => void server.emit("connection", socket));
  await new Promise<void>((resolve) => port.listen(0, resolve));
  return port.address()!.port;
}

function ask(
  b: Boards,
  port: number,
  options: http.RequestOptions = {},
  body?: Buffer,
): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: b.host, port, createConnection: (to) => b.near.connect(to as TcpNetConnectOpts), ...options },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => resolve({ status: response.statusCode!, body: Buffer.concat(chunks) }));
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

describe("Node's http over two boards", () => {
  test("a request and its answer", async () => {
    const b = await boards();
    const port = await serve(b, (request, response) => response.end(`you asked for ${request.url}`));
    const { status, body } = await ask(b, port, { path: "/a" });
    expect([status, body.toString()]).toEqual([200, "you asked for /a"]);
  });

  test("10 MB there and back", async () => {
    const b = await boards();
    const port = await serve(b, (request, response) => void request.pipe(response));
    const sent = Buffer.from(Uint8Array.from({ length: 10_000_000 }, (_, i) => i % 251));
    const { body } = await ask(b, port, { method: "POST" }, sent);
    expect(body.equals(sent)).toBe(true);
  });
});
