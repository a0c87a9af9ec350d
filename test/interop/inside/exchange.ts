import { type AddressInfo, createServer, type Server } from "node:net";
import type { Board } from "../../../host/node/board";
import { connect } from "../../../host/node/socket";
import { pattern, sha256 } from "../octets";

export interface ExchangeOptions {
  /** What the board sends. */
  text: string;
  /** How much the kernel's side answers. */
  length: number;
}

/** The digests of what each side has received. */
export interface Exchanged {
  question: string;
  answer: string;
}

/** Send a text and our FIN to a server at the kernel's `host` that answers after that FIN only; take in what comes until the peer's. */
export async function exchange(board: Board, host: string, { text, length }: ExchangeOptions): Promise<Exchanged> {
  let question = "";
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", (error) => (question = String(error)));
    socket.on("end", () => {
      question ||= sha256(Buffer.concat(chunks));
      socket.end(pattern(length));
    });
  });
  const port = await listening(server, host);
  try {
    const socket = await connect(board, { host, port });
    await socket.write(text);
    await socket.end();
    const chunks: Uint8Array[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    return { question, answer: sha256(Buffer.concat(chunks)) };
  } finally {
    server.close();
  }
}

function listening(server: Server, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port: 0 }, () => resolve((server.address() as AddressInfo).port));
  });
}
