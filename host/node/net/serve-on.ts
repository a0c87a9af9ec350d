import type { EventEmitter } from "node:events";
import type { Server } from "./server";

/** A server of Node's own: `http.createServer(...)`, `https`, `http2`, `tls`; whatever takes its sockets as 'connection'. */
interface Handler extends EventEmitter {
  close?(): unknown;
}

/**
 * Let a server of Node's own serve the connections of a board's: `serveOn(http.createServer(app), net.createServer()).listen(80)`.
 * Its 'listening' is passed on, from which http begins to watch for slow clients; when the port has closed, so does it.
 * Returns `port`.
 */
export function serveOn(handler: Handler, port: Server): Server {
  port.on("listening", () => handler.emit("listening"));
  port.on("connection", (socket) => handler.emit("connection", socket));
  port.on("close", () => handler.close?.());
  return port;
}
