import * as http from "node:http";
import * as https from "node:https";
import type { Server as NodeServer, Socket as NodeSocket, TcpNetConnectOpts } from "node:net";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import { Carrier, carrierOf, named } from "./carrier";
import type { Net } from "./index";

/**
 * Make a server of Node's `http`, `https` or `tls` listen at a board: its `listen`, `address`, `close`, `listening`, `getConnections`,
 * `ref` and `unref` are then those of a server of `net`, everything else stays as it was. To be called before `listen`; the same server
 * is returned: `serveOver(net, http.createServer(app)).listen(80)`.
 */
export function serveOver<S extends NodeServer>(net: Net, server: S): S {
  const { allowHalfOpen, pauseOnConnect, noDelay, keepAlive, keepAliveInitialDelay } = server as S & Record<string, never>;
  const settings = { allowHalfOpen, pauseOnConnect, noDelay, keepAlive, keepAliveInitialDelay };
  const isSecure = server instanceof tls.Server;
  const front = net.createServer({ ...settings, allowHalfOpen: isSecure || allowHalfOpen }, (socket) => {
    server.emit("connection", isSecure ? new Carrier(socket) : socket);
  });
  if (isSecure) server.prependListener("secureConnection", (secure: tls.TLSSocket) => void nameServed(secure));
  for (const event of ["listening", "error", "drop"]) front.on(event, (...args: unknown[]) => void server.emit(event, ...args));
  const closeInside = server.close.bind(server);
  const listen = (...args: unknown[]): S => {
    const callback = args.at(-1);
    if (typeof callback === "function") server.once("listening", callback as () => void);
    front.listen(...(args.filter((arg) => typeof arg !== "function") as [port: number]));
    return server;
  };
  const close = (callback?: (error?: Error) => void): S => {
    let failure: Error | undefined;
    if (callback) server.once("close", () => callback(failure));
    front.close((error) => {
      failure = error;
      closeInside(); // emits 'close', and ends what http has running by itself
    });
    if (server instanceof http.Server || server instanceof https.Server) server.closeIdleConnections();
    return server;
  };
  Object.assign(server, {
    listen,
    close,
    address: () => front.address(),
    getConnections: (callback: (error: Error | null, count: number) => void) => (front.getConnections(callback), server),
    ref: () => (front.ref(), server),
    unref: () => (front.unref(), server),
  });
  return Object.defineProperty(server, "listening", { get: () => front.listening });
}

function nameServed(secure: tls.TLSSocket): void {
  const carrier = carrierOf(secure);
  if (carrier) named(secure, carrier);
}

/** An agent for `http.request` and for packages that take one: its connections are the board's. Options are those of `http.Agent`. */
export function agentOver(net: Net, options?: http.AgentOptions): http.Agent {
  const agent = new http.Agent(options);
  return Object.assign(agent, { createConnection: (to: TcpNetConnectOpts) => net.connect(to) });
}

/** The same for `https.request`; sessions are resumed as with Node's own. */
export function secureAgentOver(net: Net, options?: https.AgentOptions): https.Agent {
  type Create = (to: TcpNetConnectOpts & tls.ConnectionOptions) => tls.TLSSocket;
  const agent = new https.Agent(options);
  const create = (agent as unknown as { createConnection: Create }).createConnection.bind(agent);
  const createConnection: Create = (to) => carried(net, to, create);
  return Object.assign(agent, { createConnection });
}

/** `tls.connect(options[, listener])` with `host` and `port` in the options, over a board. */
export type ConnectTls = (options: tls.ConnectionOptions, listener?: () => void) => tls.TLSSocket;

/** What `tls.connect` is to Node's network, to that of a board; also a `createConnection` for those who ask for one. */
export function tlsOver(net: Net): ConnectTls {
  return (options, listener) =>
    carried(net, options as TcpNetConnectOpts, (whole: tls.ConnectionOptions) => tls.connect(whole, listener));
}

/** Connect, and lay TLS on it. */
function carried<T extends TcpNetConnectOpts>(
  net: Net,
  to: T,
  secure: (to: T & { socket: Duplex }) => tls.TLSSocket,
): tls.TLSSocket {
  const socket = new Carrier(net.connect({ ...to, allowHalfOpen: true }));
  return named(secure({ ...to, socket }), socket);
}

/** What undici asks a connector for. */
export interface UndiciTarget {
  /** Whom to connect to: a name or an address. */
  hostname: string;
  /** The port; empty for that of the protocol. */
  port: string;
  /** "http:" or "https:". */
  protocol: string;
  /** The name the certificate is to be for. */
  servername?: string;
  /** Our end, when it matters. */
  localAddress?: string | null;
}

/** Makes a connection for undici. */
export type UndiciConnector = (
  target: UndiciTarget,
  callback: (...outcome: [error: null, socket: NodeSocket | tls.TLSSocket] | [error: Error, socket: null]) => void,
) => void;

/**
 * The `connect` option of undici's Client, Pool and Agent: `new Agent({ connect: undiciOver(net) })`.
 * @param options of `tls.connect`, for https
 */
export function undiciOver(net: Net, options: tls.ConnectionOptions = {}): UndiciConnector {
  return ({ hostname, port, protocol, servername, localAddress }, callback) => {
    const isSecure = protocol === "https:";
    const to = { host: hostname, port: Number(port) || (isSecure ? 443 : 80), localAddress: localAddress ?? undefined };
    const socket = isSecure
      ? tlsOver(net)({ servername, ...options, ...to, ALPNProtocols: ["http/1.1"] })
      : net.connect({ noDelay: true, ...to });
    const failed = (error: Error): void => callback(error, null);
    socket.once("error", failed);
    socket.once(isSecure ? "secureConnect" : "connect", () => {
      socket.off("error", failed);
      callback(null, socket);
    });
  };
}
