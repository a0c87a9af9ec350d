import { Client, enlist, Flag, oldest, Phase, Queue } from "./http_client";
import { Method, Route } from "./http_words";

/** What a request is answered with, and whether the connection outlives the answer. */

/** Answer with `status`; what else the client sends is not read as a request. */
export function refuse(client: Client, status: u32): void {
  client.mark(Flag.Close);
  answer(client, status);
}

function answer(client: Client, status: u32): void {
  client.status = <u16>status;
  client.phase = Phase.Head;
  client.pc = 0;
  enlist(client, Queue.Busy);
}

/** The body has come in whole. */
export function bodyEnds(client: Client): void {
  answer(client, 200);
}

/**
 * The head has come in whole: refuse, answer, or go on to the body. HTTP/1.0 has one request a connection, and so has everybody
 * while all records are in use.
 */
export function headEnds(client: Client): void {
  if (!client.has(Flag.V11) || !oldest(Queue.Free)) client.mark(Flag.Close);
  const status = malformed(client);
  if (status != 0) return refuse(client, status);
  const hasBody = client.length > 0 || client.has(Flag.Chunked);
  const refusal = impossible(client);
  if (refusal != 0) return hasBody ? refuse(client, refusal) : answer(client, refusal);
  if (client.route == Route.Upload && hasBody) return expectBody(client);
  if (hasBody) client.mark(Flag.Close);
  answer(client, 200);
}

/** Requests whose end cannot be told, so that nothing may follow them (RFC 9112 §6.3); else 0. */
function malformed(client: Client): u32 {
  if (client.has(Flag.V11) && !client.has(Flag.Host)) return 400;
  if (!client.has(Flag.Coding)) return 0;
  if (client.has(Flag.Length) || !client.has(Flag.V11)) return 400;
  return client.has(Flag.CodingUnknown) || !client.has(Flag.Chunked) ? 501 : 0;
}

/** Requests that make sense but not here; else 0. */
function impossible(client: Client): u32 {
  if (client.method == Method.Unknown) return 501;
  if (client.route == Route.None) return 404;
  const upload = client.route == Route.Upload;
  const fits = upload
    ? client.method == Method.Put || client.method == Method.Post
    : client.method == Method.Get || client.method == Method.Head;
  if (!fits) return 405;
  if (client.has(Flag.ExpectUnknown)) return 417;
  return upload && !client.has(Flag.Length) && !client.has(Flag.Chunked) ? 411 : 0;
}

function expectBody(client: Client): void {
  enlist(client, Queue.Busy);
  client.position = 0;
  client.pc = 0;
  client.phase = bodyPhase(client);
  if (client.has(Flag.Expect) && client.has(Flag.V11)) client.phase = Phase.Continue;
}

/** Where the body of an upload begins. */
export function bodyPhase(client: Client): Phase {
  return client.has(Flag.Chunked) ? Phase.ChunkSize : Phase.Body;
}
