import {
  BlockList,
  isIP,
  isIPv4,
  isIPv6,
  type LookupFunction,
  type NetConnectOpts,
  SocketAddress,
  type TcpNetConnectOpts,
} from "node:net";
import type { Board } from "../board";
import type { Channel } from "./channel";
import type { Context } from "./context";
import { Holds } from "./holds";
import { lookup } from "./lookup";
import { normalize } from "./normalize";
import type { SocketOptions } from "./options";
import type { ServerOptions } from "./listening";
import { Server } from "./server";
import { Socket } from "./socket";
import { Turns } from "./turns";
import { checkBoolean, checkInt32 } from "./validate";

export type { OnRead, SocketOptions } from "./options";
export type { NamedAddress } from "./names";
export {
  agentOver,
  type ConnectTls,
  secureAgentOver,
  serveOver,
  tlsOver,
  type UndiciConnector,
  undiciOver,
  type UndiciTarget,
} from "./over";
export { requireOver } from "./require";
export type { ServerOptions } from "./listening";
export { Server, Socket };

/** How a board takes the place of the machine. */
export interface NetOptions {
  /** What names mean to this board; unless given, "localhost" is the board itself and the system is asked for others. */
  lookup?: LookupFunction;
}

type ConnectionListener = (socket: Socket) => void;

/** A socket that connects: (options[, listener]) or (port[, host][, listener]); the listener is one of 'connect'. */
interface Connect {
  (options: NetConnectOpts, connectionListener?: () => void): Socket;
  (port: number, host?: string, connectionListener?: () => void): Socket;
  (port: number, connectionListener?: () => void): Socket;
  (path: string, connectionListener?: () => void): Socket;
}

/** A server that does not listen yet: ([options][, listener]); the listener is one of 'connection'. */
interface CreateServer {
  (connectionListener?: ConnectionListener): Server;
  (options?: ServerOptions, connectionListener?: ConnectionListener): Server;
}

/** Classes that, as Node's, may be called without `new`. */
interface SocketClass {
  new (options?: SocketOptions): Socket;
  (options?: SocketOptions): Socket;
}
interface ServerClass {
  new (options?: ServerOptions | ConnectionListener, connectionListener?: ConnectionListener): Server;
  (options?: ServerOptions | ConnectionListener, connectionListener?: ConnectionListener): Server;
}

/** The shape of `node:net`, over the TCP of one board. */
export interface Net {
  /** A server that does not listen yet. */
  createServer: CreateServer;
  /** A socket that connects. */
  connect: Connect;
  /** The same as `connect`. */
  createConnection: Connect;
  /** The class of the sockets. */
  Socket: SocketClass;
  /** The old name of Socket. */
  Stream: SocketClass;
  /** The class of the servers. */
  Server: ServerClass;
  /** Node's own. */
  BlockList: typeof BlockList;
  /** Node's own. */
  SocketAddress: typeof SocketAddress;
  /** Node's own. */
  isIP: typeof isIP;
  /** Node's own. */
  isIPv4: typeof isIPv4;
  /** Node's own. */
  isIPv6: typeof isIPv6;
  /** Whether several addresses of a name are tried in turn. */
  getDefaultAutoSelectFamily: () => boolean;
  /** Sets that. */
  setDefaultAutoSelectFamily: (value: boolean) => void;
  /** Milliseconds. */
  getDefaultAutoSelectFamilyAttemptTimeout: () => number;
  /** Sets how long one address is tried, ms. */
  setDefaultAutoSelectFamilyAttemptTimeout: (value: number) => void;
}

/** The least time an attempt to connect is given, ms. */
const LEAST_PATIENCE = 10;

/**
 * An object with the shape of `node:net` whose sockets are those of `board`: same calls, events in the same order, same errors.
 * Node's own `http` and `tls`, and packages made for `node:net`, run over it. As there, the process ends when no socket and no server
 * is left to keep it; the board does not keep it any more (`board.unref()`).
 */
export function createNet(board: Board, options: NetOptions = {}): Net {
  board.unref();
  const context: Context = {
    board,
    holds: new Holds(),
    turns: new Turns(),
    lookup: options.lookup ?? lookup,
    autoSelectFamily: true,
    attemptTimeout: 250,
  };
  const classes = classesOf(context);
  const connect = (...args: unknown[]): Socket => {
    const { options: given, callback } = normalize<Partial<TcpNetConnectOpts>>(args);
    const socket = new classes.Socket(given);
    if (given.timeout) socket.setTimeout(given.timeout);
    return socket.connect(given as NetConnectOpts, callback);
  };
  return {
    ...classes,
    Stream: classes.Socket,
    createServer: (first?: ServerOptions | ConnectionListener, second?: ConnectionListener) => new classes.Server(first, second),
    connect,
    createConnection: connect,
    BlockList,
    SocketAddress,
    isIP,
    isIPv4,
    isIPv6,
    ...familyDefaults(context),
  };
}

/** The classes, with the board already in them. */
function classesOf(context: Context): Pick<Net, "Socket" | "Server"> {
  class BoardSocket extends Socket {
    constructor(options?: SocketOptions, channel?: Channel) {
      super(context, options, channel);
    }
  }
  class BoardServer extends Server {
    constructor(options?: ServerOptions | ConnectionListener, connectionListener?: ConnectionListener) {
      super(context, (channel, settings) => new BoardSocket(settings, channel), options, connectionListener);
    }
  }
  return { Socket: callable(BoardSocket, "Socket") as SocketClass, Server: callable(BoardServer, "Server") as ServerClass };
}

/** A class that may be called without `new`, which those of Node's may, being older than classes. */
function callable(base: new (...args: never[]) => object, name: string): unknown {
  Object.defineProperty(base, "name", { value: name });
  const made = new Proxy(base, { apply: (target, _this, args) => Reflect.construct(target, args) as object });
  Object.defineProperty(base.prototype, "constructor", { value: made, writable: true, configurable: true });
  return made;
}

type FamilyDefaults = Pick<
  Net,
  | "getDefaultAutoSelectFamily"
  | "setDefaultAutoSelectFamily"
  | "getDefaultAutoSelectFamilyAttemptTimeout"
  | "setDefaultAutoSelectFamilyAttemptTimeout"
>;

function familyDefaults(context: Context): FamilyDefaults {
  return {
    getDefaultAutoSelectFamily: () => context.autoSelectFamily,
    setDefaultAutoSelectFamily: (value) => {
      checkBoolean(value, "value");
      context.autoSelectFamily = value;
    },
    getDefaultAutoSelectFamilyAttemptTimeout: () => context.attemptTimeout,
    setDefaultAutoSelectFamilyAttemptTimeout: (value) => {
      checkInt32(value, "value", 1);
      context.attemptTimeout = Math.max(LEAST_PATIENCE, value);
    },
  };
}
