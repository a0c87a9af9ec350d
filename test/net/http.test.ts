import { describe, expect, test } from "vitest";
import { pattern } from "../socket/pair";
import type { Profile } from "../support/modules";
import { Browser } from "./browser";
import { chunked, receipt, request, Site, upload } from "./site";

interface Stats {
  uptimeMs: number;
  version: string;
  address: string;
  counters: Record<string, number>;
  sockets: Record<string, string | number | null>[];
}

async function statsOf(site: Site): Promise<Stats> {
  const { body } = await site.ask(request("/stats.json"));
  return JSON.parse(body.toString()) as Stats;
}

describe.each<Profile>(["tiny", "default", "host"])("a board of the profile %s", (profile) => {
  test("shows a page to a person", async () => {
    const site = await Site.open({ profile });
    const { status, headers, body } = await site.ask(request("/"));
    const page = body.toString();
    expect(status).toBe(200);
    expect(headers).toEqual({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "transfer-encoding": "chunked",
    });
    expect(page).toMatch(/^<!DOCTYPE html>/);
    expect(page).toContain("<b>10.0.0.2</b>");
    expect(page).toContain("<td>tcp<td>0.0.0.0:80<td>0.0.0.0:0<td>Listen<td>");
    expect(page).toContain("<th>Local<th>Foreign<th>State<th>Recv-Q<th>Send-Q<th>Timer, ms<th>Owner");
    expect(page).toMatch(/<td>tcp<td>10\.0\.0\.2:80<td>10\.0\.0\.1:\d+<td>Established<td>0<td>\d+<td>\d*<td>Http/);
    expect(page).toMatch(/<p><span>FramesIn<\/span>\d+<\/p>/);
    expect(page).not.toContain("$");
  });

  test("tells a machine the same", async () => {
    const site = await Site.open({ profile });
    site.clock.advanceTo(90_061_000);
    const before = site.server.counters();
    const stats = await statsOf(site);
    const after = site.server.counters();
    expect(Object.keys(stats)).toEqual(["uptimeMs", "version", "address", "counters", "sockets"]);
    expect(stats.address).toBe("10.0.0.2");
    expect(Math.abs(stats.uptimeMs - 90_060_000)).toBeLessThan(50);
    expect(Object.keys(stats.counters)).toContain("TcpIn");
    for (const [name, value] of Object.entries(stats.counters).filter(([name]) => name !== "Drops")) {
      expect(value, name).toBeGreaterThan(0);
      expect(value, name).toBeGreaterThanOrEqual(before[name]);
      expect(value, name).toBeLessThanOrEqual(after[name]);
    }
    for (const { state, timer } of stats.sockets) if (state !== "Established") expect(timer).toBeNull();
    expect(stats.sockets.every((row) => "timer" in row && "receiveQueue" in row && "sendQueue" in row)).toBe(true);
    const rows = stats.sockets.map(({ protocol, local, state, owner }) => `${protocol} ${local} ${state} ${owner}`);
    expect(rows.sort()).toEqual([
      "tcp 0.0.0.0:7 Listen Echo",
      "tcp 0.0.0.0:80 Listen Http",
      "tcp 0.0.0.0:9 Listen Discard",
      "tcp 10.0.0.2:80 Established Http",
      "udp 0.0.0.0:7  Echo",
      "udp 0.0.0.0:9  Discard",
    ]);
  });

  test("says in the page how long it is up", async () => {
    const site = await Site.open({ profile });
    site.clock.advanceTo(1000 + 2 * 86_400_000 + 3 * 3_600_000 + 4 * 60_000 + 5_500);
    expect((await site.ask(request("/"))).body.toString()).toContain("<b>2 d 3 h 4 min 5 s</b>");
  });

  test.each([0, 1, 250, 251, 252, 1023, 1024, 4096, 200_003])("streams %i octets", async (n) => {
    const site = await Site.open({ profile });
    const { status, headers, body } = await site.ask(request(`/bytes/${n}`));
    expect({ status, ...headers }).toEqual({
      status: 200,
      "content-type": "application/octet-stream",
      "content-length": String(n),
    });
    expect(body.equals(pattern(n))).toBe(true);
  });

  test.each([0, 1, 7, 8, 9, 1024, 100_001])("swallows an upload of %i octets and answers its CRC", async (n) => {
    const site = await Site.open({ profile });
    const body = pattern(n).map((octet, i) => octet ^ (i >> 8));
    const response = await site.ask(upload(`Content-Length: ${n}`), body);
    expect(response.status).toBe(200);
    expect(response.headers).toEqual({ "content-type": "application/json", "content-length": String(receipt(body).length) });
    expect(response.body.toString()).toBe(receipt(body));
  });

  test("swallows an upload in chunks", async () => {
    const site = await Site.open({ profile });
    const body = pattern(10_000);
    const chunks = chunked(body, [1, 15, 16, 255, 256, 4000], ";name=value", "Checksum: none\r\nMore: x\r\n");
    const response = await site.ask(upload("Transfer-Encoding: Chunked"), chunks);
    expect(response.body.toString()).toBe(receipt(body));
  });

  test("keeps nothing of a client that has gone", async () => {
    const site = await Site.open({ profile });
    const free = site.server.snapshot().memory.length;
    for (let i = 0; i < 20; i++) {
      const browser = await site.browser();
      await site.settle(browser.write(request("/bytes/4000000000")));
      await site.settle(browser.exactly(3000));
      browser.socket.reset();
      site.clock.advanceBy(10);
    }
    expect(site.held).toBe(0);
    expect(site.server.sockets().filter(({ state }) => state !== "Listen" && state !== "")).toEqual([]);
    expect((await site.ask(request("/bytes/5000"))).body.length).toBe(5000);
    expect(site.server.snapshot().memory.length).toBe(free);
  });
});

describe("persistent connections", () => {
  test("answer request after request", async () => {
    const site = await Site.open();
    const browser = await site.browser();
    for (let i = 0; i < 50; i++) {
      const { status, body } = await site.settle(browser.ask(request(`/bytes/${i}`)));
      expect([status, body.length]).toEqual([200, i]);
    }
    expect((await site.settle(browser.ask(request("/")))).status).toBe(200);
    expect((await site.settle(browser.ask(request("/nowhere")))).status).toBe(404);
    expect((await site.settle(browser.ask(upload("Content-Length: 3"), "abc"))).body.toString()).toBe(
      receipt(Buffer.from("abc")),
    );
    expect((await site.settle(browser.ask(request("/stats.json")))).status).toBe(200);
    expect(browser.unread.length).toBe(0);
    expect(site.server.counters()["TcpPassiveOpens"]).toBe(1);
  });

  test("answer pipelined requests in their order, however they are cut", async () => {
    const requests = [
      request("/bytes/10"),
      upload("Content-Length: 5") + "hello",
      request("/x"),
      request("/", { method: "HEAD" }),
    ];
    const all = Buffer.from([...requests, request("/bytes/3000"), "\r\n\r\n", request("/bytes/7")].join(""));
    for (const size of [1, 2, 3, 7, 64, all.length]) {
      const site = await Site.open();
      const browser = await site.browser();
      browser.socket.setOptions({ noDelay: true });
      for (let at = 0; at < all.length; at += size) {
        await site.settle(browser.write(all.subarray(at, at + size)));
        site.clock.advanceBy(1);
      }
      const seen = [];
      for (const bare of [false, false, false, true, false, false]) {
        const { status, body } = await site.settle(browser.response(bare));
        seen.push([status, bare ? "" : body.length]);
      }
      expect(seen, `in pieces of ${size}`).toEqual([
        [200, 10],
        [200, receipt(Buffer.from("hello")).length],
        [404, 14],
        [200, ""],
        [200, 3000],
        [200, 7],
      ]);
    }
  });

  test("survive a flood of pipelined requests whose answers nobody reads at first", async () => {
    const site = await Site.open();
    const browser = await site.browser();
    const flood = browser.write(request("/bytes/100").repeat(500));
    site.clock.advanceBy(5000);
    for (let i = 0; i < 500; i++) expect((await site.settle(browser.response())).body.length).toBe(100);
    await flood;
  });

  test("end when the client says so", async () => {
    const site = await Site.open();
    const browser = await site.browser();
    const asked = request("/bytes/5", { fields: ["Host: a", "Connection: keep-alive, Close"] });
    const response = await site.settle(browser.ask(asked));
    expect(response.headers["connection"]).toBe("close");
    expect(await site.settle(browser.rest())).toHaveLength(0);
  });

  test("end after each answer with HTTP/1.0, and lists end with them", async () => {
    const site = await Site.open();
    for (const [path, length] of [
      ["/bytes/5", "5"],
      ["/stats.json", undefined],
    ] as const) {
      const browser = await site.browser();
      const response = await site.settle(browser.ask(request(path, { version: "HTTP/1.0", fields: [] })));
      expect(response.headers).toMatchObject({ connection: "close" });
      expect(response.headers["content-length"]).toBe(length);
      expect(response.headers["transfer-encoding"]).toBeUndefined();
      expect(await site.settle(browser.rest())).toHaveLength(0);
      if (path === "/stats.json") expect(JSON.parse(response.body.toString())).toHaveProperty("sockets");
    }
  });

  test("end with the client's FIN, after the answers", async () => {
    const site = await Site.open();
    const browser = await site.browser();
    await site.settle(browser.write(request("/bytes/10000") + request("/bytes/3")));
    await site.settle(browser.socket.end());
    expect((await site.settle(browser.response())).body.length).toBe(10_000);
    expect((await site.settle(browser.response())).body.length).toBe(3);
    expect(await site.settle(browser.rest())).toHaveLength(0);
    site.clock.advanceBy(100);
    expect(site.held).toBe(0);
  });
});

describe("HEAD", () => {
  test.each(["/", "/stats.json", "/bytes/123", "/nowhere"])("of %s has the head of GET and no body", async (path) => {
    const site = await Site.open();
    const browser = await site.browser();
    const get = await site.settle(browser.ask(request(path)));
    const head = await site.settle(browser.ask(request(path, { method: "HEAD" })));
    expect([head.status, head.headers]).toEqual([get.status, get.headers]);
    expect((await site.settle(browser.ask(request("/bytes/4")))).body.length).toBe(4);
  });
});

test("what comes after HEAD is answered with a body", async () => {
  const site = await Site.open();
  const browser = await site.browser();
  await site.settle(browser.ask(request("/", { method: "HEAD" })));
  expect((await site.settle(browser.ask("(nonsense)"))).body.toString()).toBe("400 Bad Request\n");
});

test("a body nobody asked for is not taken for a request", async () => {
  const site = await Site.open();
  const browser = await site.browser();
  const inner = request("/bytes/7");
  const outer = request("/bytes/3", { fields: ["Host: x", `Content-Length: ${inner.length}`] });
  const { body, headers } = await site.settle(browser.ask(outer, inner));
  expect([body.length, headers["connection"]]).toEqual([3, "close"]);
  expect(await site.settle(browser.rest())).toHaveLength(0);
});

test("lists that are written side by side do not mix", async () => {
  const site = await Site.open({ profile: "tiny" });
  const browsers = [await site.browser(), await site.browser()];
  for (let round = 0; round < 10; round++) {
    const answers = await site.settle(Promise.all(browsers.map((browser) => browser.ask(request("/stats.json")))));
    for (const { body } of answers) {
      const rows = (JSON.parse(body.toString()) as Stats).sockets.map(
        ({ protocol, local, foreign }) => `${protocol} ${local} ${foreign}`,
      );
      expect(new Set(rows).size).toBe(7);
      expect(rows).toHaveLength(7);
    }
  }
});

describe("Expect: 100-continue", () => {
  test("is answered before the body and with it", async () => {
    const site = await Site.open();
    const browser = await site.browser();
    expect((await site.settle(browser.ask(upload("Content-Length: 3", "Expect: 100-continue")))).status).toBe(100);
    expect((await site.settle(browser.ask("abc"))).body.toString()).toBe(receipt(Buffer.from("abc")));
  });

  test("is not answered where the body is not wanted", async () => {
    const site = await Site.open();
    const head = request("/", { method: "PUT", fields: ["Host: x", "Content-Length: 3", "Expect: 100-continue"] });
    const { status, headers } = await site.ask(head);
    expect([status, headers["connection"]]).toEqual([405, "close"]);
  });
});

describe("the target of a request", () => {
  const targets: [string, number][] = [
    ["/?a=b", 200],
    ["http://board/bytes/12", 200],
    ["http://board:80/stats.json?x", 200],
    ["/bytes/12?x", 200],
    ["/bytes/4294967295", 200],
    ["/bytes/4294967296", 404],
    ["/bytes/99999999999999999999", 404],
    ["/bytes/", 404],
    ["/bytes", 404],
    ["/bytes/1x", 404],
    ["/bytes/-1", 404],
    ["/bytes/x1", 404],
    ["/stats.jso", 404],
    ["/stats.jsonx", 404],
    ["//", 404],
    ["/upload/", 404],
    ["*", 404],
    ["board:80", 404],
    ["http://board", 404],
  ];
  test.each(targets)("%s: %i", async (target, status) => {
    const site = await Site.open();
    expect((await site.ask(request(target, { method: "HEAD" }))).status).toBe(status);
  });
});

describe("a request that cannot be answered", () => {
  const long = (n: number): string => "x".repeat(n);
  const huge = "Content-Length: 4294967296";
  /** What is sent, the status it earns, and whether the connection goes on. */
  const requests: [string, string, number, "stays" | "closes"][] = [
    ["no method", " / HTTP/1.1\r\n\r\n", 400, "closes"],
    ["a method with a colon", "GE:T / HTTP/1.1\r\n\r\n", 400, "closes"],
    ["no target", "GET  HTTP/1.1\r\n\r\n", 400, "closes"],
    ["no version", "GET /\r\n\r\n", 400, "closes"],
    ["another protocol", "GET / HTTQ/1.1\r\nHost: x\r\n\r\n", 400, "closes"],
    ["a version of two digits", "GET / HTTP/1.10\r\nHost: x\r\n\r\n", 400, "closes"],
    ["HTTP/2", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505, "closes"],
    ["TLS", "\x16\x03\x01\x02\x00\x01", 400, "closes"],
    ["no Host", "GET / HTTP/1.1\r\n\r\n", 400, "closes"],
    ["two Hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "closes"],
    ["a blank before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400, "closes"],
    ["a folded line", "GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n", 400, "closes"],
    ["a field without a name", "GET / HTTP/1.1\r\n: x\r\n\r\n", 400, "closes"],
    ["a line without a colon", "GET / HTTP/1.1\r\nHost\r\n\r\n", 400, "closes"],
    ["a NUL", "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 400, "closes"],
    ["a CR alone", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400, "closes"],
    ["a length that is none", upload("Content-Length: 1x"), 400, "closes"],
    ["a negative length", upload("Content-Length: -1"), 400, "closes"],
    ["an empty length", upload("Content-Length: "), 400, "closes"],
    ["two numbers as length", upload("Content-Length: 1 1"), 400, "closes"],
    ["two lengths", upload("Content-Length: 1", "Content-Length: 1"), 400, "closes"],
    ["a length and chunks", upload("Content-Length: 1", "Transfer-Encoding: chunked"), 400, "closes"],
    ["chunks in HTTP/1.0", upload("Transfer-Encoding: chunked").replace("1.1", "1.0"), 400, "closes"],
    ["another coding", upload("Transfer-Encoding: gzip, chunked"), 501, "closes"],
    ["chunks twice", upload("Transfer-Encoding: chunked, chunked"), 501, "closes"],
    ["an empty coding", upload("Transfer-Encoding: "), 501, "closes"],
    ["an upload without a length", upload(), 411, "stays"],
    ["an upload over 4 GiB", upload(huge), 413, "closes"],
    ["an unknown expectation", upload("Content-Length: 0", "Expect: tea"), 417, "stays"],
    ["an unknown method", request("/", { method: "BREW" }), 501, "stays"],
    ["DELETE", request("/", { method: "DELETE" }), 405, "stays"],
    ["POST to the page", request("/", { method: "POST", fields: ["Host: x", "Content-Length: 2"] }) + "ab", 405, "closes"],
    ["GET of the upload", request("/upload"), 405, "stays"],
    ["an unknown path", request("/nowhere"), 404, "stays"],
    ["a target of 1,100 octets", request(`/${long(1100)}`), 414, "closes"],
    ["a field of 5,000 octets", request("/", { fields: ["Host: x", `A: ${long(5000)}`] }), 431, "closes"],
    ["five hundred fields", request("/", { fields: ["Host: x", ...Array<string>(500).fill("A: bcdef")] }), 431, "closes"],
    ["a chunk size that is none", `${upload("Transfer-Encoding: chunked")}x\r\n`, 400, "closes"],
    ["an empty chunk size", `${upload("Transfer-Encoding: chunked")}\r\n`, 400, "closes"],
    ["a chunk without its end", `${upload("Transfer-Encoding: chunked")}1\r\nab\r\n`, 400, "closes"],
    ["a chunk of 2^32 octets", `${upload("Transfer-Encoding: chunked")}100000000\r\n`, 413, "closes"],
    ["endless chunk extensions", `${upload("Transfer-Encoding: chunked")}${`1;${long(500)}\r\nx\r\n`.repeat(9)}`, 431, "closes"],
    ["endless zeros of a chunk size", `${upload("Transfer-Encoding: chunked")}${"0".repeat(20)}`, 400, "closes"],
  ];
  test.each(requests)("%s", async (_, head, status, then) => {
    const site = await Site.open();
    const browser = await site.browser();
    const sent = browser.write(Buffer.from(head, "latin1"));
    const response = await site.settle(browser.response());
    await site.settle(sent);
    expect([response.status, response.headers["connection"]]).toEqual([status, then === "closes" ? "close" : undefined]);
    expect(response.body.toString()).toBe(`${status} ${response.reason}\n`);
    if (then === "closes") expect(await site.settle(browser.rest())).toHaveLength(0);
    else expect((await site.settle(browser.ask(request("/bytes/3")))).body.length).toBe(3);
    browser.close();
    site.clock.advanceBy(100);
    expect(site.held).toBe(0);
  });

  test("says what would have been allowed", async () => {
    const site = await Site.open();
    expect((await site.ask(request("/upload"))).headers["allow"]).toBe("PUT, POST");
    expect((await site.ask(request("/stats.json", { method: "DELETE" }))).headers["allow"]).toBe("GET, HEAD");
    expect((await site.ask(request("/nowhere", { method: "DELETE" }))).headers["allow"]).toBeUndefined();
  });

  test("may end its lines with LF alone and begin with empty ones", async () => {
    const site = await Site.open();
    expect((await site.ask("\r\n\nGET /bytes/3 HTTP/1.1\nHost: x\n\n")).body.length).toBe(3);
  });
});

describe("many clients at once", () => {
  /** Ask for `n` octets on a connection of its own. */
  const visit = async (site: Site, n: number): Promise<boolean> => {
    const browser = await Browser.open(site.client, site.host);
    const { body } = await browser.ask(request(`/bytes/${n}`));
    browser.close();
    return body.equals(pattern(n));
  };
  const yes = (n: number): boolean[] => Array<boolean>(n).fill(true);

  // As many as the board has places for half-open connections: a burst beyond that costs somebody a reset.
  test.each<[Profile, number]>([
    ["tiny", 4],
    ["default", 8],
    ["host", 1000],
  ])("a board of the profile %s serves %i", async (profile, n) => {
    const site = await Site.open({ profile, debug: profile !== "host" });
    const visits = Array.from({ length: n }, (_, i) => visit(site, i * 37));
    expect(await site.settle(Promise.all(visits))).toEqual(yes(n));
    site.clock.advanceBy(1000);
    expect(site.held).toBe(0);
  });

  test("far more than the board has room for are served by and by", async () => {
    const site = await Site.open({ profile: "tiny" });
    const stubborn = async (n: number): Promise<boolean> => visit(site, n).catch(() => stubborn(n));
    const visits = Array.from({ length: 60 }, (_, i) => stubborn(i * 37));
    expect(await site.settle(Promise.all(visits), 3_000_000)).toEqual(yes(60));
    site.clock.advanceBy(1000);
    expect(site.held).toBe(0);
  });

  test("an idle client gives its record to one who asks", async () => {
    const site = await Site.open({ profile: "tiny" });
    const idle = await site.browser();
    await site.settle(idle.ask(request("/bytes/1")));
    for (const browser of [await site.browser(), await site.browser()]) {
      const { status, headers } = await site.settle(browser.ask(request("/bytes/1")));
      expect([status, headers["connection"]]).toEqual([200, undefined]);
    }
    expect(await site.settle(idle.rest())).toHaveLength(0);
  });

  test("clients without a record wait in the accept queue for one", async () => {
    const site = await Site.open({ knobs: { CONFIG_HTTP_CLIENTS: 2 } });
    const browsers = [];
    for (let i = 0; i < 5; i++) browsers.push(await site.browser());
    for (const browser of browsers) await site.settle(browser.write(request("/bytes/300000")));
    site.clock.advanceBy(1000);
    expect(site.held).toBe(2);
    for (const browser of browsers) {
      expect((await site.settle(browser.response())).body.equals(pattern(300_000))).toBe(true);
      browser.close();
    }
    site.clock.advanceBy(1000);
    expect(site.held).toBe(0);
  }, 120_000);

  test("while all records are in use, an answer ends its connection", async () => {
    const site = await Site.open({ profile: "tiny" });
    for (const browser of [await site.browser(), await site.browser()])
      await site.settle(browser.write(request("/bytes/1000000")));
    const { status, headers } = await site.ask(request("/bytes/1"));
    expect([status, headers["connection"]]).toEqual([200, "close"]);
  });
});
