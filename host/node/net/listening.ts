import type { ListenOptions, ServerOpts } from "node:net";
import { getDefaultHighWaterMark } from "node:stream";
import type { Listening } from "./acceptor";
import { isPipeName, toNumber } from "./normalize";
import { checkNumber, checkPort, wrongValue } from "./validate";

/** What `new Server` takes: the options of net.Server. */
export interface ServerOptions extends ServerOpts {
  noDelay?: boolean;
  keepAlive?: boolean;
  /** Milliseconds. */
  keepAliveInitialDelay?: number;
  /** Of the streams of its sockets, octets. */
  highWaterMark?: number;
}

/** The options with what they leave open filled in; throws for those that are wrong. */
export function checkedOptions(options: ServerOptions): ServerOptions {
  const { keepAliveInitialDelay, highWaterMark } = options;
  if (keepAliveInitialDelay !== undefined) {
    checkNumber(keepAliveInitialDelay, "options.keepAliveInitialDelay");
    if (keepAliveInitialDelay < 0) options.keepAliveInitialDelay = 0;
  }
  if (highWaterMark !== undefined) {
    checkNumber(highWaterMark, "options.highWaterMark");
    if (highWaterMark < 0) options.highWaterMark = getDefaultHighWaterMark(false);
  }
  return options;
}

/** What listen() was called for; the address is any until a host has been looked up. Throws when the arguments do not say. */
export function listeningOf(args: readonly unknown[], options: ListenOptions): Listening {
  const { reusePort = false } = options as { reusePort?: boolean };
  const backlog = options.backlog || toNumber(args[1]) || toNumber(args[2]);
  return { address: "0.0.0.0", family: 4, port: portOf(args, options), backlog, reusePort: Boolean(reusePort) };
}

/** The port to listen on, 0 for any; throws when the arguments do not say. */
function portOf(args: readonly unknown[], options: ListenOptions): number {
  const { port, path } = options;
  const open = args.length === 0 || typeof args[0] === "function" || (port === undefined && "port" in options);
  if (open || (port as unknown) === null) return 0;
  if (typeof port === "number" || typeof port === "string") return checkPort(port, "options.port");
  if (path && isPipeName(path)) throw wrongValue("options.path", path, "names a local socket, which a board does not have");
  const hint = "port" in options || "path" in options ? "is invalid" : 'must have the property "port" or "path"';
  throw wrongValue("options", options, hint);
}
