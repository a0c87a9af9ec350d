/**
 * A TCP client on the BSD calls: connect, send, say that this was all (half-close), read the answer to its end.
 *
 *     npx tsx examples/node/client.ts "some words"
 */
import { type Address, AF_INET, type Board, SHUT_WR, SOCK_STREAM, Socket } from "sandwire";
import { serveEcho } from "./echo";
import { boards, run } from "./lab";

/** What the server at `to` answers to `question`. Rejects with ECONNREFUSED, ETIMEDOUT ... */
export async function ask(board: Board, to: Address, question: string): Promise<string> {
  const socket = new Socket(board, AF_INET, SOCK_STREAM);
  try {
    await socket.connect(to);
    await socket.sendAll(question);
    socket.shutdown(SHUT_WR);
    const answer: Uint8Array[] = [];
    for (let piece = await socket.recv(4096); piece.length > 0; piece = await socket.recv(4096)) answer.push(piece);
    return Buffer.concat(answer).toString();
  } finally {
    await socket.close();
  }
}

run(import.meta.url, async ([words = "hello"]) => {
  const [client, server] = await boards(2);
  void serveEcho(server, 7);
  console.log(await ask(client, { address: "10.0.0.3", port: 7 }, words));
});
