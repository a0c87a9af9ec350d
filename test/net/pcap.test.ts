import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VirtualClock } from "../../host/node/clock";
import { captured, Pcap } from "../../host/node/links/pcap";
import { wire } from "../../host/node/links/wire";
import { needs } from "../support/needs";
import { ethernet, ipv4, udp } from "../support/packet";

const A = { mac: "02:00:00:00:00:01", ip: "10.0.0.1" };
const B = { mac: "02:00:00:00:00:02", ip: "10.0.0.2" };

function datagram(length: number): Uint8Array {
  const inner = udp({ src: A.ip, dst: B.ip }, { src: 1000, dst: 2000 }, new Uint8Array(length).fill(length));
  return ethernet({ src: A.mac, dst: B.mac }, ipv4({ src: A.ip, dst: B.ip, protocol: 17 }, inner));
}

interface Read {
  types: number[];
  names: string[];
  packets: { id: number; ns: bigint; flags: number; frame: Uint8Array }[];
}

/** A reader written from the format's description. Throws when a block does not end as it begins. */
function read(bytes: Uint8Array): Read {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: Read = { types: [], names: [], packets: [] };
  for (let at = 0; at < bytes.length;) {
    const [type, total] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    if (total % 4 || view.getUint32(at + total - 4, true) !== total) throw new Error(`bad block at ${at}`);
    found.types.push(type);
    if (type === 1) readInterface(view, at, found);
    if (type === 6) readPacket(bytes, view, at, total, found);
    at += total;
  }
  return found;
}

function readInterface(view: DataView, at: number, found: Read): void {
  expect([view.getUint16(at + 8, true), view.getUint16(at + 16, true)]).toEqual([1, 2]);
  const length = view.getUint16(at + 18, true);
  found.names.push(Buffer.from(view.buffer, view.byteOffset + at + 20, length).toString());
  const next = at + 20 + ((length + 3) & ~3);
  expect([view.getUint16(next, true), view.getUint16(next + 2, true), view.getUint8(next + 4)]).toEqual([9, 1, 9]);
}

function readPacket(bytes: Uint8Array, view: DataView, at: number, total: number, found: Read): void {
  const word = (offset: number): number => view.getUint32(at + offset, true);
  const length = word(20);
  const options = 28 + ((length + 3) & ~3);
  expect([word(options), total]).toEqual([(4 << 16) | 2, options + 16]);
  expect(
    bytes.subarray(at + 28 + length, at + options).some((octet) => octet !== 0),
    "padding of zeros",
  ).toBe(false);
  found.packets.push({
    id: word(8),
    ns: (BigInt(word(12)) << 32n) | BigInt(word(16)),
    flags: word(options + 4),
    frame: bytes.slice(at + 28, at + 28 + length),
  });
}

describe("Pcap", () => {
  let folder = "";
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "sandwire-pcap-"))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("writes one section, interfaces with nanoseconds, and every octet of every frame", () => {
    const chunks: Uint8Array[] = [];
    const pcap = Pcap.to((bytes) => chunks.push(bytes));
    const [one, two] = [pcap.add("board"), pcap.add("gateway, odd")];
    const frames = [60, 61, 62, 63, 1514, 70_000, 61, 1513].map((length) => new Uint8Array(length).fill((length & 255) | 1));
    frames.forEach((frame, i) => {
      pcap.write(i % 2 ? two : one, { epoch: 0, now: i + 0.000001 }, frame, i % 2 ? "out" : "in");
      if (i > 5) pcap.flush();
    });
    pcap.close();
    pcap.write(one, { epoch: 0, now: 99 }, frames[0], "in");
    pcap.flush();
    const found = read(Buffer.concat(chunks));
    expect(found.types).toEqual([0x0a0d0d0a, 1, 1, ...frames.map(() => 6)]);
    expect(found.names).toEqual(["board", "gateway, odd"]);
    expect(found.packets.map(({ ns }) => ns)).toEqual(frames.map((_, i) => BigInt(i) * 1_000_000n + 1n));
    expect(found.packets.map(({ id, flags }) => [id, flags])).toEqual(frames.map((_, i) => [i % 2, i % 2 ? 2 : 1]));
    found.packets.forEach(({ frame }, i) => expect(Buffer.compare(frame, frames[i])).toBe(0));
  });

  it("keeps nanoseconds at today's date", () => {
    const chunks: Uint8Array[] = [];
    const pcap = Pcap.to((bytes) => chunks.push(bytes));
    const epoch = 1_800_000_000_000.125;
    pcap.write(pcap.add("x"), { epoch, now: 1.000003 }, new Uint8Array(60), "in");
    pcap.close();
    expect(read(Buffer.concat(chunks)).packets[0].ns).toBe(1_800_000_000_001_125_003n);
  });

  it("captures what passes a link, each way, once", () => {
    const clock = new VirtualClock();
    const chunks: Uint8Array[] = [];
    const pcap = Pcap.to((bytes) => chunks.push(bytes));
    const [inner, far] = wire();
    const link = captured(inner, pcap, clock, "board");
    let received = 0;
    link.onFrame = () => received++;
    link.send(datagram(1));
    clock.advanceTo(2.5);
    far.send(datagram(2));
    pcap.close();
    const { packets } = read(Buffer.concat(chunks));
    expect(packets.map(({ ns, flags }) => [ns, flags])).toEqual([
      [0n, 2],
      [2_500_000n, 1],
    ]);
    expect(received).toBe(1);
  });

  it("ends with a warning when it cannot be written any more, and the frames go on", async () => {
    const warning = new Promise<Error>((resolve) => process.once("warning", resolve));
    const pcap = Pcap.to((bytes) => {
      if (bytes.length > 100) throw new Error("disk full");
    });
    const [inner, far] = wire();
    const link = captured(inner, pcap, new VirtualClock(), "board");
    let received = 0;
    far.onFrame = () => received++;
    for (let i = 0; i < 200; i++) link.send(datagram(1000));
    expect(received).toBe(200);
    expect((await warning).message).toBe("the capture ends here: disk full");
  });

  it("leaves a valid file when the process is killed", () => {
    const path = join(folder, "killed.pcapng");
    const source = `
      import { Pcap } from "${join(import.meta.dirname, "../../host/node/links/pcap.ts")}";
      const pcap = Pcap.file(${JSON.stringify(path)});
      const id = pcap.add("board");
      for (let i = 0; i < 500; i++) pcap.write(id, { epoch: 0, now: i }, new Uint8Array(1000), "in");
      process.kill(process.pid, "SIGKILL");`;
    const child = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", source], {
      encoding: "utf8",
      timeout: 20_000,
    });
    expect(child.signal, child.stderr).toBe("SIGKILL");
    const { packets } = read(readFileSync(path));
    expect(packets.length).toBeGreaterThan(400);
  });

  it("leaves every frame in the file when the process just ends, or waits a moment", async () => {
    const path = join(folder, "ended.pcapng");
    const pcap = Pcap.file(path);
    pcap.write(pcap.add("board"), { epoch: 0, now: 1 }, datagram(3), "out");
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(read(readFileSync(path)).packets.length).toBe(1);
    pcap.close();
  });

  it("says in one line when the file cannot be created", () => {
    expect(() => Pcap.file(join(folder, "absent/x.pcapng"))).toThrow(/^cannot write .*absent\/x.pcapng: ENOENT[^\n]*$/);
  });

  needs("tshark")("is read by tshark, with times, interfaces and directions", () => {
    const path = join(folder, "shark.pcapng");
    const pcap = Pcap.file(path);
    const [one, two] = [pcap.add("board"), pcap.add("gateway")];
    pcap.write(one, { epoch: 1000, now: 0.123456 }, datagram(5), "in");
    pcap.write(two, { epoch: 1000, now: 0.5 }, datagram(300), "out");
    pcap.close();
    const fields = ["frame.time_epoch", "frame.interface_name", "udp.dstport", "udp.length"].flatMap((field) => ["-e", field]);
    const shown = execFileSync("tshark", ["-r", path, "-T", "fields", ...fields], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    expect(shown.trim().split("\n")).toEqual(["1.000123456\tboard\t2000\t13", "1.000500000\tgateway\t2000\t308"]);
  });
});
