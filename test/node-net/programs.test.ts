import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import {
  ask,
  askSecurely,
  echoed,
  echoWebSockets,
  fetchText,
  mqttClient,
  secureServer,
  webServer,
} from "../../examples/node/programs";
import { boards, type Boards } from "./boards";
import { identity } from "./certificate";

interface Listening extends NodeJS.EventEmitter {
  address(): unknown;
}

async function portOf<S extends Listening>(server: S): Promise<{ server: S; port: number }> {
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

/** CONNECT and CONNACK, the two packets of MQTT 3.1.1 (3.1, 3.2) that tell a client it is connected. */
async function brokerHello(b: Boards): Promise<Buffer> {
  let hello: Buffer = Buffer.alloc(0);
  b.far
    .createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (packet: Buffer) => {
        hello = packet;
        socket.write(Buffer.of(0x20, 2, 0, 0));
      });
    })
    .listen(1883);
  const client = mqttClient(b.near, b.host);
  await new Promise((resolve) => client.once("connect", resolve));
  await client.endAsync(true);
  return hello;
}

describe("The programs of docs/node-programs.md", () => {
  test("http and fetch", async () => {
    const b = await boards();
    const { port } = await portOf(webServer(b.far, 0));
    expect(await ask(b.near, `http://${b.host}:${port}/a`)).toBe("GET /a");
    expect(await fetchText(b.near, `http://${b.host}:${port}/b`)).toBe("GET /b");
  });

  test("https", async () => {
    const b = await boards();
    const mine = identity("board.example", b.host);
    const { port } = await portOf(secureServer(b.far, 0, mine));
    expect(await askSecurely(b.near, `https://${b.host}:${port}/c`, mine.cert)).toBe("GET /c, in secret");
  });

  test("ws", async () => {
    const b = await boards();
    const { server, port } = await portOf(webServer(b.far, 0));
    echoWebSockets(server);
    expect(await echoed(b.near, `ws://${b.host}:${port}`, "hello")).toBe("hello");
  });

  test("MQTT.js", async () => {
    const hello = await brokerHello(await boards());
    expect(hello[0]).toBe(0x10);
    expect(hello.includes("MQTT")).toBe(true);
  });
});
