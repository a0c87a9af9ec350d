import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Board } from "../../host/node/board";
import { VirtualClock } from "../../host/node/clock";
import { wire } from "../../host/node/links/wire";
import { connect } from "../../host/node/socket";
import { compile } from "../../host/tools/compile";
import { readAll } from "../socket/pair";

test("the newcomer's firmware greets whoever connects, again and again", async () => {
  const outFile = "build/test/hello.wasm";
  const { code, output } = await compile({ entry: "examples/hello.ts", target: "default.debug", outFile });
  expect(code, output).toBe(0);
  const clock = new VirtualClock();
  const [near, far] = wire({ clock, latency: 1 });
  const module = new WebAssembly.Module(readFileSync(outFile));
  const hello = await Board.create({ clock, module, address: "10.0.0.2/24", serve: true });
  const visitor = await Board.create({ clock, address: "10.0.0.1/24" });
  hello.attach(near);
  visitor.attach(far);
  for (let i = 0; i < 20; i++) {
    const socket = await clock.settle(connect(visitor, { host: "10.0.0.2", port: 7000 }), 10_000);
    expect((await clock.settle(readAll(socket), 10_000)).toString()).toBe("Hello from Sandwire\r\n");
    socket.destroy();
  }
  clock.advanceBy(1000);
  expect(hello.sockets().filter(({ state, fd }) => fd !== null && state !== "Listen")).toEqual([]);
}, 120_000);
