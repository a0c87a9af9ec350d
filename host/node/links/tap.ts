import { closeSync } from "node:fs";
import { formatIPv4 } from "../address";
import type { Link } from "../link";
import { type Libc, libc } from "./libc";
import { becomeTap, bringUp, interfaceExists, openTun, otherAddress, TapError } from "./tap_device";

export { TapError } from "./tap_device";

export interface TapOptions {
  /** Name of the interface as the kernel shows it, up to 15 characters. */
  name: string;
  /** "10.0.0.2/24", the board's address: a new interface gets another one of that network for the kernel, and is brought up. */
  address?: string;
}

export interface TapLink extends Link {
  readonly name: string;
  /** The kernel's address when we gave it one: "10.0.0.1". */
  readonly kernelAddress: string | null;
  /** Frames the kernel did not take, because the interface was down or its queue full. */
  readonly lost: number;
}

/**
 * A TAP interface of Linux: the kernel of this machine is on the other side. A new interface vanishes with the link; one that was
 * there before is used as it is. Rejects with a TapError of one line when there is no driver, no right, or the name is taken.
 */
export async function openTap({ name, address }: TapOptions): Promise<TapLink> {
  if (process.platform !== "linux") throw new TapError(`TAP interfaces need Linux, this is ${process.platform}`);
  if (!/^[^\s/:]{1,15}$/.test(name)) throw new TapError(`"${name}" is no name for a network interface (1 to 15 characters)`);
  const kernel = address === undefined ? undefined : otherAddress(address);
  const calls = await libc();
  const fd = openTun();
  try {
    const known = interfaceExists(calls, name);
    becomeTap(calls, fd, name);
    if (known) return new Tap(calls, fd, name, null);
    bringUp(calls, name, kernel);
    return new Tap(calls, fd, name, kernel ? formatIPv4(kernel.ip) : null);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Longest frame that is read: an MTU of 9000 and its headers. */
const LONGEST = 9216;
/** Frames read in a row before everything else gets its turn. */
const BATCH = 128;
const POLLIN = 1;
const EINTR = 4;
const EAGAIN = 11;
const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;

/**
 * One thread waits in poll(2) until there is something to read; then the frames are read here, in batches, without waiting. A
 * second descriptor ends the wait when the link is closed or the process exits.
 */
class Tap implements TapLink {
  onFrame: (frame: Uint8Array) => void = () => {};
  onClose: (error: Error | null) => void = () => {};
  lost = 0;
  private readonly buffer = new Uint8Array(LONGEST);
  private readonly wakeup: number;
  /** Two struct pollfd. */
  private readonly fds = Buffer.alloc(16);
  private closed = false;
  private waiting = false;
  private busy = false;
  private readonly stop = (): void => void this.libc.write(this.wakeup, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]), 8);

  constructor(
    private readonly libc: Libc,
    private readonly fd: number,
    readonly name: string,
    readonly kernelAddress: string | null,
  ) {
    this.wakeup = libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (this.wakeup < 0) throw new TapError(`no descriptor to wait on: errno ${libc.errno()}`);
    [fd, this.wakeup].forEach((one, i) => {
      this.fds.writeInt32LE(one, 8 * i);
      this.fds.writeInt16LE(POLLIN, 8 * i + 4);
    });
    process.on("exit", this.stop);
    this.wait();
  }

  send(frame: Uint8Array): void {
    this.busy = true;
    if (this.closed || this.libc.write(this.fd, frame, frame.length) !== frame.length) this.lost++;
  }

  private wait(): void {
    this.waiting = true;
    this.libc.poll(this.fds, 2, -1, () => {
      this.waiting = false;
      if (this.closed) this.release();
      else this.take();
    });
  }

  private readonly take = (): void => {
    for (let i = 0; i < BATCH && !this.closed; i++) {
      const length = this.libc.read(this.fd, this.buffer, LONGEST);
      if (length < 0) return this.pause(this.libc.errno());
      this.busy = true;
      this.onFrame(this.buffer.subarray(0, length));
    }
    if (this.closed) this.release();
    else setImmediate(this.take);
  };

  private pause(errno: number): void {
    if (errno === EAGAIN || errno === EINTR) {
      if (!this.busy) return this.wait();
      this.busy = false;
      setImmediate(this.take);
      return;
    }
    this.close();
    this.release();
    this.onClose(new TapError(`the network interface ${this.name} is gone: errno ${errno}`));
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    process.off("exit", this.stop);
    if (this.waiting) this.stop();
  }

  /** Give the descriptors back, after the thread has let go of them. */
  private release(): void {
    closeSync(this.fd);
    closeSync(this.wakeup);
  }
}
