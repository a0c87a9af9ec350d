import koffi from "koffi";
import { Socket } from "node:net";

/** A socket of the kernel with a congestion control of its own, which Node cannot choose, connected by its address. */

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const IPPROTO_TCP = 6;
const TCP_CONGESTION = 13;
const EINPROGRESS = 115;

const library = koffi.load(null);
const socket = library.func("int socket(int domain, int type, int protocol)") as (...args: number[]) => number;
const setsockopt = library.func("int setsockopt(int fd, int level, int name, const void *value, uint32_t length)") as (
  fd: number,
  level: number,
  name: number,
  value: Uint8Array,
  length: number,
) => number;
const connect = library.func("int connect(int fd, const void *address, uint32_t length)") as (
  fd: number,
  address: Uint8Array,
  length: number,
) => number;

/** Begin to connect; what is written goes out when the connection is there. */
export function dial(host: string, port: number, congestion: string): Socket {
  const fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) throw new Error(`socket: errno ${koffi.errno()}`);
  const name = Buffer.from(congestion);
  if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, name.length) < 0) {
    throw new Error(`the kernel does not let us choose ${congestion}: errno ${koffi.errno()}`);
  }
  const address = Buffer.alloc(16);
  address.writeUInt16LE(AF_INET, 0);
  address.writeUInt16BE(port, 2);
  address.set(host.split(".").map(Number), 4);
  if (connect(fd, address, address.length) < 0 && koffi.errno() !== EINPROGRESS)
    throw new Error(`connect: errno ${koffi.errno()}`);
  return new Socket({ fd, readable: true, writable: true });
}
