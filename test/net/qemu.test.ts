import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { connectQemu, listenQemu, type QemuLink, type QemuListener } from "../../host/node/links/qemu";

const open: { close(): unknown }[] = [];
afterEach(() => open.splice(0).forEach((one) => one.close()));

/** Wait until something holds, at most two seconds. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(condition()).toBe(true);
}

function framed(...frames: Uint8Array[]): Buffer {
  return Buffer.concat(
    frames.flatMap((frame) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(frame.length);
      return [length, frame];
    }),
  );
}

/** A listener with the link of its first peer, which is a plain socket. */
async function withPeer(): Promise<{ link: QemuLink; peer: Socket; listener: QemuListener }> {
  const links: QemuLink[] = [];
  const listener = await listenQemu({ port: 0 }, (link) => links.push(link));
  const peer = connect(listener.port, "127.0.0.1");
  await once(peer, "connect");
  await until(() => links.length === 1);
  open.push(links[0] as { close(): unknown }, listener, { close: () => peer.destroy() });
  return { link: links[0], peer, listener };
}

describe("QEMU's stream protocol", () => {
  it("precedes each frame by its length, most significant octet first", async () => {
    const { link, peer } = await withPeer();
    const chunks: Buffer[] = [];
    peer.on("data", (chunk) => chunks.push(chunk));
    const frames = [new Uint8Array(60).fill(1), new Uint8Array(1514).fill(2)];
    const lent = new Uint8Array(1514);
    for (const frame of frames) {
      lent.set(frame);
      link.send(lent.subarray(0, frame.length));
      lent.fill(9);
    }
    await until(() => Buffer.concat(chunks).length === 60 + 1514 + 8);
    expect(Buffer.compare(Buffer.concat(chunks), framed(...frames))).toBe(0);
  });

  it("takes frames however the stream is cut", async () => {
    const { link, peer } = await withPeer();
    const seen: number[][] = [];
    link.onFrame = (frame) => seen.push([frame.length, frame[0]]);
    const bytes = framed(
      new Uint8Array(60).fill(1),
      new Uint8Array(0),
      new Uint8Array(300).fill(2),
      new Uint8Array(1514).fill(3),
    );
    peer.setNoDelay(true);
    for (const octet of bytes.subarray(0, 90)) {
      peer.write(Uint8Array.of(octet));
      await new Promise((resolve) => setImmediate(resolve));
    }
    peer.write(bytes.subarray(90));
    await until(() => seen.length === 3);
    expect(seen).toEqual([
      [60, 1],
      [300, 2],
      [1514, 3],
    ]);
  });

  it("closes with a clear error when a length cannot be one", async () => {
    const { link, peer } = await withPeer();
    const ends: (Error | null)[] = [];
    link.onClose = (error) => ends.push(error);
    peer.write("GET / HTTP/1.1\r\n\r\n");
    await until(() => ends.length === 1);
    expect(ends[0]?.message).toMatch(/a frame of 1195725856 octets, more than 69632: not QEMU's stream protocol/);
    link.send(new Uint8Array(60));
    expect(link.lost).toBe(1);
  });

  it("tells when the other side ends in order", async () => {
    const { link, peer } = await withPeer();
    const ends: (Error | null)[] = [];
    link.onClose = (error) => ends.push(error);
    peer.end();
    await until(() => ends.length === 1);
    expect(ends).toEqual([null]);
  });

  it("joins two of us over a socket in the file system, both ways, in order", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandwire-qemu-"));
    open.push({ close: () => rmSync(folder, { recursive: true, force: true }) });
    const path = join(folder, "wire");
    const links: QemuLink[] = [];
    const listener = await listenQemu({ path }, (link) => links.push(link));
    const near = await connectQemu({ path });
    await until(() => links.length === 1);
    open.push(listener, near as { close(): unknown });
    const [atNear, atFar]: number[][] = [[], []];
    near.onFrame = (frame) => atNear.push(frame[0] * 256 + frame[1]);
    links[0].onFrame = (frame) => {
      atFar.push(frame[0] * 256 + frame[1]);
      links[0].send(frame);
    };
    const sent = Array.from({ length: 400 }, (_, i) => i);
    for (const i of sent) near.send(Uint8Array.of(i >> 8, i & 255, ...new Array<number>(58).fill(0)));
    await until(() => atNear.length === sent.length);
    expect([atFar, atNear]).toEqual([sent, sent]);
  });

  it("loses frames, and does not grow, when the other side does not read", async () => {
    const { link, peer } = await withPeer();
    peer.pause();
    const frame = new Uint8Array(1514);
    for (let i = 0; i < 20_000; i++) {
      link.send(frame);
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(link.lost).toBeGreaterThan(1000);
  });

  it("rejects when nobody listens, or the place is taken", async () => {
    const { listener } = await withPeer();
    await expect(listenQemu({ port: listener.port }, () => {})).rejects.toThrow("EADDRINUSE");
    await expect(connectQemu({ path: join(tmpdir(), "sandwire-nobody") })).rejects.toThrow("ENOENT");
  });
});
