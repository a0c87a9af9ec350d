import { chunkOctet } from "./http_chunks";
import { crc32, CRC32_START } from "./crc32";
import { Client, enlist, Phase, Queue } from "./http_client";
import { fieldOctet } from "./http_fields";
import { lineOctet } from "./http_line";
import { bodyEnds, refuse } from "./http_rules";
import { beginWord, CR, LF, Method, Route } from "./http_words";

/** Octets of a head, from the request line to the empty line. */
const HEAD_LIMIT: u32 = 4096;

/** Forget the last request; the next may begin. */
export function expectRequest(client: Client): void {
  client.phase = Phase.Start;
  client.flags = 0;
  client.method = Method.Unknown;
  client.route = Route.None;
  client.headOctets = 0;
  client.length = 0;
  client.count = 0;
  client.number = 0;
  client.crc = CRC32_START;
  enlist(client, Queue.Waiting);
}

/**
 * Read the requests of a client where they lie in the receive buffer (RFC 9112). Returns how many octets were used: all, but for
 * those behind a whole request, whose time comes after the response.
 */
export function take(client: Client, from: usize, length: u32): u32 {
  let at = from;
  const end = from + length;
  while (at < end && client.phase < Phase.Continue) {
    if (client.phase == Phase.Body || client.phase == Phase.ChunkData) at += bodyOctets(client, at, <u32>(end - at));
    else if (client.phase < Phase.Body) headOctet(client, load<u8>(at++));
    else chunkOctet(client, load<u8>(at++));
  }
  return <u32>(at - from);
}

function bodyOctets(client: Client, at: usize, available: u32): u32 {
  const length = min(available, client.length);
  client.crc = crc32(client.crc, at, length);
  client.count += length;
  client.length -= length;
  if (client.length > 0) return length;
  if (client.phase == Phase.Body) bodyEnds(client);
  else client.phase = Phase.ChunkDataEnd;
  return length;
}

/** A single LF ends a line as well (RFC 9112 §2.2), and empty lines before a request are skipped. */
function headOctet(client: Client, octet: u32): void {
  if (client.phase == Phase.Start && (octet == CR || octet == LF)) return;
  if (client.phase == Phase.Start) beginRequest(client);
  if (++client.headOctets > HEAD_LIMIT) return refuse(client, 431);
  if (client.phase <= Phase.LineEnd) lineOctet(client, octet);
  else fieldOctet(client, octet);
}

/** From here on the head has to come within its time. */
function beginRequest(client: Client): void {
  enlist(client, Queue.Hurried);
  beginWord(client);
  client.phase = Phase.Method;
}
