import { octets } from "../lib/text";
import { Client, Flag, Phase } from "./http_client";
import { bodyPhase } from "./http_rules";
import { beginTemplate, writeTemplate } from "./http_template";
import { CONTINUE, LISTED, PAGE, RECEIPT, REFUSAL, SIZED, STATS } from "./http_texts";
import { Method, Route } from "./http_words";
import { advance, beginFrames, lastChunk, padFrame, spanAt, spanRoom } from "./http_writer";
import { fillPattern } from "./pattern";

/**
 * Write as much of the response as there is room for (http_writer.ts). True when it is out: the client's phase is then that of a
 * body, after "100 Continue", or `Done`.
 */
export function writeResponse(client: Client): bool {
  if (client.phase == Phase.Continue) return writeContinue(client);
  if (client.phase == Phase.Head && !writeHead(client)) return false;
  if (client.phase == Phase.Entity && !writeEntity(client)) return false;
  if (client.phase == Phase.Bytes && !writeBytes(client)) return false;
  if (client.phase == Phase.Padding && !writePadding(client)) return false;
  if (client.phase == Phase.LastChunk && !writeTemplate(client)) return false;
  client.phase = Phase.Done;
  return true;
}

function writeContinue(client: Client): bool {
  if (client.pc == 0) beginTemplate(client, octets(CONTINUE));
  if (!writeTemplate(client)) return false;
  client.phase = bodyPhase(client);
  return true;
}

/** The page and the statistics have no length before they are written. */
function isList(client: Client): bool {
  return client.status == 200 && client.route <= Route.Stats;
}

function writeHead(client: Client): bool {
  if (client.pc == 0) beginTemplate(client, octets(isList(client) ? LISTED : SIZED));
  if (!writeTemplate(client)) return false;
  client.phase = afterHead(client);
  return true;
}

function afterHead(client: Client): Phase {
  if (client.method == Method.Head) return Phase.Done;
  if (client.status == 200 && client.route == Route.Bytes) return Phase.Bytes;
  beginTemplate(client, octets(entityOf(client)));
  if (isList(client) && client.has(Flag.V11)) beginFrames(client);
  return Phase.Entity;
}

function entityOf(client: Client): usize {
  if (client.status != 200) return REFUSAL;
  if (client.route == Route.Page) return PAGE;
  return client.route == Route.Stats ? STATS : RECEIPT;
}

function writeEntity(client: Client): bool {
  if (!writeTemplate(client)) return false;
  client.phase = client.has(Flag.Framed) ? Phase.Padding : Phase.Done;
  return true;
}

function writeBytes(client: Client): bool {
  const length = min(client.number - client.count, spanRoom());
  fillPattern(spanAt(), client.count, length);
  advance(length);
  client.count += length;
  return client.count == client.number;
}

function writePadding(client: Client): bool {
  if (!padFrame(client)) return false;
  client.flags &= <u16>~Flag.Framed;
  beginTemplate(client, lastChunk());
  client.phase = Phase.LastChunk;
  return true;
}
