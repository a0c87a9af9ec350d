import { createHash } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pattern } from "../../interop/octets";

/** Octets a stream is made of at a time: no divisor of anything the network does. */
const PIECE = 10_007;

/** What came in a body. */
export interface Digest {
  length: number;
  sha256: string;
}

export async function digest(body: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = createHash("sha256");
  let length = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    length += chunk.length;
  }
  return { length, sha256: hash.digest("hex") };
}

function* pieces(length: number): Generator<Buffer> {
  const all = pattern(length);
  for (let at = 0; at < length; at += PIECE) yield all.subarray(at, at + PIECE);
}

const served = new WeakMap<object, number>();

/** How many requests came over the connection of this one, itself included. */
function requestsOf({ socket }: IncomingMessage): number {
  const count = (served.get(socket) ?? 0) + 1;
  served.set(socket, count);
  return count;
}

/**
 * The same web site wherever it is served: `/hello`, `/bytes/N` (with its length), `/chunked/N` (without), `POST /digest` (what came),
 * `/slow` (an answer that never ends).
 */
export const site: RequestListener = (request, response) => {
  response.setHeader("x-requests", requestsOf(request));
  void answer(request, response).catch((error: Error) => response.destroy(error));
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, page, count] = (request.url ?? "").split("/");
  const length = Number(count);
  if (page === "hello") response.end(`hello, ${request.socket.remoteAddress}`);
  else if (page === "bytes") response.setHeader("content-length", length).end(pattern(length));
  else if (page === "chunked") Readable.from(pieces(length)).pipe(response);
  else if (page === "digest") response.end(JSON.stringify(await digest(request)));
  else if (page === "slow") response.write("wait for it");
  else response.writeHead(404).end("not here");
}
