import type { Address } from "../address";
import type { Channel } from "./channel";

/** One end as `address()` says it. */
export interface NamedAddress {
  /** Dotted decimal. */
  address?: string;
  /** "IPv4". */
  family?: string;
  /** A plain number. */
  port?: number;
}

const named = (address: Address | undefined): NamedAddress | undefined => address && { ...address, family: "IPv4" };

/** Both ends of a connection. The other one is remembered when it has been asked for, also beyond the end. */
export class Names {
  private near: NamedAddress | undefined;
  private far: NamedAddress | undefined;

  /** Empty when there is no connection and none has been begun. */
  local(channel: Channel | null): NamedAddress {
    this.near ??= named(channel?.localAddress());
    return this.near ?? {};
  }

  remote(channel: Channel | null): NamedAddress {
    this.far ??= named(channel?.remoteAddress());
    return this.far ?? {};
  }

  forgetLocal(): void {
    this.near = undefined;
  }

  forget(): void {
    this.near = this.far = undefined;
  }
}
