import { lookup as ask } from "node:dns";
import { isIP, type LookupFunction } from "node:net";

/**
 * The default lookup: "localhost" is the board itself, literals are themselves, every other name is asked of the system the process
 * runs on. Only IPv4 is asked for, for a board has no other.
 */
export const lookup: LookupFunction = (hostname, options, callback) => {
  const literal = hostname === "localhost" ? "127.0.0.1" : hostname;
  const family = isIP(literal);
  if (family === 0) return ask(hostname, { ...options, family: 4 }, callback);
  const answer = options.all ? [{ address: literal, family }] : literal;
  process.nextTick(callback, null, answer, options.all ? undefined : family);
};
