import { afterAll, beforeAll, describe, expect } from "vitest";
import { needs } from "../support/needs";
import { captureFile, dissect } from "./capture";
import { type Namespace, openNamespace, privateNetwork } from "./namespace";
import { Folder, MIB, pattern, receipt, sha256 } from "./octets";

const test = needs("unshare", "ip", "ping", "curl", "tshark", privateNetwork());
const RUN = [process.execPath, "host/node/sandwire.mjs", "run", "--tap", "sw0", "--address", "10.0.0.2/24"];

describe("sandwire run --tap", () => {
  let network: Namespace;
  const folder = new Folder();
  let board: number;

  beforeAll(() => {
    network = openNamespace();
  });
  afterAll(async () => {
    await network?.close();
    folder.remove();
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`the kernel pings and curls the board; ${signal} ends it and takes the interface away`, async () => {
      const { lab } = network;
      const capture = captureFile(`command.${signal}`);
      board = await lab.start([...RUN, "--pcap", capture]);
      await lab.says(board, "http://10.0.0.2/");
      const ping = await lab.shell("ping -n -c 20 -i 0.02 -W 2 10.0.0.2");
      expect(ping.out).toContain("20 received, 0% packet loss");
      expect((await lab.shell("curl -sS http://10.0.0.2/")).out).toContain("<title>Sandwire");
      const bytes = await lab.shell("curl -sS http://10.0.0.2/bytes/1000000 | sha256sum");
      expect(bytes.out).toContain(sha256(pattern(1_000_000)));

      expect(await lab.stop(board, signal)).toMatchObject({ code: 0, signal: null, err: "" });
      expect((await lab.shell("ip link show sw0")).code).not.toBe(0);
      expect((await dissect(capture, "icmp.type == 0")).length).toBe(20);
    });
  }

  test("100 MiB each way arrive unharmed", async () => {
    const { lab } = network;
    const data = pattern(100 * MIB);
    const file = folder.write("100MiB", data);
    board = await lab.start(RUN);
    await lab.says(board, "http://10.0.0.2/");
    const down = await lab.shell(`curl -sS http://10.0.0.2/bytes/${data.length} | sha256sum`, { limit: 100_000 });
    expect(down).toMatchObject({ code: 0, out: `${sha256(data)}  -\n`, err: "" });
    const up = await lab.shell(`curl -sS -T ${file} http://10.0.0.2/upload`, { limit: 100_000 });
    expect(JSON.parse(up.out)).toEqual(receipt(data));
    await lab.stop(board, "SIGINT");
  }, 240_000);

  test("a client in the middle of a download does not keep it from ending", async () => {
    const { lab } = network;
    board = await lab.start(RUN);
    await lab.says(board, "http://10.0.0.2/");
    const client = await lab.start(["curl", "-sS", "-o", "/dev/null", "http://10.0.0.2/bytes/4000000000"]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await lab.stop(board, "SIGINT")).toMatchObject({ code: 0, signal: null, err: "" });
    expect((await lab.shell("ip link show sw0")).code).not.toBe(0);
    await lab.stop(client, "SIGTERM");
  });

  test("a second board cannot have the same interface: one line, exit code 1", async () => {
    const { lab } = network;
    board = await lab.start(RUN);
    await lab.says(board, "http://10.0.0.2/");
    const second = await lab.run(RUN);
    expect(second).toMatchObject({ code: 1, out: "" });
    expect(second.err).toMatch(/^sandwire: [^\n]*sw0[^\n]*\n$/);
    await lab.stop(board, "SIGINT");
  });
});
