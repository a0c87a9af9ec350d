import type { Channel } from "./channel";

/** The options of a socket that may be set before there is a connection to set them on. */
export class Tuning {
  private readonly delay: (ms: number | undefined) => number = (ms) => Math.trunc((ms ?? 0) / 1000) || 0;
  private seconds: number;

  constructor(
    private noDelay: boolean,
    private keepAlive: boolean,
    keepAliveInitialDelay: number | undefined,
  ) {
    this.seconds = this.delay(Math.max(0, keepAliveInitialDelay ?? 0));
  }

  setNoDelay(channel: Channel | null, enable: boolean): void {
    if (channel && enable !== this.noDelay) channel.setNoDelay(enable);
    this.noDelay = enable;
  }

  setKeepAlive(channel: Channel | null, enable: boolean, initialDelay: number | undefined): void {
    const seconds = this.delay(initialDelay);
    const changed = enable !== this.keepAlive || (enable && seconds !== this.seconds);
    if (channel && changed) channel.setKeepAlive(enable, seconds);
    this.keepAlive = enable;
    this.seconds = seconds;
  }

  /** The connection is there. */
  apply(channel: Channel): void {
    if (this.noDelay) channel.setNoDelay(true);
    if (this.keepAlive) channel.setKeepAlive(true, this.seconds);
  }
}
