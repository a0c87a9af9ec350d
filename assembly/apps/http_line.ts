import { Client, Flag, Phase } from "./http_client";
import { refuse } from "./http_rules";
import { beginWord, CR, isTokenOctet, LF, METHODS, Route, ROUTES, word, wordOctet } from "./http_words";

const TARGET_LIMIT: u32 = 1024;
/** What `alive` is when the word can only be Route.Bytes. */
const ONLY_BYTES: u16 = 4;

/** The request line, RFC 9112 §3. */
export function lineOctet(client: Client, octet: u32): void {
  switch (client.phase) {
    case Phase.Method:
      return methodOctet(client, octet);
    case Phase.Version:
      return versionOctet(client, octet);
    case Phase.LineEnd:
      return octet == LF ? endLine(client) : refuse(client, 400);
    default:
      return targetOctet(client, octet);
  }
}

function methodOctet(client: Client, octet: u32): void {
  if (octet == 32) {
    if (client.position == 0) return refuse(client, 400);
    client.method = word(client, METHODS);
    beginWord(client);
    client.phase = Phase.Target;
    return;
  }
  if (!isTokenOctet(octet)) return refuse(client, 400);
  wordOctet(client, METHODS, octet);
}

function targetOctet(client: Client, octet: u32): void {
  if (octet == 32) return endTarget(client);
  if (octet < 33 || octet == 127) return refuse(client, 400);
  if (client.headOctets > TARGET_LIMIT) return refuse(client, 414);
  switch (client.phase) {
    case Phase.Target:
      return firstOctet(client, octet);
    case Phase.Authority:
      return authorityOctet(client, octet);
    case Phase.Path:
      return pathOctet(client, octet);
    case Phase.Number:
      return numberOctet(client, octet);
    default:
  }
}

/** RFC 9112 §3.2: "/path" or "http://authority/path". What else there is, "*" and "authority:port", has no route here. */
function firstOctet(client: Client, octet: u32): void {
  client.phase = octet == 47 ? Phase.Path : Phase.Authority;
  if (octet == 47) wordOctet(client, ROUTES, octet);
}

/** The third "/" begins the path. */
function authorityOctet(client: Client, octet: u32): void {
  if (octet != 47 || ++client.position < 3) return;
  beginWord(client);
  client.phase = Phase.Path;
  wordOctet(client, ROUTES, octet);
}

function pathOctet(client: Client, octet: u32): void {
  if (octet == 63 || octet == 35) {
    client.phase = Phase.Query;
    return;
  }
  wordOctet(client, ROUTES, octet);
  if (word(client, ROUTES) != Route.Bytes) return;
  client.phase = Phase.Number;
  client.alive = 0;
}

/** The digits of /bytes/N; `alive` tells that there were any and nothing else. */
function numberOctet(client: Client, octet: u32): void {
  if (octet == 63) {
    client.phase = Phase.Query;
    return;
  }
  const number = <u64>client.number * 10 + (octet - 48);
  const valid = octet - 48 < 10 && number <= 0xffffffff;
  if (!valid) client.phase = Phase.Query;
  client.number = <u32>number;
  client.alive = valid ? ONLY_BYTES : 0;
}

/** Which page was asked for. What had no path leaves the client in `Authority`. */
function endTarget(client: Client): void {
  if (client.phase == Phase.Target) return refuse(client, 400);
  client.route = client.phase == Phase.Authority ? Route.None : word(client, ROUTES);
  client.position = 0;
  client.phase = Phase.Version;
}

/** "HTTP/1.1": the name of the version is case-sensitive, RFC 9112 §2.3. */
function versionOctet(client: Client, octet: u32): void {
  const position: u32 = client.position;
  if (position == 8) return endVersion(client, octet);
  client.position++;
  if (position == 5) {
    if (octet - 48 > 9) return refuse(client, 400);
    client.header = octet;
    return;
  }
  if (position == 7) {
    if (octet - 48 > 9) return refuse(client, 400);
    if (client.header != 49) return refuse(client, 505);
    if (octet != 48) client.mark(Flag.V11);
    return;
  }
  const wanted = position == 6 ? 46 : (<u32>(0x2f50545448 >> ((<u64>position) << 3))) & 0xff;
  if (octet != wanted) refuse(client, 400);
}

function endVersion(client: Client, octet: u32): void {
  if (octet == LF) return endLine(client);
  if (octet != CR) return refuse(client, 400);
  client.phase = Phase.LineEnd;
}

function endLine(client: Client): void {
  client.phase = Phase.FieldStart;
}
