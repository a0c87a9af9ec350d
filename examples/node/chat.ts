/**
 * A chat on the shape of node:net: the first line is your name, every other line goes to all the others.
 *
 *     npx tsx examples/node/chat.ts            and, in other terminals: nc 127.0.0.1 7008
 */
import { createInterface } from "node:readline";
import type { Board } from "sandwire";
import { createNet, type Server, type Socket } from "sandwire/net";
import { reachable, run } from "./lab";

/** Octets a guest may leave unread before the chat goes on without it. */
const PATIENCE = 64 * 1024;

/** The chat room, listening on `port` of the board. */
export function openChat(board: Board, port: number): Server {
  const guests = new Map<Socket, string>();
  const tell = (line: string, from?: Socket): void => {
    for (const guest of guests.keys()) {
      if (guest.writableLength > PATIENCE) guest.destroy();
      else if (guest !== from) guest.write(`${line}\n`);
    }
  };
  const room = createNet(board).createServer((socket) => {
    socket.write("your name?\n");
    createInterface({ input: socket }).on("line", (line) => {
      const name = guests.get(socket);
      if (name !== undefined) return tell(`${name}: ${line}`, socket);
      guests.set(socket, line);
      tell(`* ${line} is here`);
    });
    socket.on("error", () => undefined); // 'close' follows
    socket.on("close", () => {
      const name = guests.get(socket);
      if (guests.delete(socket)) tell(`* ${name} has left`);
    });
  });
  return room.listen(port);
}

run(import.meta.url, async () => {
  const room = openChat(await reachable(7008), 7008);
  console.log("chat on 127.0.0.1:7008; Ctrl-C ends it");
  await new Promise((resolve) => room.on("close", resolve));
});
