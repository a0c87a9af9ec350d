/**
 * Run a firmware of one's own, `sandwire build hello.ts`, and visit it from a board beside it. The clock is virtual: what takes the
 * boards minutes takes this program a moment.
 */
import { Board, connect, loadModule, VirtualClock, wire } from "sandwire";

const clock = new VirtualClock();
const [left, right] = wire({ clock, latency: 5 });
const module = await loadModule(process.argv[2] ?? "build/hello.default.wasm");
const hello = await Board.create({ clock, module, address: "10.0.0.2/24", serve: true });
const visitor = await Board.create({ clock, address: "10.0.0.1/24" });
hello.attach(left);
visitor.attach(right);

async function visit(): Promise<void> {
  const socket = await connect(visitor, { host: "10.0.0.2", port: 7000 });
  for await (const chunk of socket) process.stdout.write(chunk);
  await socket.end();
}

await clock.settle(visit(), 60_000);
