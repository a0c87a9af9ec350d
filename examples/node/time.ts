/**
 * The time over UDP (RFC 868): a server that answers every datagram with the seconds since 1900, and a client that asks again when
 * no answer comes, as everybody must who uses datagrams.
 *
 *     npx tsx examples/node/time.ts
 */
import { type Address, AF_INET, bind, type Board, isSystemError, SOCK_DGRAM, Socket } from "sandwire";
import { boards, run } from "./lab";

const PORT = 37;
/** Seconds from 1900 to 1970. */
const SINCE_1900 = 2_208_988_800;

/** Answer until the board is switched off. `now` is the time in milliseconds since 1970. */
export async function serveTime(board: Board, now = Date.now): Promise<void> {
  const socket = bind(board, { port: PORT });
  for await (const { from } of socket) {
    const answer = Buffer.alloc(4);
    answer.writeUInt32BE((Math.floor(now() / 1000) + SINCE_1900) % 2 ** 32);
    await socket.send(answer, from);
  }
}

/** The server's time. Asks `tries` times, a second apart; rejects with ETIMEDOUT after that, with ECONNREFUSED when nobody listens. */
export async function askTime(board: Board, address: string, tries = 3): Promise<Date> {
  const socket = new Socket(board, AF_INET, SOCK_DGRAM);
  try {
    await socket.connect({ address, port: PORT }); // only its answers are heard, and its "port unreachable"
    socket.setTimeout(1000);
    return await answerOf(socket, tries);
  } finally {
    await socket.close();
  }
}

async function answerOf(socket: Socket, tries: number): Promise<Date> {
  await socket.send("");
  try {
    const answer = Buffer.from(await socket.recv(4));
    return new Date((answer.readUInt32BE() - SINCE_1900) * 1000);
  } catch (error) {
    if (tries <= 1 || !isSystemError(error, "ETIMEDOUT")) throw error;
    return answerOf(socket, tries - 1);
  }
}

run(import.meta.url, async () => {
  const [client, server] = await boards(2);
  const there: Address = { address: "10.0.0.3", port: PORT };
  void serveTime(server);
  console.log(`${there.address} says it is ${(await askTime(client, there.address)).toISOString()}`);
});
