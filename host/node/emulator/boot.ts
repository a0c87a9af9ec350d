import { parseIPv4 } from "../address";

/** What a board in an emulator is told before power-on. */
export interface BootOptions {
  /** "10.0.0.2/24" */
  address: string;
  gateway?: string;
  /** 128 bits nobody can guess, or the ones of a run that is to be repeated. */
  entropy: Uint32Array;
  /** Six octets; the board's own when absent. */
  mac?: Uint8Array;
  /** Obey letters on the console: t traps the module, s prints statistics. */
  console?: boolean;
}

/** As host/boards/board.h has them. */
const MAGIC = 0x544f4f42;
const CONSOLE = 1;
const SIZE = 40;
const AT = { magic: 0, address: 4, prefix: 8, gateway: 12, entropy: 16, mac: 32, flags: 38 };

/** `struct sw_boot` of host/boards/board.h, as it lies in the memory of a little-endian machine. */
export function bootRecord({ address, gateway, entropy, mac, console }: BootOptions): Uint8Array {
  const record = new Uint8Array(SIZE);
  const view = new DataView(record.buffer);
  const [own, prefix] = address.split("/");
  view.setUint32(AT.magic, MAGIC, true);
  view.setUint32(AT.address, parseIPv4(own), true);
  view.setUint32(AT.prefix, Number(prefix), true);
  view.setUint32(AT.gateway, gateway === undefined ? 0 : parseIPv4(gateway), true);
  entropy.forEach((word, i) => view.setUint32(AT.entropy + 4 * i, word, true));
  if (mac) record.set(mac, AT.mac);
  view.setUint16(AT.flags, console ? CONSOLE : 0, true);
  return record;
}
