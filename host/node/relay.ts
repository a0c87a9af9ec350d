import type { Socket } from "node:net";
import type { TcpSocket } from "./socket";

/**
 * Carry octets between a client of the host and a connection of our stack until both directions have ended: each keeps the pace
 * of its slower side, an end on one side becomes an end on the other, a reset becomes a reset.
 * @param count told how many octets were carried, for display
 */
export async function relay(client: Socket, socket: TcpSocket, count: (octets: number) => void): Promise<void> {
  if (client.destroyed) return socket.reset();
  const gone = new Promise<void>((resolve) => client.once("close", () => resolve()));
  void gone.then(() => (client.errored || !client.readableEnded ? socket.reset() : undefined));
  const up = upstream(client, socket, count, gone);
  const down = downstream(client, socket, count, gone);
  void Promise.all([socket.closed, down]).then(() => (socket.error ? client.resetAndDestroy() : undefined));
  await Promise.all([up, down]);
}

/** Client to board. When the connection has died, what the client still sends is discarded: it hears of that from downstream. */
function upstream(client: Socket, socket: TcpSocket, count: (octets: number) => void, gone: Promise<void>): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    const proceed = (): void => void client.resume();
    client.on("data", (chunk: Buffer) => {
      client.pause();
      count(chunk.length);
      socket.write(chunk).then(proceed, proceed);
    });
    client.once("end", () => void socket.end().then(resolve, () => resolve()));
    client.resume();
  });
  return Promise.race([ended, gone]);
}

/** Board to client. When the connection dies, what it had brought before still goes to the client. */
async function downstream(
  client: Socket,
  socket: TcpSocket,
  count: (octets: number) => void,
  gone: Promise<void>,
): Promise<void> {
  try {
    for (let chunk = await socket.read(); chunk; chunk = await socket.read()) {
      count(chunk.length);
      if (!client.write(chunk)) await drained(client, gone);
    }
    client.end();
  } catch {
    if (client.writableNeedDrain) await drained(client, gone);
  }
}

function drained(client: Socket, gone: Promise<void>): Promise<void> {
  return Promise.race([new Promise<void>((resolve) => client.once("drain", () => resolve())), gone]);
}
