import { Client, Flag, Phase } from "./http_client";
import { headEnds, refuse } from "./http_rules";
import { beginWord, CR, Header, HEADERS, isTokenOctet, LF, lower, Value, VALUES, word, wordOctet } from "./http_words";

/** `position` behind the digits of a length: no more may follow. */
const ENDED: u16 = 0xffff;
const COMMA: u32 = 44;
const COLON: u32 = 58;

/** The header fields of a request, RFC 9112 §5. Line folding (§5.2) and blanks before the colon (§5.1) are refused. */
export function fieldOctet(client: Client, octet: u32): void {
  switch (client.phase) {
    case Phase.FieldStart:
      return startOctet(client, octet);
    case Phase.FieldName:
      return nameOctet(client, octet);
    case Phase.FieldBlank:
    case Phase.FieldValue:
      return valueOctet(client, octet);
    case Phase.FieldEnd:
      return octet == LF ? lineEnds(client) : refuse(client, 400);
    default:
      return octet == LF ? headEnds(client) : refuse(client, 400);
  }
}

function startOctet(client: Client, octet: u32): void {
  if (octet == LF) return headEnds(client);
  if (octet == CR) {
    client.phase = Phase.HeadEnd;
    return;
  }
  beginWord(client);
  client.phase = Phase.FieldName;
  nameOctet(client, octet);
}

function nameOctet(client: Client, octet: u32): void {
  if (octet == COLON && client.position > 0) return nameEnds(client);
  if (!isTokenOctet(octet)) return refuse(client, 400);
  wordOctet(client, HEADERS, lower(octet));
}

function nameEnds(client: Client): void {
  client.header = word(client, HEADERS);
  client.phase = Phase.FieldBlank;
  const once = client.header == Header.Host ? Flag.Host : client.header == Header.Length ? Flag.Length : 0;
  if (client.has(once)) return refuse(client, 400);
  client.mark(client.header == Header.Coding ? Flag.Coding : once);
  beginWord(client);
}

function valueOctet(client: Client, octet: u32): void {
  if (octet == CR || octet == LF) return valueEnds(client, octet);
  const blank = octet == 32 || octet == 9;
  if (blank && client.phase == Phase.FieldBlank) return;
  if ((octet < 32 && !blank) || octet == 127) return refuse(client, 400);
  client.phase = Phase.FieldValue;
  if (client.header == Header.Length) return lengthOctet(client, octet, blank);
  if (client.header < Header.Coding || client.header > Header.Expect) return;
  if (blank || octet == COMMA) tokenEnds(client);
  else wordOctet(client, VALUES, lower(octet));
}

/** RFC 9110 §8.6: digits and nothing else; a list of equal numbers is no number here. */
function lengthOctet(client: Client, octet: u32, blank: bool): void {
  if (blank) {
    client.position = ENDED;
    return;
  }
  const length = <u64>client.length * 10 + (octet - 48);
  if (octet - 48 > 9 || client.position == ENDED) return refuse(client, 400);
  if (length > 0xffffffff) return refuse(client, 413);
  client.length = <u32>length;
  client.position = 1;
}

/** One word of Connection, Transfer-Encoding or Expect. */
function tokenEnds(client: Client): void {
  const value = word(client, VALUES);
  const some = client.position > 0;
  beginWord(client);
  if (!some) return;
  if (client.header == Header.Connection && value == Value.Close) client.mark(Flag.Close);
  if (client.header == Header.Expect) client.mark(value == Value.Continue ? Flag.Expect : Flag.ExpectUnknown);
  if (client.header != Header.Coding) return;
  const lone = value == Value.Chunked && !client.has(Flag.Chunked);
  client.mark(lone ? Flag.Chunked : Flag.CodingUnknown);
}

function valueEnds(client: Client, octet: u32): void {
  if (client.header == Header.Length && client.position == 0) return refuse(client, 400);
  if (client.header >= Header.Coding && client.header <= Header.Expect) tokenEnds(client);
  client.phase = Phase.FieldEnd;
  if (octet == LF) lineEnds(client);
}

function lineEnds(client: Client): void {
  client.phase = Phase.FieldStart;
}
