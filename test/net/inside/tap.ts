/**
 * What tap.test.ts does inside a private network namespace: `tap.ts SCENARIO`. Prints one line of JSON and must then end by
 * itself.
 */
import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { spawnSync } from "node:child_process";
import { openTap } from "../../../host/node/links/tap";
import { arp, ethernet, EtherType, ipv4, macText, parse, udp } from "../../support/packet";

const BOARD = { mac: "02:00:00:00:00:02", ip: "10.0.0.2" };
const options = { name: "sw0", address: "10.0.0.2/24" };

function say(result: unknown): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "no failure",
    (error: unknown) => String(error),
  );
}

/** A board of three lines: answers ARP, sends every datagram back. */
async function echo(): Promise<void> {
  const tap = await openTap(options);
  tap.onFrame = (frame) => {
    const packet = parse(frame.slice());
    if (packet.arp?.op === 1 && packet.arp.targetIp === BOARD.ip) {
      const reply = arp({
        op: 2,
        senderMac: BOARD.mac,
        senderIp: BOARD.ip,
        targetMac: packet.src,
        targetIp: packet.arp.senderIp,
      });
      tap.send(ethernet({ src: BOARD.mac, dst: packet.src, type: EtherType.Arp }, reply));
    }
    if (!packet.udp || packet.ip?.dst !== BOARD.ip) return;
    const ends = { src: BOARD.ip, dst: packet.ip.src };
    const back = udp(ends, { src: packet.udp.dst, dst: packet.udp.src }, packet.udp.data);
    tap.send(ethernet({ src: BOARD.mac, dst: macText(frame.subarray(6, 12)) }, ipv4({ ...ends, protocol: 17 }, back)));
  };
  const count = await datagrams(2000);
  const address = networkInterfaces()["sw0"]?.find(({ family }) => family === "IPv4")?.cidr;
  tap.close?.();
  await pause(50);
  say({ count, address, kernelAddress: tap.kernelAddress, lost: tap.lost, left: "sw0" in networkInterfaces() });
}

/** Send that many datagrams through the kernel, with at most 32 under way; how many came back. */
async function datagrams(wanted: number): Promise<number> {
  const socket = createSocket("udp4");
  const seen = new Set<number>();
  socket.on("message", (message) => seen.add(message.readUInt32BE(0)));
  for (let sent = 0; sent < wanted; sent++) {
    const data = Buffer.alloc(1400);
    data.writeUInt32BE(sent);
    socket.send(data, 7, BOARD.ip);
    for (let i = 0; i < 1000 && seen.size < sent - (sent < 32 ? 0 : 32); i++) await pause(1);
  }
  for (let i = 0; i < 1000 && seen.size < wanted; i++) await pause(1);
  socket.close();
  return seen.size;
}

/** Every way not to get one. */
async function refusals(): Promise<void> {
  const tap = await openTap(options);
  const [inUse, noTap, badName, badAddress, noRoom] = await Promise.all([
    failure(openTap(options)),
    failure(openTap({ name: "lo" })),
    failure(openTap({ name: "much-too-long-name" })),
    failure(openTap({ name: "sw1", address: "10.0.0.2" })),
    failure(openTap({ name: "sw1", address: "10.0.0.2/32" })),
  ]);
  tap.close?.();
  tap.close?.();
  say({ inUse, noTap, badName, badAddress, noRoom });
}

async function withoutRight(): Promise<void> {
  say(await failure(openTap(options)));
}

/** The interface is taken away under us. */
async function gone(): Promise<void> {
  const tap = await openTap(options);
  const ended = new Promise<string>((resolve) => (tap.onClose = (error) => resolve(String(error))));
  spawnSync("ip", ["link", "del", "sw0"]);
  say(await ended);
}

/** The process ends with the link open and a thread waiting in it. */
async function exit(): Promise<void> {
  await openTap(options);
  await pause(50);
  say("exits");
  process.exit(0);
}

const scenarios: Record<string, () => Promise<void>> = { echo, refusals, withoutRight, gone, exit };
await scenarios[process.argv[2] ?? ""]?.();
