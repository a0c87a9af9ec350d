import type { SandwireExports } from "./abi";
import { parseIPv4 } from "./address";
import type { Link } from "./link";
import { formatMac, Mac } from "./mac";
import { type LocalAddress, localAddresses } from "./routing";
import { parseSubnet } from "./subnet";

/** What an interface needs of its board. */
export interface InterfaceOwner {
  readonly exports: SandwireExports;
  readonly view: DataView;
  /** A negative result of a call becomes an Error that says what was wanted. */
  expect(what: string, result: number): void;
  /** A frame has come. */
  arrive(port: Mac, frame: Uint8Array): void;
  /** Ask for a poll. */
  wake(): void;
}

/** What one interface starts with. */
export interface InterfaceOptions {
  /** "02:00:00:00:00:01"; unless given, a locally administered one derived from the seed. */
  mac?: string;
  /** "10.0.0.2/24": its primary address; unless given, it has none. */
  address?: string;
  /** The default gateway, "10.0.0.1"; none, when left out. */
  gateway?: string;
  /** Further addresses. */
  addresses?: readonly string[];
  /** What the port does for the module: bits of Capability (default 0). */
  capabilities?: number;
}

/** One Ethernet interface of a board: its MAC, what it is plugged into, and its addresses. */
export class Interface {
  /** The port's side of its rings. */
  readonly port: Mac;
  private link: Link | null = null;

  constructor(
    private readonly owner: InterfaceOwner,
    /** Its number, from 0. */
    readonly index: number,
  ) {
    this.port = new Mac(owner.exports, index);
  }

  /** "02:00:00:00:00:01" */
  get mac(): string {
    return formatMac(this.port.address);
  }

  /** Whether the carrier is there. */
  get isUp(): boolean {
    return this.port.isUp;
  }

  /** Its addresses, the primary one first. */
  get addresses(): LocalAddress[] {
    return localAddresses(this.owner).filter(({ iface }) => iface === this.index);
  }

  /** Plug it into a link: the carrier is there, frames flow. What was plugged in before is unplugged, not closed. */
  attach(link: Link): void {
    this.detach();
    this.link = link;
    link.onFrame = (frame) => this.owner.arrive(this.port, frame);
    this.linkUp(true);
  }

  /** Pull the plug and leave the carrier as it was; the link is left alone. */
  detach(): void {
    if (this.link) this.link.onFrame = () => {};
    this.link = null;
  }

  /** Set the carrier; without it no frame goes in or out. */
  linkUp(on: boolean): void {
    this.port.isUp = on;
    this.owner.wake();
  }

  /** Give it its primary address, "10.0.0.2/24", and a default gateway. Throws when either is not valid. */
  configure(address: string, gateway?: string): void {
    const { ip, prefix } = parseSubnet(address);
    const result = this.owner.exports.ifconfig(this.index, ip, prefix, gateway ? parseIPv4(gateway) : 0);
    this.owner.expect(`ifconfig ${address}${gateway ? ` gateway ${gateway}` : ""}`, result);
    this.owner.wake();
  }

  /** Give it one more address. Throws when that is not valid, is the board's already, or one too many. */
  addAddress(address: string): void {
    const { ip, prefix } = parseSubnet(address);
    this.owner.expect(`address_add ${address}`, this.owner.exports.address_add(this.index, ip, prefix));
    this.owner.wake();
  }

  /** Take the address "10.0.0.2" away. What is bound to it lingers until it times out. Throws when the interface does not have it. */
  removeAddress(address: string): void {
    this.owner.expect(`address_remove ${address}`, this.owner.exports.address_remove(this.index, parseIPv4(address)));
    this.owner.wake();
  }

  /** Put a frame into the receive ring, now; false, and counted as missed, when it is full. The module sees it in the next poll. */
  receive(frame: Uint8Array): boolean {
    const taken = this.port.receive(frame);
    if (taken) this.owner.wake();
    return taken;
  }

  /** Hand what the module has sent to the link. */
  transmit(): void {
    this.port.transmit(this.send);
  }

  private readonly send = (frame: Uint8Array): void => {
    if (this.port.isUp) this.link?.send(frame);
  };
}

/** Every interface the build has. */
export function interfacesOf(owner: InterfaceOwner): Interface[] {
  const found = [new Interface(owner, 0)];
  while (owner.exports.mac(found.length) !== 0) found.push(new Interface(owner, found.length));
  return found;
}
