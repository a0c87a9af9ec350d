import { Client, Phase } from "./http_client";
import { bodyEnds, refuse } from "./http_rules";
import { CR, LF, lower } from "./http_words";

const EXTENSIONS_LIMIT: u32 = 4096;
const DIGITS: u32 = 16;

/** A body that comes in chunks, RFC 9112 §7.1, but for the chunks' data. Extensions and trailers are skipped, within bounds. */
export function chunkOctet(client: Client, octet: u32): void {
  switch (client.phase) {
    case Phase.ChunkSize:
      return sizeOctet(client, octet);
    case Phase.ChunkExtension:
      return skip(client, octet, Phase.ChunkSizeEnd);
    case Phase.ChunkSizeEnd:
      return octet == LF ? sizeEnds(client) : refuse(client, 400);
    case Phase.ChunkDataEnd:
      return want(client, octet, CR, Phase.ChunkDataEnd2);
    case Phase.ChunkDataEnd2:
      client.position = 0;
      return want(client, octet, LF, Phase.ChunkSize);
    case Phase.TrailerStart:
      return skip(client, octet, Phase.BodyEnd);
    case Phase.Trailer:
      return skip(client, octet, Phase.TrailerEnd);
    case Phase.TrailerEnd:
      return want(client, octet, LF, Phase.TrailerStart);
    default:
      return octet == LF ? bodyEnds(client) : refuse(client, 400);
  }
}

function want(client: Client, octet: u32, wanted: u32, phase: Phase): void {
  if (octet != wanted) return refuse(client, 400);
  client.phase = phase;
}

/** An octet of a line that says nothing to us; its CR leads to `phase`. */
function skip(client: Client, octet: u32, phase: Phase): void {
  if (++client.headOctets > EXTENSIONS_LIMIT) return refuse(client, 431);
  if (octet == LF) return refuse(client, 400);
  if (octet == CR) client.phase = phase;
  else if (client.phase == Phase.TrailerStart) client.phase = Phase.Trailer;
}

function sizeOctet(client: Client, octet: u32): void {
  const letter = lower(octet) - 97;
  if (octet - 48 > 9 && letter > 5) return sizeStops(client, octet);
  if (++client.position > DIGITS) return refuse(client, 400);
  if (client.length >= 0x10000000) return refuse(client, 413);
  client.length = (client.length << 4) | (octet - 48 < 10 ? octet - 48 : letter + 10);
}

function sizeStops(client: Client, octet: u32): void {
  if (client.position == 0) return refuse(client, 400);
  if (octet == CR) client.phase = Phase.ChunkSizeEnd;
  else if (octet == 59 || octet == 32 || octet == 9) client.phase = Phase.ChunkExtension;
  else refuse(client, 400);
}

function sizeEnds(client: Client): void {
  if (client.length > ~client.count) return refuse(client, 413);
  client.phase = client.length == 0 ? Phase.TrailerStart : Phase.ChunkData;
}
