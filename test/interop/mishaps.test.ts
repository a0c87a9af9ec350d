import { afterAll, beforeAll, describe, expect } from "vitest";
import { needs } from "../support/needs";
import { captureFile, dissect, examine } from "./capture";
import { type Namespace, openNamespace, privateNetwork } from "./namespace";
import { Folder, MIB, pattern, receipt, sha256 } from "./octets";

const test = needs("unshare", "ip", "ping", "curl", "sysctl", "tshark", privateNetwork());
const URL = "http://10.0.0.2";
const SIZE = MIB;
const folder = new Folder();
afterAll(() => folder.remove());

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(["default", "host"] as const)("the kernel and a board of profile %s", (profile) => {
  const capture = captureFile(`mishaps.${profile}`);
  const data = pattern(SIZE);
  let network: Namespace;
  let mac: string;
  let file: string;

  beforeAll(async () => {
    file = folder.write(profile, data);
    network = openNamespace();
    mac = await network.lab.boot({ profile, pcap: capture });
  });
  afterAll(() => network?.close());

  async function shell(line: string): Promise<string> {
    const { code, signal, out, err } = await network.lab.shell(line, { limit: 60_000 });
    expect({ code, signal, err }, line).toEqual({ code: 0, signal: null, err: "" });
    return out;
  }

  /** Both directions, with the right octets. */
  async function transfer(): Promise<void> {
    expect(await shell(`curl -sS ${URL}/bytes/${SIZE} | sha256sum`)).toContain(sha256(data));
    expect(JSON.parse(await shell(`curl -sS -T ${file} ${URL}/upload`))).toEqual(receipt(data));
  }

  /** Start a download slow enough for something to happen in its middle. */
  async function download(): Promise<number> {
    const line = `curl -sS --limit-rate 2M ${URL}/bytes/${4 * SIZE} | sha256sum`;
    const id = await network.lab.start(["bash", "-c", line]);
    await pause(500);
    return id;
  }

  async function complete(id: number): Promise<void> {
    const { out, err } = await network.lab.wait(id);
    expect({ out, err }).toEqual({ out: `${sha256(pattern(4 * SIZE))}  -\n`, err: "" });
  }

  test("a reader that stops for two seconds gets the rest", async () => {
    const line = `exec curl -sS --limit-rate 2M --max-time 30 -o ${folder.file("stopped")} ${URL}/bytes/${4 * SIZE}`;
    await shell("sysctl -q -w net.ipv4.tcp_rmem='4096 16384 65536'");
    const id = await network.lab.start(["bash", "-c", line]);
    await pause(500);
    await network.lab.signal(id, "SIGSTOP");
    await pause(2_000);
    await network.lab.signal(id, "SIGCONT");
    expect(await network.lab.wait(id)).toMatchObject({ code: 0, err: "" });
    expect(await shell(`sha256sum < ${folder.file("stopped")}`)).toContain(sha256(pattern(4 * SIZE)));
    await shell("sysctl -q -w net.ipv4.tcp_rmem='4096 131072 6291456'");
    const shut = await dissect(capture, `eth.dst == ${mac} && tcp.window_size == 0 && tcp.flags.reset == 0`, ["frame.number"]);
    expect(shut.length).toBeGreaterThan(0);
  }, 60_000);

  test("the interface goes down for a second in the middle of a download", async () => {
    const id = await download();
    await shell("ip link set sw0 down");
    await pause(1_000);
    await shell("ip link set sw0 up");
    await complete(id);
  }, 60_000);

  test("the kernel gets another MAC address in the middle of a download, and says so", async () => {
    await shell("sysctl -q -w net.ipv4.conf.sw0.arp_notify=1");
    const id = await download();
    await shell("ip link set sw0 address 02:00:00:00:77:01");
    await complete(id);
    await pause(2_500); // an address that contradicts what we know is not believed at once: the old one is asked first
    expect(await shell("ping -n -c 5 -i 0.02 -W 1 10.0.0.2")).toContain("5 received");
  }, 60_000);

  test("the kernel has a second address", async () => {
    await shell("ip addr add 10.0.0.9/24 dev sw0");
    expect(await shell("ping -n -c 5 -i 0.02 -W 5 -I 10.0.0.9 10.0.0.2")).toContain("5 received");
    expect(await shell(`curl -sS --interface 10.0.0.9 ${URL}/bytes/1000 | sha256sum`)).toContain(sha256(pattern(1000)));
    await shell("ip addr del 10.0.0.9/24 dev sw0");
  });

  test("the kernel's MTU is 576: smaller segments both ways", async () => {
    await shell("ip link set sw0 mtu 576");
    const sent = `eth.src == ${mac} && tcp.len > 0 && frame.time_relative >= ${await lastTime()}`;
    await transfer();
    await shell("ip link set sw0 mtu 1500");
    const lengths = new Set((await dissect(capture, sent, ["tcp.len"])).map(Number));
    const stamps = (await dissect(capture, `${sent} && tcp.options.timestamp.tsval`)).length > 0;
    // Profile tiny has no timestamps, which take 12 octets of each segment.
    expect(Math.max(...lengths)).toBe(stamps ? 524 : 536);
  }, 60_000);

  for (const setting of ["tcp_ecn=1", "tcp_timestamps=0", "tcp_sack=0", "tcp_window_scaling=0", "tcp_fastopen=0x5"]) {
    test(`the kernel with net.ipv4.${setting}`, async () => {
      const name = setting.split("=")[0];
      const before = (await shell(`sysctl -n net.ipv4.${name}`)).trim();
      await shell(`sysctl -q -w net.ipv4.${setting}`);
      const option = name === "tcp_fastopen" ? "--tcp-fastopen" : "";
      expect(await shell(`curl -sS ${option} ${URL}/bytes/${SIZE} | sha256sum`)).toContain(sha256(data));
      expect(JSON.parse(await shell(`curl -sS ${option} -T ${file} ${URL}/upload`))).toEqual(receipt(data));
      await shell(`sysctl -q -w net.ipv4.${name}=${before}`);
    }, 60_000);
  }

  test("the board lost nothing by its own fault", async () => {
    const wrong = Object.entries(await network.lab.counters()).filter(([name]) => /Checksum|rxErrors/.test(name));
    expect(wrong.filter(([, count]) => count > 0)).toEqual([]);
  });

  test("tshark finds no fault in any frame of the board", async () => {
    await network.lab.powerOff();
    expect((await examine(capture, mac)).faults).toEqual([]);
  }, 120_000);

  /** The time of the last frame captured so far. */
  async function lastTime(): Promise<number> {
    await pause(100);
    return Number((await dissect(capture, "frame", ["frame.time_relative"])).at(-1));
  }
});
