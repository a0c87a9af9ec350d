/** A piece of what is written, as streams hand it on: text still as text. */
export interface Chunk {
  chunk: Uint8Array | string;
  encoding: BufferEncoding;
}

export function octetsOf({ chunk, encoding }: Chunk): Uint8Array {
  return typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
}

/** How many octets the pieces are when they are sent. */
export function bytesIn(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { chunk, encoding }) => sum + Buffer.byteLength(chunk, encoding), 0);
}
