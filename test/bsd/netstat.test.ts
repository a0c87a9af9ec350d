import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SHUT_WR } from "../../host/node/bsd/index";
import { counterTable, netstatRows, netstatTable } from "../../host/node/netstat";
import { Commands } from "../net/command";
import { connected, datagrams, pair } from "./pair";

describe("Looking: netstat", () => {
  it("protocol, queues, addresses, state, timer, owner; a connection's states while they last", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    await datagrams(p);
    p.w.run(1000);
    const { port } = near.getSockName();
    const rows = (): string[] => netstatTable(netstatRows(p.client.sockets())).replaceAll(/ +/g, " ").split("\n");
    await far.send("12345");
    p.w.run(100);
    near.shutdown(SHUT_WR);
    p.w.run(100);
    expect(rows()).toEqual([
      "Proto Recv-Q Send-Q Local address Foreign address State Timer Owner",
      expect.stringContaining(`tcp 5 0 10.0.0.1:${port} 10.0.0.2:80 FIN-WAIT-2`),
      expect.stringMatching(/^udp 0 0 0\.0\.0\.0:\d+ 0\.0\.0\.0:\* Host$/),
    ]);
    await p.settle(near.recv(9));
    await far.close();
    p.w.run(100);
    expect(rows()[1]).toMatch(new RegExp(`^tcp 0 0 10\\.0\\.0\\.1:${port} 10\\.0\\.0\\.2:80 TIME-WAIT \\d+ ms Host$`));
    await near.close();
    p.w.run(240_000);
    expect(rows()).toHaveLength(2);
  });

  it("numbers stand to the right, words to the left", () => {
    const row = { protocol: "tcp", local: "10.0.0.2:80", foreign: "0.0.0.0:0", state: "Listen", timer: null, owner: "Http" };
    const other = { ...row, protocol: "udp", foreign: "10.0.0.100:50000", state: "", timer: 1500 };
    const table = netstatTable([
      { ...row, receiveQueue: 0, sendQueue: 8 },
      { ...other, receiveQueue: 123_456, sendQueue: 0 },
    ]);
    expect(table.split("\n")).toEqual([
      "Proto  Recv-Q  Send-Q  Local address  Foreign address   State     Timer  Owner",
      "tcp         0       8  10.0.0.2:80    0.0.0.0:*         LISTEN           Http",
      "udp    123456       0  10.0.0.2:80    10.0.0.100:50000          1500 ms  Http",
    ]);
  });

  it("counters by name, those that are not 0", () => {
    expect(counterTable({ FramesIn: 1234, TcpIn: 0, IpIn: 7 })).toBe("1234  FramesIn\n   7  IpIn");
  });
});

describe("Looking: sandwire netstat", () => {
  const commands = new Commands();
  let port = "";
  let stranger: Server;

  beforeAll(async () => {
    const board = commands.start("run", "--forward", "0:80");
    port = /\d+(?=\/$)/.exec(await board.says(/http:\/\/127\.0\.0\.1:\d+\//))?.[0] ?? "";
    stranger = createServer((request, response) => response.end(request.url === "/stats.json" ? "<html>" : "")).listen(
      0,
      "127.0.0.1",
    );
    await new Promise((resolve) => stranger.once("listening", resolve));
  }, 60_000);
  afterAll(() => {
    commands.kill();
    stranger.close();
  });

  it("shows the sockets of a running board, by the port of its status page or by its address", async () => {
    for (const where of [port, `127.0.0.1:${port}`, `http://127.0.0.1:${port}/`]) {
      const { code, out, err } = await commands.start("netstat", where).ended;
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toMatch(/^Proto {2}Recv-Q {2}Send-Q {2}Local address +Foreign address +State +Timer +Owner\n/);
      expect(out).toMatch(/^tcp +0 +\d+ {2}0\.0\.0\.0:80 +0\.0\.0\.0:\* +LISTEN +Http$/m);
      expect(out).toMatch(/^tcp +\d+ +\d+ {2}10\.0\.0\.2:80 +10\.0\.0\.1:\d+ +ESTABLISHED.* Http$/m);
      expect(out).toMatch(/^udp +0 +0 {2}0\.0\.0\.0:7 +0\.0\.0\.0:\* +Echo$/m);
    }
  });

  it("--counters shows them by name, --json both for machines", async () => {
    expect((await commands.start("netstat", port, "--counters").ended).out).toMatch(/^ *\d+ {2}FramesIn\n/m);
    const { sockets } = JSON.parse((await commands.start("netstat", port, "--json").ended).out) as { sockets: object[] };
    const columns = ["protocol", "local", "foreign", "state", "receiveQueue", "sendQueue", "timer", "owner"];
    expect(
      Object.keys(sockets[0])
        .filter((key) => columns.includes(key))
        .sort(),
    ).toEqual(columns.sort());
    const { counters } = JSON.parse((await commands.start("netstat", port, "--json", "--counters").ended).out) as {
      counters: Record<string, number>;
    };
    expect(counters["FramesIn"]).toBeGreaterThan(0);
  });

  it("-c looks again and again until Ctrl-C", async () => {
    const command = commands.start("netstat", port, "-c", "0.05");
    await command.says(/Proto[^]*\n\nProto[^]*\n\nProto/);
    expect(await command.stop("SIGINT")).toMatchObject({ code: 0, err: "" });
  });

  it("says in one line what is wrong, and what to do", async () => {
    const { port: other } = stranger.address() as AddressInfo;
    const nobody = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => nobody.once("listening", resolve));
    const { port: free } = nobody.address() as AddressInfo;
    await new Promise((resolve) => nobody.close(resolve));
    const cases: [string[], RegExp][] = [
      [[String(free)], /^sandwire: nothing listens at 127\.0\.0\.1:\d+: start a board with `npm start`, or say where/],
      [[String(other)], /answers, but not as a board's status page does: start a board/],
      [["99999"], /It is a port of this machine, or the address of a board's status page/],
      [["-c", "soon"], /It is seconds, such as 1 or 0\.5.* Try `sandwire netstat --help`\.$/m],
    ];
    for (const [args, words] of cases) {
      const { code, out, err } = await commands.start("netstat", ...args).ended;
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toMatch(words);
      expect(err).toMatch(/^sandwire: [^\n]+\n$/);
    }
  });
});
