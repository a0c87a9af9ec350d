/** Sockets as BSD has them, for programs on the host; see docs/bsd-sockets.md. */
export type { Address } from "../address";
export { isSystemError, type SystemError } from "../errors";
export type { OptionValue } from "./base";
export * from "./constants";
export { type ConnectionOptions, createConnection, createServer, type ServerOptions, socketPair } from "./create";
export { poll, type PollEntry, type PollResult } from "./poll";
export { type Message, Socket } from "./socket";
export type { Octets } from "./writing";
export { inetAton, inetNtoa, membership, timeval } from "./values";
