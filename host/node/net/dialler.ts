import type { Address } from "../address";
import type { Done } from "./channel";
import type { NamedAddress } from "./names";

/** What connecting wants of a socket. */
export interface Dialler {
  readonly connecting: boolean;
  readonly destroyed: boolean;
  autoSelectFamilyAttemptedAddresses: string[];
  emit(event: string, ...args: unknown[]): boolean;
  destroy(error: Error): unknown;
  address(): NamedAddress;
  /** Something has happened: the idle time begins anew. */
  _unrefTimer(): void;
  /** Begin with a fresh connection, in place of one that has failed. */
  _renew(): void;
  /** bind(2): 0 or a negative errno. */
  _bind(local: Address): number;
  /** connect(2): 0, and `done` tells, or a negative errno. */
  _dial(peer: Address, done: Done): number;
  /** The handshake is done. */
  _established(): void;
}
