import { once } from "node:events";
import { createInterface } from "node:readline";
import { buffer } from "node:stream/consumers";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { SHUT_WR, SO_LINGER, SOL_SOCKET } from "../../host/node/bsd/index";
import { connected, pair, pattern, rejection, text } from "./pair";

describe("makeStream", () => {
  it("is a Duplex of node:stream: pipelines, end, back pressure", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const out = near.makeStream();
    const back = far.makeStream();
    back.pipe(back);
    out.end(pattern(50_000));
    expect(await p.settle(buffer(out))).toEqual(Buffer.from(pattern(50_000)));
    p.w.run(1000);
    await p.settle(Promise.resolve());
    expect([near.fd, far.fd, out.destroyed, back.destroyed]).toEqual([-1, -1, true, true]);
  });

  it("reads lines, as a file made by Python's makefile does", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    await p.settle(near.sendAll("one\ntwo\nthree"));
    near.shutdown(SHUT_WR);
    const lines = async (): Promise<string[]> => {
      const read: string[] = [];
      for await (const line of createInterface({ input: far.makeStream() })) read.push(line);
      return read;
    };
    expect(await p.settle(lines())).toEqual(["one", "two", "three"]);
  });

  it("a reset is an error of the stream, and closes the socket", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const stream = far.makeStream();
    stream.resume();
    const failing = once(stream, "error");
    const closing = new Promise((resolve) => stream.once("close", resolve));
    near.setSockOpt(SOL_SOCKET, SO_LINGER, [1, 0]);
    await near.close();
    expect((await p.settle(failing))[0]).toMatchObject({ code: "ECONNRESET", syscall: "recv" });
    await p.settle(closing);
    expect(far.fd).toBe(-1);
  });

  it("destroying it closes the socket; the peer reads the end", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const stream = near.makeStream();
    stream.resume();
    stream.destroy();
    await p.settle(once(stream, "close"));
    expect(near.fd).toBe(-1);
    expect(await p.settle(far.recv(1))).toHaveLength(0);
    expect(await rejection(near.recv(1))).toMatchObject({ code: "EBADF" });
  });

  it("becomes a pair of web streams", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const { writable, readable } = Duplex.toWeb(near.makeStream());
    const writer = writable.getWriter();
    await p.settle(writer.write(Buffer.from("web")));
    expect(text(await p.settle(far.recv(9)))).toBe("web");
    await p.settle(far.sendAll("back"));
    const { value } = (await p.settle(readable.getReader().read())) as { value: Uint8Array };
    expect(text(value)).toBe("back");
  });
});
