import { once } from "node:events";
import { readFileSync } from "node:fs";
import * as https from "node:https";
import type { AddressInfo, Server } from "node:net";
import * as tls from "node:tls";
import { agentOver, secureAgentOver, serveOver, tlsOver } from "../../../host/node/net/over";
import { pattern } from "../../interop/octets";
import type { Place } from "./place";
import { ask, type Answered, type Asked } from "./requests";
import { type Digest, digest, site } from "./site";

/** Where key.pem and cert.pem lie. */
function credentials(folder: string): { key: Buffer; cert: Buffer } {
  return { key: readFileSync(`${folder}/key.pem`), cert: readFileSync(`${folder}/cert.pem`) };
}

/** Answers the first thing it is told in capitals, and that is all. */
function shouter(folder: string): tls.Server {
  return tls.createServer({ ...credentials(folder), ALPNProtocols: ["shout"] }, (socket) => {
    socket.once("data", (data: Buffer) => socket.end(data.toString().toUpperCase()));
    socket.on("error", () => socket.destroy());
  });
}

/** Sends back what comes. */
function mirror(folder: string): tls.Server {
  return tls.createServer(credentials(folder), (socket) => void socket.pipe(socket).on("error", () => socket.destroy()));
}

async function listen(server: Server, port: number, host?: string): Promise<number> {
  server.listen(port, host);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Serve the site over https on a port of the board. */
export async function serveSecureSite({ net }: Place, folder: string, port: number): Promise<void> {
  await listen(serveOver(net, https.createServer(credentials(folder), site)), port);
}

export async function serveShouter({ net }: Place, folder: string, port: number): Promise<void> {
  await listen(serveOver(net, shouter(folder)), port);
}

/** What a connection over TLS was like. */
export interface Spoken extends Digest {
  authorized: boolean;
  protocol: string | null;
  cipher: string;
  subject: string;
  resumed: boolean;
}

/** Send so many octets, then the end, and take in what comes back. */
async function speak(socket: tls.TLSSocket, length: number): Promise<Spoken> {
  await once(socket, "secureConnect");
  const description = described(socket);
  socket.end(pattern(length));
  return { ...(await digest(socket)), ...description };
}

function described(socket: tls.TLSSocket): Omit<Spoken, keyof Digest> {
  const { authorized } = socket;
  const subject = String(socket.getPeerCertificate().subject?.CN);
  return {
    authorized,
    protocol: socket.getProtocol(),
    cipher: socket.getCipher().standardName,
    subject,
    resumed: socket.isSessionReused(),
  };
}

/** The board as the client of a TLS server of Node's at the kernel: octets there and back. */
export async function speakToKernel({ net }: Place, folder: string, host: string, version: tls.SecureVersion): Promise<Spoken> {
  const server = mirror(folder);
  const port = await listen(server, 0, host);
  const ca = credentials(folder).cert;
  try {
    const versions = { minVersion: version, maxVersion: version };
    return await speak(tlsOver(net)({ host, port, ca, servername: "sandwire.test", ...versions }), 1_000_000);
  } finally {
    server.close();
  }
}

/** A TLS server on the board and a client of Node's at the kernel. */
export async function speakToBoard({ net }: Place, folder: string, host: string): Promise<Spoken> {
  const server = serveOver(net, mirror(folder));
  const port = await listen(server, 0);
  const ca = credentials(folder).cert;
  try {
    return await speak(tls.connect({ host, port, ca, servername: "sandwire.test" }), 1_000_000);
  } finally {
    server.close();
  }
}

/** What becomes of a client on the board that does not know the certificate. */
export async function distrust({ net }: Place, folder: string, host: string): Promise<string> {
  const server = mirror(folder);
  const port = await listen(server, 0, host);
  try {
    const [error] = (await once(tlsOver(net)({ host, port, servername: "sandwire.test" }), "error")) as [NodeJS.ErrnoException];
    return String(error.code);
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  } finally {
    server.close();
  }
}

/** Ask with https.request over the board, one after the other over one connection, or each over its own. */
export async function requestSecurely(
  { net }: Place,
  folder: string,
  url: string,
  asked: Asked[],
  keepAlive: boolean,
): Promise<Answered[]> {
  const ca = credentials(folder).cert;
  const agent = secureAgentOver(net, { ca, servername: "sandwire.test", ...(keepAlive ? { keepAlive, maxSockets: 1 } : {}) });
  try {
    return await Promise.all(asked.map((one) => ask(url, { agent }, one)));
  } finally {
    agent.destroy();
  }
}

/** What becomes of plain HTTP at the port of https. */
export async function askPlainly({ net }: Place, url: string): Promise<Answered> {
  return ask(url, { agent: agentOver(net) }, { path: "/" });
}
