import type { EventEmitter } from "node:events";
import type { Server } from "./server";

/** A server of Node's own: `http.createServer(...)`, `https`, `http2`, `tls`; whatever takes its sockets as 'connection'. */
interface Handler extends EventEmitter {
  noDelay?: boolean;
  keepAlive?: boolean;
  keepAliveInitialDelay?: number;
  highWaterMark?: number;
  close?(): unknown;
}

/**
 * Let a server of Node's own serve the connections of a board's: `serveOn(http.createServer(app), net.createServer()).listen(80)`.
 * The port gets the handler's settings, and stays open for writing when a client ends, since it is for the handler to say when an
 * answer is complete. Its 'listening' is passed on, from which http begins to watch for slow clients; when the port has closed, so
 * does the handler. Returns `port`.
 */
export function serveOn(handler: EventEmitter, port: Server): Server {
  const { noDelay, keepAlive, keepAliveInitialDelay, highWaterMark } = handler as Handler;
  port.allowHalfOpen = true;
  port.noDelay ||= Boolean(noDelay);
  port.keepAlive ||= Boolean(keepAlive);
  port.keepAliveInitialDelay ||= keepAliveInitialDelay ?? 0;
  port.highWaterMark = highWaterMark ?? port.highWaterMark;
  port.on("listening", () => handler.emit("listening"));
  port.on("connection", (socket) => handler.emit("connection", socket));
  port.on("close", () => (handler as Handler).close?.());
  return port;
}
