/** The few system calls a TAP device needs and Node does not have, through koffi. */
export interface Libc {
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  read(fd: number, buffer: Uint8Array, count: number): number;
  write(fd: number, buffer: Uint8Array, count: number): number;
  socket(domain: number, type: number, protocol: number): number;
  eventfd(value: number, flags: number): number;
  /** poll(2) on a thread of its own. */
  poll(fds: Uint8Array, count: number, timeout: number, done: (error: unknown, result: number) => void): void;
  /** errno of the last call that failed. */
  errno(): number;
}

let loaded: Libc | undefined;

/** Load the C library. Rejects with an Error of one line when koffi is not installed. */
export async function libc(): Promise<Libc> {
  return (loaded ??= await load());
}

async function load(): Promise<Libc> {
  const { default: koffi } = await import("koffi").catch((cause: unknown) => {
    throw new Error("the optional package koffi is not installed: `npm install koffi`", { cause });
  });
  const library = koffi.load(null);
  return {
    ioctl: library.func("int ioctl(int fd, unsigned long request, void *argument)"),
    read: library.func("long read(int fd, void *buffer, size_t count)"),
    write: library.func("long write(int fd, void *buffer, size_t count)"),
    socket: library.func("int socket(int domain, int type, int protocol)"),
    eventfd: library.func("int eventfd(unsigned int value, int flags)"),
    poll: library.func("int poll(void *fds, unsigned long count, int timeout)").async,
    errno: () => koffi.errno(),
  };
}
