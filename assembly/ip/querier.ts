import { due, now } from "../clock";
import { GROUPS, INTERFACES } from "../config";

/** What a host remembers of the router that asks for members on a link (RFC 3376 §7.2.1, §8). */
@final
@unmanaged
export class Querier {
  /** A querier of version 1, of version 2, was heard; until when that counts. */
  until1: u32;
  until2: u32;
  /** When a general query is to be answered. */
  respondAt: u32;
  heard1: bool;
  heard2: bool;
  responds: bool;
  /** Reports can be sent: the link is up and has an address. */
  wasUp: bool;
  /** 0: not told. */
  robustness: u8;
  // prettier-ignore
  @inline static at(i: u32): Querier { return changetype<Querier>(queriers + <usize>i * QUERIER_SIZE); }

  /** The version of IGMP spoken on the link: that of the oldest querier. */
  version(): u32 {
    return this.heard1 ? 1 : this.heard2 ? 2 : 3;
  }

  /** A query of that version came. */
  hear(version: u32): void {
    if (version == 1) {
      this.heard1 = true;
      this.until1 = now() + OLDER_PRESENT;
    } else if (version == 2) {
      this.heard2 = true;
      this.until2 = now() + OLDER_PRESENT;
    }
  }

  /** To be called in every poll: an old querier that has not been heard for long is gone. */
  age(): void {
    if (this.heard1 && due(this.until1)) this.heard1 = false;
    if (this.heard2 && due(this.until2)) this.heard2 = false;
  }
}
const QUERIER_SIZE: u32 = 20;
@lazy const queriers = memory.data(GROUPS > 0 ? INTERFACES * QUERIER_SIZE : QUERIER_SIZE, 4);

/** Twice the query interval and the time to respond, ms (RFC 3376 §8.12). */
const OLDER_PRESENT: u32 = 2 * 125000 + 10000;
/** How often a change is told unless a querier wants it otherwise (RFC 3376 §8.1). */
const ROBUSTNESS: u32 = 2;

export function initQueriers(): void {
  memory.fill(queriers, 0, INTERFACES * QUERIER_SIZE);
}

export function robustness(i: u32): u32 {
  const told = <u32>Querier.at(i).robustness;
  return told ? told : ROBUSTNESS;
}
