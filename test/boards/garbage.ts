import { arp, BROADCAST, concat, ethernet, EtherType, ipv4, macText, pattern, udp } from "../support/packet";
import { Random } from "../support/random";

const STRANGER = { mac: "02:00:00:00:77:77", ip: "10.0.0.119" };
const US = "10.0.0.2";

/** Frames for a flood: what a busy network broadcasts, and what nobody should send. */
export function garbage(board: Uint8Array, seed: number): Uint8Array[] {
  const random = new Random(seed);
  const mac = macText(board);
  return Array.from({ length: 500 }, () => random.pick(KINDS)(random, mac));
}

type Kind = (random: Random, mac: string) => Uint8Array;

const { mac: src, ip } = STRANGER;
const KINDS: Kind[] = [
  // What a busy network broadcasts.
  (random) =>
    ethernet(
      { src, dst: BROADCAST, type: EtherType.Arp },
      arp({ op: 1, senderMac: src, senderIp: ip, targetIp: `10.0.0.${random.below(200) + 3}` }),
    ),
  (random) =>
    ethernet(
      { src, dst: BROADCAST },
      ipv4(
        { src: ip, dst: "10.0.0.255", protocol: 17 },
        udp({ src: ip, dst: "10.0.0.255" }, { src: 137, dst: 137 }, pattern(random.below(200))),
      ),
    ),
  (random) => ethernet({ src, dst: BROADCAST, type: EtherType.Ipv6 }, random.bytes(40 + random.below(1400))),
  // What the board has to answer: who has its address, a ping of any size.
  () => ethernet({ src, dst: BROADCAST, type: EtherType.Arp }, arp({ op: 1, senderMac: src, senderIp: ip, targetIp: US })),
  // For nobody here: the controller's filter is to see to it, or the module.
  (random) => ethernet({ src, dst: "02:99:99:99:99:99" }, random.bytes(46 + random.below(1400))),
  (random) => ethernet({ src, dst: "01:00:5e:00:00:fb" }, random.bytes(46 + random.below(1400))),
  // Garbage for the board itself.
  (random, mac) => ethernet({ src, dst: mac, type: random.below(65536) }, random.bytes(random.below(1500))),
  (random, mac) => ethernet({ src, dst: mac }, concat(Uint8Array.of(0x45 + random.below(16)), random.bytes(random.below(1400)))),
  (random, mac) => ethernet({ src, dst: mac }, ipv4({ src: ip, dst: US, protocol: 6 }, random.bytes(20 + random.below(1400)))),
  (random, mac) => ethernet({ src, dst: mac }, ipv4({ src: ip, dst: US, protocol: 17 }, random.bytes(8 + random.below(1400)))),
  (random, mac) => ethernet({ src, dst: mac, pad: false }, random.bytes(random.below(46))),
];
