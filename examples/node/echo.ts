/**
 * An echo server for many clients (RFC 862): each gets back what it sends.
 *
 *     npx tsx examples/node/echo.ts            and, in other terminals: nc 127.0.0.1 7007
 */
import { type Board, isSystemError, listen, type TcpSocket } from "sandwire";
import { reachable, run } from "./lab";

/** Serve until the board is switched off. Every client has a turn of its own: none waits for another. */
export async function serveEcho(board: Board, port: number): Promise<void> {
  for await (const socket of listen(board, { port, keepAlive: true })) void reflect(socket);
}

/** Awaiting `write` keeps pace: a client that does not read what comes back is not read from either. */
async function reflect(socket: TcpSocket): Promise<void> {
  try {
    for await (const chunk of socket) await socket.write(chunk);
    await socket.end();
  } catch (error) {
    if (!isSystemError(error)) throw error; // a client that is gone is nobody's fault
  }
}

run(import.meta.url, async () => {
  const board = await reachable(7007);
  console.log("echo on 127.0.0.1:7007; Ctrl-C ends it");
  await serveEcho(board, 7007);
});
