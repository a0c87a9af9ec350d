import {
  AF_INET,
  AF_UNIX,
  type Address,
  type Board,
  createConnection,
  createServer,
  Errno,
  isSystemError,
  MSG_WAITALL,
  poll,
  POLLIN,
  SO_RCVTIMEO,
  Socket,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  socketPair,
  SOL_SOCKET,
  timeval,
} from "../../host/node/index";

/** The functions that docs/bsd-sockets.md shows; snippets.test.ts runs them. */

/** Serve one client after the other: what it sends goes back to it. */
export async function echo(board: Board): Promise<void> {
  const listener = new Socket(board, AF_INET, SOCK_STREAM);
  listener.bind({ address: "0.0.0.0", port: 7 });
  listener.listen(5);
  for (;;) {
    const [socket, from] = await listener.accept();
    console.log(`${from.address}:${from.port} is here`);
    for (let data = await socket.recv(4096); data.length > 0; data = await socket.recv(4096)) await socket.sendAll(data);
    await socket.close();
  }
}

/** Send a word and hear it back. */
export async function shout(board: Board, to: Address, word: string): Promise<string> {
  await using socket = new Socket(board, AF_INET, SOCK_STREAM);
  await socket.connect(to);
  await socket.sendAll(word);
  const answer = await socket.recv(word.length, MSG_WAITALL);
  return Buffer.from(answer).toString();
}

/** Wait for data in each of the three modes, and as long as SO_RCVTIMEO says: how the calls end when none comes. */
export async function modes(socket: Socket): Promise<string[]> {
  const outcome = (reading: Promise<Uint8Array>): Promise<string> =>
    reading.then(
      (data) => `${data.length} octets`,
      (error: unknown) => (isSystemError(error) ? error.code : String(error)),
    );
  socket.setBlocking(false); // the same as setTimeout(0)
  const atOnce = await outcome(socket.recv(100));
  socket.setTimeout(1500); // milliseconds
  const later = await outcome(socket.recv(100));
  socket.setBlocking(true); // the same as setTimeout(null)
  socket.setSockOpt(SOL_SOCKET, SO_RCVTIMEO, timeval(2000));
  const kernel = await outcome(socket.recv(100));
  socket.setSockOpt(SOL_SOCKET, SO_RCVTIMEO, timeval(0));
  const aborted = await outcome(socket.recv(100, 0, AbortSignal.abort()));
  return [atOnce, later, kernel, aborted];
}

/** A chat in one loop: what one client says, all the others hear. Ends when the last has gone. */
export async function chat(board: Board, port: number): Promise<void> {
  const listener = createServer(board, { address: "0.0.0.0", port });
  const clients = new Set<Socket>();
  do {
    const entries = [listener, ...clients].map((socket) => ({ socket, events: POLLIN }));
    for (const { socket } of await poll(entries)) {
      if (socket === listener) clients.add((await listener.accept())[0]);
      else await relay(socket, clients);
    }
  } while (clients.size > 0);
  await listener.close();
}

async function relay(from: Socket, clients: Set<Socket>): Promise<void> {
  const data = await from.recv(1024);
  if (data.length > 0) {
    for (const other of clients) if (other !== from) await other.sendAll(data);
    return;
  }
  clients.delete(from);
  await from.close();
}

/** Is anybody there? The errno as a value, as Python's connect_ex gives it. */
export async function probe(board: Board, to: Address): Promise<"open" | "closed" | "silent"> {
  await using socket = new Socket(board);
  socket.setTimeout(1000);
  const errno = await socket.connectEx(to);
  if (errno === 0) return "open";
  return errno === Errno.ECONNREFUSED ? "closed" : "silent";
}

/** Records from one part of a program to another, inside the board. */
export async function talk(board: Board): Promise<string[]> {
  const [one, other] = socketPair(board, SOCK_SEQPACKET, AF_UNIX);
  await one.send("first");
  await one.send("second");
  const heard = [await other.recv(100), await other.recv(100)].map((octets) => Buffer.from(octets).toString());
  await Promise.all([one.close(), other.close()]);
  return heard;
}

/** Lines from a server, by node:stream. */
export async function lines(board: Board, to: Address): Promise<string[]> {
  const socket = await createConnection(board, to, { timeout: 10_000 });
  const chunks: string[] = [];
  for await (const chunk of socket.makeStream().setEncoding("utf8")) chunks.push(String(chunk));
  return chunks.join("").split("\n");
}
