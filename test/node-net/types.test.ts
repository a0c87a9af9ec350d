import { once } from "node:events";
import type * as node from "node:net";
import { expect, test } from "vitest";
import { boards } from "./boards";

type NodeNet = Pick<typeof node, "connect" | "createConnection" | "createServer" | "isIP" | "BlockList" | "SocketAddress">;

/** A program that knows no other types than those of `node:net`. */
async function greeting(server: NodeNet, client: NodeNet, host: string): Promise<string> {
  const listener: node.Server = server.createServer((socket: node.Socket) => void socket.end("good day"));
  listener.listen(0, host);
  await once(listener, "listening");
  const { port } = listener.address() as node.AddressInfo;
  const socket: node.Socket = client.connect({ port, host });
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  listener.close();
  return text;
}

test("what is typed for node:net takes the objects of createNet as they are", async () => {
  const { near, far, host } = await boards();
  expect(await greeting(far, near, host)).toBe("good day");
});
