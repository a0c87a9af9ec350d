import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { type Address, Board, isSystemError, listen, VirtualClock, wire } from "../../host/node/index";
import { createNet } from "../../host/node/net/index";
import { openChat } from "../../examples/node/chat";
import { ask } from "../../examples/node/client";
import { serveEcho } from "../../examples/node/echo";
import { serveHttp } from "../../examples/node/http";
import { ping, type Pong } from "../../examples/node/ping";
import { serveSums, sums } from "../../examples/node/records";
import { firewall, scan, wordFor } from "../../examples/node/scan";
import { askTime, serveTime } from "../../examples/node/time";
import { bar, serveUploads, type Store, upload } from "../../examples/node/upload";
import { pair, rejection } from "../socket/pair";

/** The programs of examples/node, over two boards in virtual time. */

const at = (port: number): Address => ({ address: "10.0.0.2", port });
const HOST = { profile: "host" } as const;

describe("examples/node/echo.ts, client.ts", () => {
  it("gives every client back what it sends", async () => {
    const p = await pair(HOST);
    void serveEcho(p.server, 7);
    const words = ["one", "two", randomBytes(20_000).toString("hex")];
    expect(await p.settle(Promise.all(words.map((word) => ask(p.client, at(7), word))))).toEqual(words);
    p.w.close();
  });

  it("says that nobody listens", async () => {
    const p = await pair(HOST);
    const error = await p.settle(rejection(ask(p.client, at(8), "hello")));
    expect(isSystemError(error, "ECONNREFUSED")).toBe(true);
    expect(p.client.sockets()).toEqual([]);
    p.w.close();
  });
});

describe("examples/node/chat.ts", () => {
  it("tells each line to all the others, and who comes and goes", async () => {
    const p = await pair(HOST);
    const room = openChat(p.server, 7008);
    const net = createNet(p.client);
    const heard: string[][] = [[], []];
    const guests = ["Ada", "Grace"].map((name, i) => {
      const guest = net.connect(7008, "10.0.0.2", () => guest.write(`${name}\n`));
      guest.setEncoding("utf8").on("data", (text: string) => heard[i].push(...text.trim().split("\n")));
      return guest;
    });
    const hears = (i: number, line: string): Promise<void> =>
      p.w.clock.settle(
        until(() => heard[i].includes(line), guests[i]),
        60_000,
      );
    await hears(0, "* Ada is here");
    await hears(1, "* Grace is here");
    guests[0].write("hello\n");
    await hears(1, "Ada: hello");
    expect(heard[0]).not.toContain("Ada: hello");
    guests[0].end();
    await hears(1, "* Ada has left");
    guests[1].end();
    await p.settle(once(guests[1], "close"));
    room.close();
    await p.settle(once(room, "close"));
    p.w.close();
  });
});

/** Resolves when the condition holds after some text has come. */
async function until(condition: () => boolean, guest: NodeJS.ReadableStream): Promise<void> {
  while (!condition()) await once(guest, "data");
}

describe("examples/node/time.ts", () => {
  it("tells the time, also when the first question is lost", async () => {
    const p = await pair(HOST);
    const now = Date.UTC(2030, 0, 1, 12, 30, 15);
    void serveTime(p.server, () => now);
    expect((await p.settle(askTime(p.client, "10.0.0.2"))).getTime()).toBe(now);
    p.server.linkUp(false);
    const late = askTime(p.client, "10.0.0.2");
    p.w.run(1500);
    p.server.linkUp(true);
    expect((await p.settle(late)).getTime()).toBe(now);
    p.w.close();
  });

  it("gives up after three questions, and at once when nobody listens", async () => {
    const p = await pair(HOST);
    expect(isSystemError(await p.settle(rejection(askTime(p.client, "10.0.0.2"))), "ECONNREFUSED")).toBe(true);
    p.server.linkUp(false);
    expect(isSystemError(await p.settle(rejection(askTime(p.client, "10.0.0.2"))), "ETIMEDOUT")).toBe(true);
    p.w.close();
  });
});

describe("examples/node/ping.ts", () => {
  const pings = async (pongs: AsyncGenerator<Pong>): Promise<Pong[]> => {
    const all: Pong[] = [];
    for await (const pong of pongs) all.push(pong);
    return all;
  };

  it("measures the round trip, and says what did not come back", async () => {
    const p = await pair({ ...HOST, latency: 20 });
    await p.settle(pings(ping(p.client, "10.0.0.2", { count: 1 }))); // ARP is over
    const pinging = pings(ping(p.client, "10.0.0.2", { count: 3 }));
    const later = (ms: number): Promise<void> => new Promise((resolve) => void p.w.clock.at(p.w.now + ms, resolve));
    await p.settle(later(500));
    p.server.linkUp(false);
    await p.settle(later(1000));
    p.server.linkUp(true);
    const [first, second, third] = await p.settle(pinging);
    expect([first, second]).toEqual([{ sequence: 1, ttl: 64, ms: 40 }, { sequence: 2 }]);
    expect(third).toMatchObject({ sequence: 3, ttl: 64 });
    expect(p.client.sockets()).toEqual([]);
    p.w.close();
  });

  it("hears that there is no such host", async () => {
    const p = await pair(HOST);
    const error = await p.settle(rejection(pings(ping(p.client, "10.0.0.77", { timeout: 10_000 }))));
    expect(isSystemError(error, "EHOSTUNREACH")).toBe(true);
    p.w.close();
  });
});

describe("examples/node/upload.ts", () => {
  it("resumes after the connection broke, and the checksum is right", async () => {
    const p = await pair({ ...HOST, bandwidth: 10_000_000 });
    const store: Store = new Map();
    const stored: string[] = [];
    void serveUploads(p.server, 7200, store, (name) => stored.push(name));
    const file = randomBytes(3_000_000);
    const steps: number[] = [];
    const sending = upload(p.client, at(7200), "somewhere/file.bin", file, { progress: (sent) => steps.push(sent) });
    await p.settle(passes(() => (steps.at(-1) ?? 0) > 1_000_000, p.w));
    p.server.linkUp(false);
    p.w.run(15_000); // both ends give the connection up
    p.server.linkUp(true);
    expect(await p.settle(sending, 300_000)).toBeGreaterThan(0);
    expect(stored).toEqual(["file.bin"]);
    expect([...store.values()][0].equals(file)).toBe(true);
    const again = steps.findIndex((sent, i) => i > 0 && sent < steps[i - 1]);
    expect(steps[again], "where the second connection began").toBeGreaterThan(500_000);
    expect(steps.at(-1)).toBe(file.length);
    p.w.close();
  });

  it("draws a bar", () => {
    expect([bar(0, 10, 10), bar(5, 10, 10), bar(10, 10, 10), bar(0, 0, 10)]).toEqual([
      "..........   0 %",
      "#####.....  50 %",
      "########## 100 %",
      "########## 100 %",
    ]);
  });
});

/** Resolves once the condition holds; looks every millisecond of virtual time. */
function passes(
  condition: () => boolean,
  w: { clock: { at(when: number, run: () => void): unknown; now: number } },
): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => (condition() ? resolve() : void w.clock.at(w.clock.now + 1, look));
    look();
  });
}

describe("examples/node/http.ts", () => {
  it("serves Node's own HTTP from a board to a board", async () => {
    const p = await pair(HOST);
    const server = serveHttp(p.server, 80, (incoming, response) => response.end(`you asked for ${incoming.url}`));
    const net = createNet(p.client);
    const answer = new Promise<string>((resolve, reject) => {
      const asking = request({ createConnection: () => net.connect(80, "10.0.0.2"), path: "/a/page" }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        response.on("end", () => resolve(text));
      });
      asking.on("error", reject).end();
    });
    expect(await p.settle(answer)).toBe("you asked for /a/page");
    server.close();
    p.w.close();
  });
});

describe("examples/node/records.ts", () => {
  it("keeps the borders of records over a wire that loses and reorders", async () => {
    const p = await pair({ ...HOST, faults: { loss: 0.05, reordering: 0.1 } });
    void serveSums(p.server, 7100);
    const pairs = Array.from({ length: 200 }, (_, i): [number, number] => [i, i * i]);
    expect(await p.settle(sums(p.client, at(7100), pairs))).toEqual(pairs.map(([a, b]) => a + b));
    p.w.close();
  });
});

describe("examples/node/scan.ts", () => {
  it("shows success, ECONNREFUSED and ETIMEDOUT", async () => {
    const clock = new VirtualClock();
    const [near, far] = wire({ clock, latency: 1 });
    const scanner = await Board.create({ clock, profile: "host", seed: 1, address: "10.0.0.1/24" });
    const target = await Board.create({ clock, profile: "host", seed: 2, address: "10.0.0.2/24" });
    scanner.attach(firewall(near, 21));
    target.attach(far);
    for (const port of [7, 9]) listen(target, { port });
    const found: string[] = [];
    const all = async (): Promise<void> => {
      for await (const finding of scan(scanner, "10.0.0.2", [7, 8, 9, 21])) found.push(`${finding.port} ${wordFor(finding)}`);
    };
    await clock.settle(all(), 60_000);
    expect(found).toEqual(["7 open", "8 ECONNREFUSED", "9 open", "21 ETIMEDOUT"]);
    expect(
      scanner.sockets().map(({ fd }) => fd),
      "descriptors left open",
    ).toEqual([null, null]);
  });
});
