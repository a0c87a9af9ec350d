import { describe, expect, test } from "vitest";
import { Family, SocketType } from "../../host/node/abi";
import { pattern } from "../socket/pair";
import { request, Site, upload } from "./site";
import type { Browser } from "./browser";

/** How a connection ends: the octets that were still to come, or the error. */
async function ending(site: Site, browser: Browser): Promise<string> {
  return site.settle(
    browser.rest().then(
      (rest) => `${rest.length} octets`,
      (error: NodeJS.ErrnoException) => error.code ?? "?",
    ),
  );
}

/** Milliseconds until the server has let go of all its clients, to the nearest 10. */
function timeUntilAlone(site: Site, limit = 200_000): number {
  site.clock.runUntil(() => site.held > 0, 10);
  const start = site.clock.now;
  if (!site.clock.runUntil(() => site.held === 0, limit)) throw new Error("there is still somebody");
  return Math.round((site.clock.now - start) / 10) * 10;
}

describe("a client that", () => {
  test("connects and says nothing is hung up on after 60 seconds", async () => {
    const site = await Site.open();
    const browser = await site.browser();
    expect(timeUntilAlone(site)).toBe(60_000);
    expect(await ending(site, browser)).toBe("0 octets");
  });

  test("says nothing after an answer is hung up on after 60 seconds", async () => {
    const site = await Site.open();
    const browser = await site.browser();
    site.clock.advanceBy(30_000);
    await site.settle(browser.ask(request("/bytes/1")));
    expect(timeUntilAlone(site)).toBe(60_000);
    expect(await ending(site, browser)).toBe("0 octets");
  });

  test("asks every 59 seconds is served for ever", async () => {
    const site = await Site.open();
    const browser = await site.browser();
    for (let i = 0; i < 20; i++) {
      site.clock.advanceBy(59_000);
      expect((await site.settle(browser.ask(request("/bytes/1")))).status).toBe(200);
    }
  });

  test("has not finished a head after 10 seconds gets 408, however busy it is", async () => {
    const site = await Site.open();
    const browser = await site.browser();
    const start = site.clock.now;
    const answer = browser.response();
    for (const octet of "GET / HTTP/1.1\r\nHost: a-very-slow-client") {
      if (site.clock.now - start > 10_500) break;
      await site.settle(browser.write(octet));
      site.clock.advanceBy(900);
    }
    const { status, headers } = await site.settle(answer);
    expect([status, headers["connection"]]).toEqual([408, "close"]);
    expect(await ending(site, browser)).toBe("0 octets");
    expect(site.clock.now - start).toBeLessThan(11_500);
  });

  test("finishes a head after 9 seconds is served, and has 10 for the next", async () => {
    const site = await Site.open();
    const browser = await site.browser();
    for (let i = 0; i < 3; i++) {
      const head = request("/bytes/2");
      await site.settle(browser.write(head.slice(0, 5)));
      site.clock.advanceBy(9000);
      await site.settle(browser.write(head.slice(5)));
      expect((await site.settle(browser.response())).body.length).toBe(2);
    }
  });

  test("stops in the middle of an upload gets 408 after 60 seconds", async () => {
    const site = await Site.open();
    const browser = await site.browser();
    await site.settle(browser.write(upload("Content-Length: 100000") + "x".repeat(5000)));
    const start = site.clock.now;
    expect((await site.settle(browser.response())).status).toBe(408);
    expect(Math.round((site.clock.now - start) / 100)).toBe(600);
    expect(await ending(site, browser)).toBe("0 octets");
  });

  test("uploads an octet every 5 seconds gets 408: less than a kilobyte a minute is no progress", async () => {
    const site = await Site.open();
    const browser = await site.browser();
    await site.settle(browser.write(upload("Content-Length: 100000")));
    const answer = browser.response();
    const start = site.clock.now;
    for (let i = 0; i < 12; i++) {
      await site.settle(browser.write("x"));
      site.clock.advanceBy(5000);
    }
    expect((await site.settle(answer)).status).toBe(408);
    expect(site.clock.now - start).toBeLessThan(65_000);
  });

  test("uploads slowly but steadily is waited for", async () => {
    const site = await Site.open();
    const browser = await site.browser();
    await site.settle(browser.write(upload("Content-Length: 12000")));
    for (let i = 0; i < 10; i++) {
      await site.settle(browser.write(new Uint8Array(1200)));
      site.clock.advanceBy(50_000);
    }
    expect((await site.settle(browser.response())).status).toBe(200);
  });

  test("takes nothing of its answer for 60 seconds is reset", async () => {
    const site = await Site.open();
    const browser = await site.browser();
    await site.settle(browser.write(request("/bytes/10000000")));
    site.clock.advanceBy(2000);
    expect(site.held).toBe(1);
    expect(timeUntilAlone(site)).toBeLessThan(60_000);
    expect(site.server.sockets().filter(({ localPort, state }) => localPort === 80 && state !== "Listen")).toEqual([]);
    expect(await ending(site, browser)).toBe("ECONNRESET");
  });

  test("takes its answer slowly but steadily gets all of it", async () => {
    const site = await Site.open();
    const browser = await site.browser();
    await site.settle(browser.write(request("/bytes/300000")));
    const parts: Uint8Array[] = [];
    for (let left = Infinity; left > 0; left -= parts.at(-1).length) {
      if (parts.length % 8 === 0) site.clock.advanceBy(40_000);
      parts.push((await site.settle(browser.socket.read(4000)))!);
      if (parts.length === 1) left = 300_000 + Buffer.from(parts[0]).indexOf("\r\n\r\n") + 4;
    }
    const head = Buffer.from(parts[0]).indexOf("\r\n\r\n") + 4;
    expect(Buffer.concat(parts).subarray(head).equals(pattern(300_000))).toBe(true);
  });

  test("does not close after a refusal is let go after 10 seconds", async () => {
    const site = await Site.open();
    const browser = await site.browser();
    expect((await site.settle(browser.ask("nonsense\r\n\r\n"))).status).toBe(400);
    // What it still sends is read and thrown away, so that the refusal is not lost to a reset.
    for (let i = 0; i < 5; i++) {
      await site.settle(browser.write(new Uint8Array(1000)));
      site.clock.advanceBy(1000);
    }
    expect(site.held).toBe(1);
    expect(timeUntilAlone(site)).toBeLessThanOrEqual(5000);
  });
});

describe("time", () => {
  test("may wrap while clients wait", async () => {
    const site = await Site.open();
    site.clock.advanceTo(2 ** 32 - 30_000);
    const browser = await site.browser();
    await site.settle(browser.ask(request("/bytes/1")));
    expect(timeUntilAlone(site)).toBe(60_000);
    const { body } = await site.ask(request("/stats.json"));
    const { uptimeMs } = JSON.parse(body.toString()) as { uptimeMs: number };
    expect(Math.abs(uptimeMs - (site.clock.now - 1000))).toBeLessThan(100);
  });

  test("brings no work when there is nothing to wait for", async () => {
    const site = await Site.open();
    await site.ask(request("/bytes/1"));
    site.clock.advanceBy(300_000);
    const polls = site.server.exports.poll(site.clock.now >>> 0);
    expect(polls).toBeGreaterThan(1000);
  });
});

describe("the stack started over", () => {
  test("knows no clients of the time before, and leaves their descriptors' new owners alone", async () => {
    const site = await Site.open();
    await site.browser();
    await site.browser();
    const { exports } = site.server;
    exports.init(1, 2, 3, 4);
    const sockets = Array.from({ length: 8 }, () => exports.socket(Family.AF_INET, SocketType.SOCK_STREAM, 0));
    site.clock.advanceBy(100_000);
    expect(sockets.map((fd) => exports.close(fd))).toEqual(Array<number>(8).fill(0));
    expect(site.server.sockets()).toEqual([]);
    expect(exports.serve()).toBe(0);
    expect(site.server.sockets().filter(({ state }) => state === "Listen")).toHaveLength(3);
  });
});
