import { describe, expect, it } from "vitest";
import { serveEcho } from "../../examples/node/echo";
import { Board, connect, faulty, type Faults, VirtualClock, wire } from "../../host/node/index";
import { spread } from "../../host/node/random";

/** The release build, as it would run: this is much traffic, and no referee looks at each frame. */

const CLIENTS = 200;
const MIB = 1 << 20;
const PIECE = 65536;
const FAULTS: Partial<Faults> = { loss: 0.01, duplication: 0.005, reordering: 0.01, corruption: 0.001 };

/** What client `i` sends: no two clients send the same, and no two places of one are alike. */
function octetsOf(i: number): Buffer {
  const octets = Buffer.alloc(MIB);
  for (let word = 0; word < MIB; word += 4) octets.writeUInt32LE(spread(i * MIB + word), word);
  return octets;
}

/** Send all, read all that comes back at the same time; how many octets were the right ones. */
async function client(board: Board, i: number): Promise<number> {
  const socket = await connect(board, { host: "10.0.0.2", port: 7 });
  const octets = octetsOf(i);
  const send = async (): Promise<void> => {
    for (let n = 0; n < MIB; n += PIECE) await socket.write(octets.subarray(n, n + PIECE));
    await socket.end();
  };
  const sending = send();
  let have = 0;
  for await (const chunk of socket) {
    if (!octets.subarray(have, have + chunk.length).equals(chunk)) throw new Error(`client ${i}: other octets near ${have}`);
    have += chunk.length;
  }
  await sending;
  return have;
}

describe("Two hundred simultaneous clients on the echo server, each sending 1 MiB over a lossy wire", () => {
  it("every octet back, in order, and nothing left open", async () => {
    const clock = new VirtualClock();
    const [near, far] = wire({ clock, latency: 2 });
    const server = await Board.create({ clock, profile: "host", seed: 1, address: "10.0.0.2/24" });
    const clients = await Board.create({ clock, profile: "host", seed: 2, address: "10.0.0.1/24" });
    server.attach(far);
    clients.attach(faulty(near, { clock, seed: 3, sending: FAULTS, receiving: FAULTS }));
    void serveEcho(server, 7);
    const all = Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(clients, i)));
    expect(await clock.settle(all, 3_600_000)).toEqual(Array.from({ length: CLIENTS }, () => MIB));
    clock.advanceBy(300_000);
    expect(clients.sockets()).toEqual([]);
    expect(server.sockets().map(({ state }) => state)).toEqual(["Listen"]);
    expect(clients.counters().TcpChecksum, "the wire did damage frames").toBeGreaterThan(100);
  }, 300_000);
});
