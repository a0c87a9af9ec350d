import { once } from "node:events";
import * as http2 from "node:http2";
import * as https from "node:https";
import type { AddressInfo, Server as NodeServer } from "node:net";
import * as tls from "node:tls";
import { describe, expect, test } from "vitest";
import { serveOver, type Server, type Socket } from "../../host/node/net";
import { boards, type Boards, pattern } from "./boards";
import { type Identity, identity } from "./certificate";

const NAME = "board.example";

async function listening(server: Server | NodeServer): Promise<number> {
  server.listen(0);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A TLS server on the far board that `talk`s to whoever comes. */
async function tlsServer(b: Boards, options: tls.TlsOptions, talk: (socket: tls.TLSSocket) => void): Promise<number> {
  return listening(serveOver(b.far, tls.createServer(options, talk)));
}

/** Node's TLS client over a socket of the near board. */
function secured(b: Boards, port: number, { cert: ca }: Identity, options: tls.ConnectionOptions = {}): tls.TLSSocket {
  return tls.connect({ socket: b.near.connect({ port, host: b.host, allowHalfOpen: true }), servername: NAME, ca, ...options });
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}

describe("Node's tls over two boards", () => {
  test("a conversation, with the certificate verified", async () => {
    const b = await boards();
    const mine = identity(NAME, b.host);
    const port = await tlsServer(b, mine, (socket) => void socket.end("a secret"));
    const socket = secured(b, port, mine);
    await once(socket, "secureConnect");
    expect([socket.authorized, socket.getProtocol(), socket.getPeerCertificate().subject.CN]).toEqual([true, "TLSv1.3", NAME]);
    expect(await textOf(socket)).toBe("a secret");
  });

  test("what goes over the wire cannot be read", async () => {
    const b = await boards();
    const mine = identity(NAME, b.host);
    let seen = "";
    const port = await listening(
      b.far.createServer((raw) => {
        raw.prependListener("data", (chunk: Buffer) => (seen += chunk.toString("latin1")));
        const socket = new tls.TLSSocket(raw, { isServer: true, ...mine });
        socket.pipe(socket);
      }),
    );
    const socket = secured(b, port, mine);
    socket.end("a secret");
    expect(await textOf(socket)).toBe("a secret");
    expect(seen.length).toBeGreaterThan(100);
    expect(seen).not.toContain("a secret");
  });

  test("a certificate nobody vouches for", async () => {
    const b = await boards();
    const port = await tlsServer(b, identity(NAME, b.host), () => {});
    const socket = secured(b, port, identity(NAME, b.host));
    const [error] = (await once(socket, "error").catch((reason: unknown) => [reason])) as [NodeJS.ErrnoException];
    expect(error.code).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
  });

  test("a certificate for another name", async () => {
    const b = await boards();
    const mine = identity("another.example", b.host);
    const port = await tlsServer(b, mine, () => {});
    const socket = secured(b, port, mine);
    const [error] = (await once(socket, "error").catch((reason: unknown) => [reason])) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  test("nobody listens: the error of the socket beneath", async () => {
    const b = await boards();
    const socket = secured(b, 81, identity(NAME, b.host));
    const [error] = (await once(socket, "error").catch((reason: unknown) => [reason])) as [NodeJS.ErrnoException];
    expect(error).toMatchObject({ code: "ECONNREFUSED", syscall: "connect" });
  });

  test("5 MB both ways at once", async () => {
    const b = await boards();
    const mine = identity(NAME, b.host);
    const port = await tlsServer(b, { ...mine, allowHalfOpen: true }, (socket) => void socket.pipe(socket));
    const socket = secured(b, port, mine);
    const sent = pattern(5_000_000);
    socket.end(sent);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).equals(sent)).toBe(true);
  });

  test("the peer breaks off", async () => {
    const b = await boards();
    const mine = identity(NAME, b.host);
    const raws: Socket[] = [];
    const port = await listening(
      b.far.createServer((raw) => {
        raws.push(raw);
        new tls.TLSSocket(raw, { isServer: true, ...mine }).on("error", () => {});
      }),
    );
    const socket = secured(b, port, mine);
    await once(socket, "secureConnect");
    raws[0].resetAndDestroy();
    const [error] = (await once(socket, "error").catch((reason: unknown) => [reason])) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNRESET");
  });
});

describe("Node's https and http2 over two boards", () => {
  test("https.request and https.createServer", async () => {
    const b = await boards();
    const mine = identity(NAME, b.host);
    const web = https.createServer(mine, (request, response) => void request.pipe(response));
    const port = await listening(serveOver(b.far, web));
    const request = https.request({
      method: "POST",
      host: NAME,
      createConnection: () => secured(b, port, mine),
    });
    request.end("signed, sealed");
    const [response] = (await once(request, "response")) as [AsyncIterable<unknown>];
    expect(await textOf(response)).toBe("signed, sealed");
  });

  test("http2: twenty streams over one connection", async () => {
    const b = await boards();
    const mine = identity(NAME, b.host);
    const web = http2.createSecureServer(mine, (request, response) => response.end(`stream for ${request.url}`));
    const port = await listening(serveOver(b.far, web));
    const session = http2.connect(`https://${NAME}`, {
      createConnection: () => secured(b, port, mine, { ALPNProtocols: ["h2"] }),
    });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => textOf(session.request({ ":path": `/${i}` }))));
    expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => `stream for /${i}`));
    session.close();
    await once(session, "close");
  });

  test("http2 without tls", async () => {
    const b = await boards();
    const web = http2.createServer((request, response) => response.end(`stream for ${request.url}`));
    const port = await listening(serveOver(b.far, web));
    const session = http2.connect(`http://${b.host}`, { createConnection: () => b.near.connect(port, b.host) });
    expect(await textOf(session.request({ ":path": "/" }))).toBe("stream for /");
    session.close();
    await once(session, "close");
  });
});
