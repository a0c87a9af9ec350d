import { closeSync, constants, openSync } from "node:fs";
import { formatIPv4 } from "../address";
import { parseSubnet } from "../subnet";
import type { Libc } from "./libc";

/** The TAP device could not be had; `message` is one line that says why and what to do. */
export class TapError extends Error {
  override readonly name = "TapError";
}

const TUN = "/dev/net/tun";
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const IFF_UP = 0x0001;
const IFF_RUNNING = 0x0040;
const TUNSETIFF = 0x400454ca;
const SIOCGIFFLAGS = 0x8913;
const SIOCSIFFLAGS = 0x8914;
const SIOCSIFADDR = 0x8916;
const SIOCSIFNETMASK = 0x891c;
const SIOCGIFINDEX = 0x8933;
const AF_INET = 2;
const SOCK_DGRAM = 2;

const EPERM = 1;
const EBUSY = 16;
const EINVAL = 22;
const RIGHT = "run as root, give node CAP_NET_ADMIN, or try inside `unshare -Urn`";

/** A struct ifreq: the name of an interface, then what the request is about. */
function request(name: string): Buffer {
  const ifreq = Buffer.alloc(40);
  ifreq.write(name, 0, 15);
  return ifreq;
}

function addressRequest(name: string, ip: number): Buffer {
  const ifreq = request(name);
  ifreq.writeUInt16LE(AF_INET, 16);
  ifreq.writeUInt32BE(ip, 20);
  return ifreq;
}

/** Open the device node. Throws a TapError. */
export function openTun(): number {
  try {
    return openSync(TUN, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : error;
    if (code === "EACCES" || code === "EPERM") throw new TapError(`no right to open ${TUN}: ${RIGHT}`);
    throw new TapError(`cannot open ${TUN} (${String(code)}): this system has no TUN/TAP driver; \`modprobe tun\` may load it`);
  }
}

/** Make `fd` the interface of that name, a new one or one that waits for a program. Throws a TapError. */
export function becomeTap(libc: Libc, fd: number, name: string): void {
  const ifreq = request(name);
  ifreq.writeUInt16LE(IFF_TAP | IFF_NO_PI, 16);
  if (libc.ioctl(fd, TUNSETIFF, ifreq) >= 0) return;
  const errno = libc.errno();
  if (errno === EPERM) throw new TapError(`no right to create the network interface ${name}: ${RIGHT}`);
  if (errno === EBUSY) throw new TapError(`the network interface ${name} is in use by another program`);
  if (errno === EINVAL) throw new TapError(`"${name}" exists and is no TAP interface, or is no name for one`);
  throw new TapError(`cannot create the network interface ${name}: errno ${errno}`);
}

/** The kernel's side of an interface, through a socket that lives as long as the call of `use`. */
function withSocket<T>(libc: Libc, use: (fd: number) => T): T {
  const fd = libc.socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) throw new TapError(`no socket to configure the network interface: errno ${libc.errno()}`);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

export function interfaceExists(libc: Libc, name: string): boolean {
  return withSocket(libc, (fd) => libc.ioctl(fd, SIOCGIFINDEX, request(name)) >= 0);
}

/** The kernel's address in the network of a board: the first one that is not the board's. Throws when there is no other. */
export function otherAddress(board: string): { ip: number; prefix: number } {
  const { ip, prefix } = parseSubnet(board);
  const network = (ip & (-1 << (32 - prefix))) >>> 0;
  if (prefix > 30) throw new TapError(`${board} leaves no address for the kernel's side of the interface`);
  return { ip: network + 1 === ip ? network + 2 : network + 1, prefix };
}

/** Bring the interface up, with an address for the kernel where one is given. Throws a TapError. */
export function bringUp(libc: Libc, name: string, kernel?: { ip: number; prefix: number }): void {
  withSocket(libc, (fd) => {
    const call = (what: string, code: number, ifreq: Buffer): void => {
      if (libc.ioctl(fd, code, ifreq) < 0) throw new TapError(`cannot ${what} of ${name}: errno ${libc.errno()}`);
    };
    if (kernel) {
      call(`set the address ${formatIPv4(kernel.ip)}`, SIOCSIFADDR, addressRequest(name, kernel.ip));
      call("set the netmask", SIOCSIFNETMASK, addressRequest(name, (-1 << (32 - kernel.prefix)) >>> 0));
    }
    const flags = request(name);
    call("read the flags", SIOCGIFFLAGS, flags);
    flags.writeUInt16LE(flags.readUInt16LE(16) | IFF_UP | IFF_RUNNING, 16);
    call("set the flags", SIOCSIFFLAGS, flags);
  });
}
