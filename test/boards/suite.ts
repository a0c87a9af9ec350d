import { afterAll, beforeAll, describe, expect, onTestFinished } from "vitest";
import { bind } from "../../host/node/socket";
import { type EngineName, engineOf, readBoard } from "../../host/tools/board/description";
import type { Browser } from "../net/browser";
import { receipt, request, upload } from "../net/site";
import { needs } from "../support/needs";
import { pattern } from "../support/octets";
import { garbage } from "./garbage";
import { BOARD, Lab } from "./lab";

const test = needs("qemu-system-arm", "arm-none-eabi-gcc", "wasm2c");
/** Milliseconds a firmware may take to compile. */
const BUILD = 300_000;
const SECOND = 1000;
const TEN_MB = 10_000_000;

/** What a suite is told of its board. */
export interface SuiteOptions {
  /** Milliseconds the flood lasts (default 10 s). */
  flood?: number;
}

/** What every board has to do with every engine. */
export function suite(name: string, engine: EngineName, { flood = 10 * SECOND }: SuiteOptions = {}): void {
  const board = readBoard(name);
  const { profile } = engineOf(board, engine);
  let lab: Lab;

  describe(`${name} with ${engine}`, () => {
    beforeAll(async () => {
      lab = await Lab.open(board, engine);
      await lab.serves();
    }, BUILD);
    afterAll(() => lab.close());

    test("boots, and says who it is", async () => {
      const [line] = await lab.says(/^sandwire on .*/);
      expect(line).toBe(`sandwire on ${name}: ${engine}, ${profile}, ${BOARD}/24, ${lab.mac}`);
      expect(lab.lines.filter((each) => each.includes("WARNING"))).toEqual([]);
    });

    test("shows its page", async () => {
      const { status, headers, body } = await lab.ask(request("/"));
      expect(status).toBe(200);
      expect(headers["content-type"]).toBe("text/html; charset=utf-8");
      expect(body.toString()).toContain(`<b>${BOARD}</b>`);
      expect(body.toString()).toContain("</main>");
    });

    test("tells machines the same", async () => {
      const { status, body } = await lab.ask(request("/stats.json"));
      const stats = JSON.parse(body.toString()) as { address: string; uptimeMs: number; counters: Record<string, number> };
      expect(status).toBe(200);
      expect(stats.address).toBe(BOARD);
      expect(stats.uptimeMs).toBeGreaterThan(0);
      expect(stats.counters["TcpIn"]).toBeGreaterThan(0);
    });

    test("sleeps while there is nothing to do", { timeout: 60 * SECOND }, () => idle(lab));

    test("echoes streams and datagrams", async () => {
      const browser = await lab.browser(7);
      const said = pattern(50_000, 7);
      const [heard] = await Promise.all([browser.exactly(said.length), browser.write(said)]);
      expect(Buffer.compare(heard, said)).toBe(0);
      const socket = bind(lab.client, { port: 5000 });
      onTestFinished(() => socket.close());
      await socket.send(said.subarray(0, 300), { address: BOARD, port: 7 });
      const { data } = await socket.receive();
      expect(Buffer.compare(data, said.subarray(0, 300))).toBe(0);
    });

    test("sends 10 MB", { timeout: 120 * SECOND }, async () => {
      const { status, body } = await lab.ask(request(`/bytes/${TEN_MB}`));
      expect(status).toBe(200);
      expect(Buffer.compare(body, pattern(TEN_MB))).toBe(0);
    });

    test("takes 10 MB", { timeout: 120 * SECOND }, async () => {
      const octets = pattern(TEN_MB, 100);
      const { body } = await lab.ask(upload(`Content-Length: ${octets.length}`), octets);
      expect(body.toString()).toBe(receipt(octets));
    });

    if (profile === "tiny") test("serves three clients at once, and those who wait after them", () => threeAtOnce(lab));
    else test("serves fifty clients at once", { timeout: 60 * SECOND }, () => fiftyAtOnce(lab));

    test("bears a bad cable", { timeout: 120 * SECOND }, async () => {
      lab.isBad = true;
      onTestFinished(() => void (lab.isBad = false));
      const octets = pattern(100_000, 3);
      const [down, up] = await Promise.all([
        lab.ask(request(`/bytes/${octets.length}`)),
        lab.ask(upload(`Content-Length: ${octets.length}`), octets),
      ]);
      expect(Buffer.compare(down.body, pattern(octets.length))).toBe(0);
      expect(up.body.toString()).toBe(receipt(octets));
    });

    test.each(["at the board", "at the hub"])("goes on when the cable is back: unplugged %s", { timeout: 60 * SECOND }, (where) =>
      unplugged(lab, where),
    );

    test("starts anew when reset, and resets connections of before", { timeout: 60 * SECOND }, () => reset(lab));

    test("bears a flood while a transfer goes on", { timeout: flood + 120 * SECOND }, () => flooded(lab, flood));

    test("lives on when the module traps, says so, and serves again", { timeout: 60 * SECOND }, () => trapped(lab));
  });
}

/** What the firmware counts: milliseconds since its start, and how often its loop has looked for frames, twice a round. */
async function looks(lab: Lab): Promise<{ ms: number; times: number }> {
  const from = lab.lines.length;
  lab.board.type("s");
  const [, ms, times] = await lab.says(/^up (\d+) ms, .* looked (\d+) times, /, from);
  return { ms: Number(ms), times: Number(times) };
}

/** A loop that does not sleep makes thousands of rounds a second; one that does wakes for timers and to look at the cable. */
async function idle(lab: Lab): Promise<void> {
  await lab.silence();
  const before = await looks(lab);
  await new Promise((resolve) => setTimeout(resolve, SECOND));
  const after = await looks(lab);
  expect(after.ms).toBeGreaterThan(before.ms + SECOND / 2);
  expect(after.times).toBeGreaterThan(before.times);
  expect((after.times - before.times) / (after.ms - before.ms)).toBeLessThan(200 / SECOND);
}

/** Every client gets what it asked for: those beyond the connections wait in the queues, or send their SYN again. */
async function fiftyAtOnce(lab: Lab): Promise<void> {
  const sizes = Array.from({ length: 50 }, (_, i) => 1000 + i * 100);
  const answers = await Promise.all(sizes.map((size) => lab.ask(request(`/bytes/${size}`))));
  answers.forEach(({ body }, i) => expect(Buffer.compare(body, pattern(sizes[i])), `client ${i}`).toBe(0));
}

/** Three that do not read hold the board's three connections; three more are served when those are done. */
async function threeAtOnce(lab: Lab): Promise<void> {
  const size = 200_000;
  const ask = async (): Promise<Browser> => {
    const browser = await lab.browser();
    await browser.write(request(`/bytes/${size}`, { fields: ["Host: board", "Connection: close"] }));
    return browser;
  };
  const first = [await ask(), await ask(), await ask()];
  const heads = await Promise.all(first.map((browser) => browser.exactly(15)));
  expect(heads.map(String)).toEqual(Array.from({ length: 3 }, () => "HTTP/1.1 200 OK"));
  const body = async (browser: Browser): Promise<Buffer> => {
    const all = await browser.rest();
    browser.close();
    return all.subarray(-size);
  };
  const late = [0, 1, 2].map(async () => body(await ask()));
  for (const each of await Promise.all([...first.map(body), ...late])) expect(Buffer.compare(each, pattern(size))).toBe(0);
}

/** The cable is out for a second in the middle of a transfer. */
async function unplugged(lab: Lab, where: string): Promise<void> {
  const plug = async (up: boolean): Promise<void> => {
    if (where === "at the board") await lab.board.cable(up);
    else lab.isPlugged = up;
  };
  const size = 500_000;
  const browser = await lab.browser();
  await browser.write(request(`/bytes/${size}`, { fields: ["Host: board", "Connection: close"] }));
  const beginning = await browser.exactly(20_000);
  await plug(false);
  const rest = browser.rest();
  rest.catch(() => undefined);
  await lab.silence();
  await plug(true);
  const all = Buffer.concat([beginning, await rest]);
  browser.close();
  expect(Buffer.compare(all.subarray(-size), pattern(size))).toBe(0);
  expect((await lab.ask(request("/"))).status).toBe(200);
}

async function reset(lab: Lab): Promise<void> {
  const idle = await lab.browser(7);
  await idle.write("before");
  await idle.exactly(6);
  const { port } = idle.socket.local;
  const gone = expect(endless(await lab.browser(9))).rejects.toMatchObject({ code: "ECONNRESET" });
  const { lines, resets } = lab;
  const from = lines.length;
  await lab.board.reset();
  await lab.says(/^sandwire on /, from);
  await lab.serves(from);
  expect(lab.resets).toBe(resets + 1);
  // A new connection is served, whatever became of the old ones.
  expect((await lab.ask(request("/"))).status).toBe(200);
  // Who still sends hears that the connection is gone, and so does who speaks up later.
  await gone;
  const late = idle.write("after").then(() => idle.exactly(5));
  await expect(late).rejects.toMatchObject({ code: "ECONNRESET" });
  // The port of a connection of before serves again.
  const again = await lab.browser(7, port);
  await again.write("again");
  expect(String(await again.exactly(5))).toBe("again");
}

/** Send until the connection ends. */
async function endless(browser: Browser): Promise<never> {
  const octets = pattern(1000);
  for (;;) await browser.write(octets);
}

/**
 * Transfers follow one another as long as the flood lasts, small ones, so that a slow machine completes some in that time; the one
 * it leaves behind comes to its end, too.
 */
async function flooded(lab: Lab, duration: number): Promise<void> {
  const from = lab.lines.length;
  const flood = lab.flood(garbage(lab.board.mac, 1));
  const size = 100_000;
  const expected = pattern(size);
  let moved = 0;
  const transfers = async (): Promise<void> => {
    do {
      const { body } = await lab.ask(request(`/bytes/${size}`));
      expect(Buffer.compare(body, expected)).toBe(0);
      if (!flood.over) moved += body.length;
    } while (!flood.over);
  };
  const transferred = transfers();
  transferred.catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, duration));
  flood.stop();
  await transferred;
  expect(moved).toBeGreaterThan(0);
  // A cable carries twenty times as many.
  expect(flood.sent).toBeGreaterThan(duration);
  expect(lab.lines.slice(from)).toEqual([]);
}

async function trapped(lab: Lab): Promise<void> {
  const from = lab.lines.length;
  const gone = expect(endless(await lab.browser(9))).rejects.toMatchObject({ code: "ECONNRESET" });
  // It traps at the next frame.
  lab.board.type("t");
  const [, reason, restarts] = await lab.says(/^module trapped in poll\(\): (.+); restarted \((\d+)\)$/, from);
  expect(reason).toMatch(/out of bounds/);
  expect(restarts).toBe("1");
  await gone;
  const size = 100_000;
  const { body } = await lab.ask(request(`/bytes/${size}`));
  expect(Buffer.compare(body, pattern(size))).toBe(0);
  lab.board.type("s");
  expect((await lab.says(/, restarts (\d+),/, from))[1]).toBe("1");
}
