/**
 * Node's own HTTP server on a board: what comes in over the board's TCP is handed to `node:http`.
 *
 *     npx tsx examples/node/http.ts            and: curl http://127.0.0.1:8088/
 */
import { createServer, type RequestListener } from "node:http";
import type { Board } from "sandwire";
import { createNet, type Server } from "sandwire/net";
import { reachable, run } from "./lab";

/** An HTTP server on `port` of the board; `close()` of what it returns ends it. */
export function serveHttp(board: Board, port: number, answer: RequestListener): Server {
  const http = createServer(answer);
  return createNet(board)
    .createServer({ allowHalfOpen: true }, (socket) => http.emit("connection", socket))
    .listen(port);
}

run(import.meta.url, async () => {
  const board = await reachable(8088);
  const server = serveHttp(board, 8088, (request, response) => {
    response.setHeader("content-type", "text/plain");
    response.end(`${request.method} ${request.url} over a stack of its own\n`);
  });
  console.log("http://127.0.0.1:8088/; Ctrl-C ends it");
  await new Promise((resolve) => server.on("close", resolve));
});
