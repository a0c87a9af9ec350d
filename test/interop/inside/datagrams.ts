import { createSocket, type Socket } from "node:dgram";
import type { Board } from "../../../host/node/board";
import { isSystemError } from "../../../host/node/errors";
import { bind } from "../../../host/node/socket";
import { pattern } from "../octets";

/** Patience for one datagram, ms. */
const PATIENCE = 2_000;

/** Send datagrams of these sizes to a socket of the kernel that sends each back; the sizes of those that came back unharmed. */
export async function echoed(board: Board, host: string, sizes: number[]): Promise<number[]> {
  const kernel = createSocket("udp4");
  kernel.on("message", (data, { address, port }) => kernel.send(data, port, address));
  const port = await bound(kernel, host);
  const socket = bind(board);
  const good: number[] = [];
  try {
    for (const size of sizes) {
      await socket.send(pattern(size), { address: host, port });
      const { data, from } = await socket.receive(AbortSignal.timeout(PATIENCE));
      if (from.port === port && pattern(size).equals(data)) good.push(size);
    }
  } finally {
    socket.close();
    kernel.close();
  }
  return good;
}

/** The error a connected socket hears after it has sent to a port of the kernel where nobody is. */
export async function refused(board: Board, host: string): Promise<string> {
  const kernel = createSocket("udp4");
  const port = await bound(kernel, host);
  await new Promise<void>((resolve) => kernel.close(resolve));
  const socket = bind(board);
  try {
    socket.connect({ address: host, port });
    await socket.send(Uint8Array.of(1));
    await socket.receive(AbortSignal.timeout(PATIENCE));
    return "an answer";
  } catch (error) {
    return isSystemError(error) ? error.code : String(error);
  } finally {
    socket.close();
  }
}

function bound(socket: Socket, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address: host, port: 0 }, () => resolve(socket.address().port));
  });
}
