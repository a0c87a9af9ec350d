import { Client } from "./http_client";
import { matched, narrow } from "./static";

/** The words a request is made of, and how a client's record follows one as it arrives. */
export const CR: u32 = 13;
export const LF: u32 = 10;

/** RFC 9110 §9; the first four are put to use. */
export const METHODS: usize = words("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT");
export const enum Method {
  Get,
  Head,
  Put,
  Post,
  /** Any that METHODS does not know. */
  Unknown = -1,
}
export const ROUTES: usize = words("/", "/stats.json", "/bytes/", "/upload");
export const enum Route {
  Page,
  Stats,
  Bytes,
  Upload,
  None = -1,
}
export const HEADERS: usize = words("host", "content-length", "transfer-encoding", "connection", "expect");
export const enum Header {
  Host,
  Length,
  Coding,
  Connection,
  Expect,
  Other = -1,
}
export const VALUES: usize = words("close", "chunked", "100-continue");
export const enum Value {
  Close,
  Chunked,
  Continue,
}

const ANY: u32 = 0xffff;
const LONGEST: u32 = 0xff;

/** A word begins: it may be any of a list. */
export function beginWord(client: Client): void {
  client.position = 0;
  client.alive = <u16>ANY;
}

export function wordOctet(client: Client, list: usize, octet: u32): void {
  client.alive = <u16>narrow(list, client.alive, client.position, octet);
  if (client.position < LONGEST) client.position++;
}

/** Which word it was, or -1. */
// prettier-ignore
@inline export function word(client: Client, list: usize): i32 { return matched(list, client.alive, client.position); }

// prettier-ignore
@inline export function lower(octet: u32): u32 { return octet - 65 < 26 ? octet | 32 : octet; }

/** What names and methods are made of, RFC 9110 §5.6.2: one bit for each of 32..63, 64..95, 96..127. */
export function isTokenOctet(octet: u32): bool {
  if (octet < 32 || octet > 127) return false;
  const allowed: u32 = octet < 64 ? 0x03ff6cfa : octet < 96 ? 0xc7fffffe : 0x57ffffff;
  return ((allowed >> (octet & 31)) & 1) != 0;
}
