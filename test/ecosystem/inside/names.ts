import type * as dgram from "node:dgram";
import { once } from "node:events";

/** What is used of node:dgram here; it may be Node's own or a board's. */
interface Module {
  createSocket(type: "udp4"): dgram.Socket;
}

const [A, TXT] = [1, 16];
/** Addresses and texts by name. */
const NAMES = new Map([
  ["board.test", { address: [10, 0, 0, 2], text: "a board" }],
  ["kernel.test", { address: [10, 0, 0, 1], text: "x".repeat(200) }],
]);

/** The labels of a name that begins at `at`, and where it ends. */
function nameAt(message: Buffer, at: number): { name: string; end: number } {
  const labels: string[] = [];
  let end = at;
  for (let length = message[end]; length > 0; length = message[end]) {
    labels.push(message.toString("latin1", end + 1, end + 1 + length));
    end += 1 + length;
  }
  return { name: labels.join("."), end: end + 1 };
}

/** The answer to a question of one name (RFC 1035 §4.1): its record, or that there is none of that name. */
function answerTo(question: Buffer): Buffer {
  const { name, end } = nameAt(question, 12);
  const type = question.readUInt16BE(end);
  const known = NAMES.get(name.toLowerCase());
  const text = Buffer.from(known?.text ?? "");
  const data =
    type === A ? Buffer.from(known?.address ?? []) : type === TXT ? Buffer.concat([Buffer.of(text.length), text]) : null;
  const header = Buffer.from(question.subarray(0, 12));
  header.writeUInt16BE(known ? 0x8580 : 0x8583, 2); // a response, authoritative, recursion as asked for; NXDOMAIN
  header.writeUInt16BE(known && data ? 1 : 0, 6);
  header.writeUInt16BE(0, 10); // what the asker says of itself is left out
  const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data?.length ?? 0]);
  const records = known && data ? [record, data] : [];
  return Buffer.concat([header, question.subarray(12, end + 4), ...records]);
}

/** A name server. */
export async function serveNames(module: Module, address: string): Promise<dgram.Socket> {
  const server = module.createSocket("udp4");
  server.on("message", (question, { port, address: asker }) => server.send(answerTo(question), port, asker));
  server.bind(53, address);
  await once(server, "listening");
  return server;
}

/** Ask a name server for the address of a name; undefined if it has none. */
export async function addressOf(module: Module, server: string, name: string): Promise<string | undefined> {
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]));
  const header = Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const socket = module.createSocket("udp4");
  try {
    socket.send([header, ...labels, Buffer.of(0, 0, A, 0, 1)], 53, server);
    const [answer] = (await once(socket, "message")) as [Buffer];
    return answer.readUInt16BE(6) > 0 ? answer.subarray(-4).join(".") : undefined;
  } finally {
    socket.close();
  }
}
