import { describe, expect, it, vi } from "vitest";
import { createConnection, createServer } from "../../host/node/bsd/index";
import { connected, pair, text } from "./pair";
import { chat, echo, lines, modes, probe, shout, talk } from "./snippets";

describe("docs/bsd-sockets.md: its functions do what it says", () => {
  it("echo and shout", async () => {
    const p = await pair();
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    void echo(p.server).catch(() => {});
    expect(await p.settle(shout(p.client, p.at(7), "hello"))).toBe("hello");
    expect(await p.settle(shout(p.client, p.at(7), "again"))).toBe("again");
    expect(log.mock.calls.map(([line]) => String(line).replace(/:\d+/, ""))).toEqual(["10.0.0.1 is here", "10.0.0.1 is here"]);
    log.mockRestore();
  });

  it("modes", async () => {
    const p = await pair();
    const { far } = await connected(p);
    const began = p.w.now;
    expect(await p.settle(modes(far))).toEqual(["EAGAIN", "ETIMEDOUT", "EAGAIN", "AbortError: This operation was aborted"]);
    expect(p.w.now - began).toBe(3500);
  });

  it("chat", async () => {
    const p = await pair();
    const chatting = chat(p.server, 90);
    const clients = [];
    for (let i = 0; i < 3; i++) clients.push(await p.settle(createConnection(p.client, p.at(90))));
    p.w.run(100);
    await p.settle(clients[0].sendAll("hello"));
    expect(text(await p.settle(clients[1].recv(99)))).toBe("hello");
    expect(text(await p.settle(clients[2].recv(99)))).toBe("hello");
    for (const client of clients) await client.close();
    await p.settle(chatting);
  });

  it("probe", async () => {
    const p = await pair();
    createServer(p.server, { address: "0.0.0.0", port: 80 });
    expect(await p.settle(probe(p.client, p.at(80)))).toBe("open");
    expect(await p.settle(probe(p.client, p.at(81)))).toBe("closed");
    p.server.linkUp(false);
    expect(await p.settle(probe(p.client, p.at(80)))).toBe("silent");
  });

  it("talk", async () => {
    const p = await pair();
    expect(await p.settle(talk(p.client))).toEqual(["first", "second"]);
  });

  it("lines", async () => {
    const p = await pair();
    const server = createServer(p.server, { address: "0.0.0.0", port: 13 });
    const serving = (async () => {
      const [socket] = await server.accept();
      await socket.sendAll("one\ntwo");
      await socket.close();
    })();
    expect(await p.settle(lines(p.client, p.at(13)))).toEqual(["one", "two"]);
    await serving;
  });
});
