import { afterAll, beforeAll, describe, expect } from "vitest";
import { type Namespace, privateNetwork } from "../interop/namespace";
import { pattern, sha256 } from "../interop/octets";
import { needs } from "../support/needs";
import { openEcosystem } from "./ecosystem";
import type { Conversation } from "./inside/websocket";
import type { Ecosystem } from "./inside/lab";

const test = needs("unshare", "ip", privateNetwork());
const [KERNEL, BOARD] = ["10.0.0.1", "10.0.0.2"];

/** What both ends have to see whoever is the server. */
const EXPECTED: Conversation = {
  texts: ["", "hello", "größer als ASCII: ✓", "x".repeat(200_000), "in three pieces"],
  octets: [0, 125, 126, 65_535, 65_536, 5_000_000].map((length) => ({ length, sha256: sha256(pattern(length)) })),
  pongs: { client: "ping of the client", server: "still there?" },
  closed: { client: { code: 4001, reason: "that was all" }, server: { code: 4001, reason: "that was all" } },
};

describe("ws", () => {
  let network: Namespace<Ecosystem>;

  beforeAll(async () => {
    network = await openEcosystem();
  });
  afterAll(() => network?.close());

  for (const compressed of [false, true]) {
    const how = compressed ? ", compressed" : "";

    test(`a client on the board, a server at the kernel: text, binary, ping, close${how}`, async () => {
      expect(await network.lab.webSocketToKernel(KERNEL, compressed)).toEqual(EXPECTED);
    });

    test(`a server on the board, a client at the kernel: text, binary, ping, close${how}`, async () => {
      expect(await network.lab.webSocketToBoard(BOARD, compressed)).toEqual(EXPECTED);
    });
  }

  test("a connection that is cut: both ends see 1006", async () => {
    expect(await network.lab.webSocketCut(KERNEL)).toEqual({ client: 1006, server: 1006 });
  });

  test("nobody listens, or one who does not speak it", async () => {
    expect(await network.lab.webSocketRefused(`ws://${KERNEL}:81`)).toBe(`connect ECONNREFUSED ${KERNEL}:81`);
    await network.lab.serveSiteAtKernel(KERNEL, 8080);
    expect(await network.lab.webSocketRefused(`ws://${KERNEL}:8080/hello`)).toBe("Unexpected server response: 200");
  });

  test("no socket is left behind", async () => {
    const open = async () => (await network.lab.sockets()).filter(({ kind }) => kind !== "TimeWait");
    await expect.poll(open, { timeout: 5_000 }).toEqual([]);
  });
});
