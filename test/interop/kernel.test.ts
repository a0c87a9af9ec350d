import { afterAll, beforeAll, describe, expect } from "vitest";
import type { SocketInfo } from "../../host/node/inspect";
import { needs } from "../support/needs";
import { captureFile, dissect, examine } from "./capture";
import { type Namespace, openNamespace, privateNetwork } from "./namespace";
import { Folder, pattern, receipt, sha256 } from "./octets";

const test = needs("unshare", "ip", "ping", "curl", "nc", "ss", "tshark", privateNetwork());
const URL = "http://10.0.0.2";
const folder = new Folder();
afterAll(() => folder.remove());

describe.each(["tiny", "default", "host"] as const)("the kernel and a board of profile %s", (profile) => {
  const capture = captureFile(`kernel.${profile}`);
  let network: Namespace;
  let mac: string;

  beforeAll(async () => {
    network = openNamespace();
    mac = await network.lab.boot({ profile, pcap: capture });
  });
  afterAll(() => network?.close());

  /** What a line of shell prints; an error when it fails or says something on stderr. */
  async function shell(line: string, input?: string): Promise<string> {
    const { code, signal, out, err } = await network.lab.shell(line, { input });
    expect({ code, signal, err }, line).toEqual({ code: 0, signal: null, err: "" });
    return out;
  }

  /** What is open, half or whole, on the board. */
  async function connections(): Promise<SocketInfo[]> {
    const rows = await network.lab.sockets();
    return rows.filter(({ kind, state }) => (kind === "Tcp" && state !== "Listen") || kind === "HalfOpen");
  }

  for (const size of [0, 56, 1472]) {
    test(`20 pings with ${size} octets are all answered`, async () => {
      const out = await shell(`ping -n -c 20 -i 0.02 -W 2 -M do -p 5a -s ${size} 10.0.0.2`);
      expect(out).toContain("20 packets transmitted, 20 received, 0% packet loss");
      expect(out).not.toMatch(/wrong|DUP/);
    });
  }

  test("the page is one for a person", async () => {
    const page = await shell(`curl -sS ${URL}/`);
    expect(page).toContain("<title>Sandwire");
    expect(page).toContain("10.0.0.2");
  });

  test("/stats.json parses, and knows who asks", async () => {
    const stats = JSON.parse(await shell(`curl -sS ${URL}/stats.json`)) as { uptimeMs: number; sockets: { foreign: string }[] };
    expect(stats.uptimeMs).toBeGreaterThan(0);
    expect(stats.sockets.some(({ foreign }) => foreign.startsWith("10.0.0.1:"))).toBe(true);
  });

  test("two requests use one connection", async () => {
    const counts = await shell(`curl -sS -o /dev/null -o /dev/null -w '%{num_connects} ' ${URL}/ ${URL}/stats.json`);
    expect(counts).toBe("1 0 ");
  });

  for (const length of [0, 1, 250, 251, 1460, 1461, 100_000]) {
    test(`/bytes/${length} has the right octets`, async () => {
      expect(await shell(`curl -sS ${URL}/bytes/${length} | sha256sum`)).toContain(sha256(pattern(length)));
    });
  }

  for (const length of [0, 1, 1459, 100_000]) {
    test(`a PUT of ${length} octets is received unharmed`, async () => {
      const data = pattern(length);
      const file = folder.write(`put.${profile}.${length}`, data);
      expect(JSON.parse(await shell(`curl -sS -T ${file} ${URL}/upload`))).toEqual(receipt(data));
    });
  }

  test("HEAD has no body, and an unknown path is not found", async () => {
    expect(await shell(`curl -sS -I ${URL}/bytes/1000`)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: 1000\r\n/i);
    expect(await shell(`curl -sS -o /dev/null -w '%{http_code}' ${URL}/nothing`)).toBe("404");
  });

  test("echo answers what came before our half-close", async () => {
    const text = pattern(20_000).toString("hex");
    expect(await shell("timeout 10 nc -N 10.0.0.2 7", text)).toBe(text);
  });

  test("UDP echo", async () => {
    expect(await shell("printf sandwire | timeout 5 nc -u -w 1 10.0.0.2 7")).toBe("sandwire");
  });

  test("nobody listens: refused at once, by TCP and by ICMP", async () => {
    expect(await network.lab.shell(`curl -sS -m 5 ${URL}:81/`)).toMatchObject({ code: 7 });
    const udp = await network.lab.shell("(echo a; sleep 0.3; echo b) | timeout 5 nc -u -w 2 10.0.0.2 81");
    expect((await dissect(capture, "icmp.type == 3 && icmp.code == 3")).length, JSON.stringify(udp)).toBeGreaterThan(0);
  });

  test("the kernel reads slowly through a small window", async () => {
    const length = 300_000;
    const request = `GET /bytes/${length} HTTP/1.0\r\n\r\n`;
    const line = `timeout 20 nc -I 2048 10.0.0.2 80 | (sleep 0.7; cat) | tail -c ${length} | sha256sum`;
    expect(await shell(line, request)).toContain(sha256(pattern(length)));
  });

  test("clients in a row leave nothing behind", async () => {
    const urls = `${URL}/bytes/500`;
    const out = await shell(
      `for i in $(seq 50); do curl -sS -m 5 -o /dev/null -w '%{http_code}\\n' ${urls} || exit 1; done | sort | uniq -c`,
    );
    expect(out.trim()).toBe("50 200");
    expect(await connections()).toEqual([]);
  });

  test("a client that is killed in the middle of a download leaves nothing behind", async () => {
    const client = await network.lab.start(["curl", "-sS", "--limit-rate", "100k", "-o", "/dev/null", `${URL}/bytes/4000000000`]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await connections()).length).toBe(1);
    await network.lab.stop(client, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await connections()).toEqual([]);
  });

  test("more clients at once than the board has connections are all served", async () => {
    const line = `for i in $(seq 30); do curl -sS -m 25 ${URL}/bytes/5000 | sha256sum & done; wait`;
    const out = await shell(line);
    expect(new Set(out.trim().split("\n"))).toEqual(new Set([`${sha256(pattern(5000))}  -`]));
    expect(out.trim().split("\n").length).toBe(30);
  });

  test("the kernel has the window scale and segment size that were agreed", async () => {
    const id = await network.lab.start(["bash", "-c", "exec 3<>/dev/tcp/10.0.0.2/7; echo up >&3; head -c 3 <&3; sleep 20"]);
    await network.lab.says(id, "up");
    const line = await shell("ss -Htin dst 10.0.0.2 dport = 7");
    await network.lab.stop(id, "SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 200));
    const agreed = await dissect(capture, `eth.src == ${mac} && tcp.flags.syn == 1 && tcp.srcport == 7`, [
      "tcp.options.wscale.shift",
      "tcp.options.mss_val",
      "tcp.window_size_value",
      "tcp.options.timestamp.tsval",
    ]);
    const [scale, mss, window, stamp] = (agreed.at(-1) ?? "").split("\t").map(Number);
    expect(mss).toBe(1460);
    expect(line).toContain(` wscale:${scale},`);
    // Timestamps take 12 octets of each segment, and the kernel never sends more at once than half of a small window.
    expect(line).toMatch(new RegExp(` mss:${Math.min(stamp ? 1448 : 1460, window / 2)} `));
  });

  test("no checksum was wrong in what the board received, and nothing was counted as missed", async () => {
    const counters = await network.lab.counters();
    const wrong = Object.entries(counters).filter(([name, count]) => /Checksum|Malformed|rxErrors/.test(name) && count > 0);
    expect(wrong).toEqual([]);
  });

  test("tshark finds no fault in any frame of the board, and reads nanosecond times", async () => {
    await network.lab.powerOff();
    const { frames, faults } = await examine(capture, mac);
    expect(faults).toEqual([]);
    expect(frames).toBeGreaterThan(500);
    const times = await dissect(capture, "frame.number <= 200", ["frame.time_epoch"]);
    const now = Date.now() / 1000;
    expect(times.every((time) => /^\d+\.\d{9}$/.test(time) && Math.abs(Number(time) - now) < 600)).toBe(true);
    expect(times.some((time) => !time.endsWith("000"))).toBe(true);
  }, 120_000);
});
