import { Core, type Received } from "./core";
import { OURS } from "./frames";
import type { Port } from "./port";
import { macBytes } from "../support/packet";

/** Exchanges after which a port has moved what it can; one that goes on for longer never rests. */
const ROUNDS = 1000;

/** A port on rings that no module owns. */
export class Rig {
  readonly core: Core;

  /** Powered on, the cable plugged in. */
  constructor(
    readonly port: Port,
    { rx = 4, tx = 4 } = {},
  ) {
    this.core = new Core(rx, tx);
    port.open(this.core.memory, this.core.at);
    port.configure(macBytes(OURS.mac));
    port.cable(true, 100);
    this.start();
  }

  /** The module starts, or starts over. */
  start(): void {
    this.core.init();
    this.port.start(macBytes(OURS.mac));
    this.settle();
  }

  /** Exchange until nothing moves. */
  settle(): void {
    for (let n = 0; this.port.exchange(); n++) {
      if (n > ROUNDS) throw new Error("the port moves frames without end");
    }
  }

  /** A frame comes when the controller has room for it: false if it was lost all the same. */
  deliver(frame: Uint8Array, damaged = false): boolean {
    const taken = this.port.deliver(frame, damaged);
    this.settle();
    return taken;
  }

  /** Everything there is, in and out, as the module takes it. */
  drain(): { received: Received[]; sent: Uint8Array[] } {
    const received: Received[] = [];
    const sent: Uint8Array[] = [];
    for (let before = -1; before !== received.length + sent.length;) {
      before = received.length + sent.length;
      this.settle();
      received.push(...this.core.receiveAll());
      sent.push(...this.port.sent());
    }
    return { received, sent };
  }

  /** A frame comes and goes through. */
  pass(frame: Uint8Array): Received | undefined {
    this.deliver(frame);
    return this.drain().received.at(0);
  }
}
