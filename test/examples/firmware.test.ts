import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ask } from "../../examples/node/client";
import { Board, VirtualClock, wire } from "../../host/node/index";
import { compile } from "../../host/tools/compile";

/** The examples in AssemblyScript, compiled with the stack and visited over a cable. */

test("examples/echo.ts serves all its clients at once, octet by octet, and lets go of those that have ended", async () => {
  const outFile = "build/test/echo.wasm";
  const { code, output } = await compile({ entry: "examples/echo.ts", target: "default.debug", outFile });
  expect(code, output).toBe(0);
  const clock = new VirtualClock();
  const [near, far] = wire({ clock, latency: 1 });
  const module = new WebAssembly.Module(readFileSync(outFile));
  const echo = await Board.create({ clock, module, seed: 1, address: "10.0.0.2/24", serve: true });
  const clients = await Board.create({ clock, profile: "host", seed: 2, address: "10.0.0.1/24" });
  echo.attach(near);
  clients.attach(far);
  const words = Array.from({ length: 6 }, (_, i) => `client ${i}: ${"abcdefghij".repeat(1000 * i)}`);
  for (let round = 0; round < 3; round++) {
    const answers = Promise.all(words.map((word) => ask(clients, { address: "10.0.0.2", port: 7 }, word)));
    expect(await clock.settle(answers, 120_000)).toEqual(words);
  }
  clock.advanceBy(1000);
  expect(echo.sockets().filter(({ state, fd }) => fd !== null && state !== "Listen")).toEqual([]);
}, 120_000);
