import { LocalAddressView, RouteView, type SandwireExports } from "./abi";
import { formatIPv4, parseIPv4 } from "./address";

/** An address of a board. */
export interface LocalAddress {
  /** "10.0.0.2" */
  address: string;
  /** 1..32 */
  prefix: number;
  /** Number of the interface that has it. */
  iface: number;
}

/** A way to a network. */
export interface RouteOptions {
  /** "192.168.0.0/16", "default". */
  to: string;
  /** "10.0.0.1"; unless given, the network's hosts are on the link. */
  gateway?: string;
  /** Number of the interface (default 0). */
  iface?: number;
}

/** One line of a routing table. */
export interface RouteInfo extends Required<RouteOptions> {
  /** "" when the network is on the link. */
  gateway: string;
}

interface Inspected {
  readonly exports: SandwireExports;
  readonly view: DataView;
}

/** Every address of the interfaces; none where a build has no more than one. */
export function localAddresses({ exports, view }: Inspected): LocalAddress[] {
  const record = new LocalAddressView(view, exports.scratch());
  const found: LocalAddress[] = [];
  for (let next = exports.addresses(0, record.at); next >= 0; next = exports.addresses(next, record.at)) {
    found.push({ address: formatIPv4(record.address), prefix: record.prefix, iface: record.iface });
  }
  return found;
}

interface Changed extends Inspected {
  expect(what: string, result: number): void;
  wake(): void;
}

/** The ways of a board to networks. A build with one address and no ROUTES has none to show or to change. */
export class RoutingTable {
  constructor(private readonly owner: Changed) {}

  /** Every line, those of its addresses and gateways too, the longest prefix first. */
  list(): RouteInfo[] {
    const { exports, view } = this.owner;
    const record = new RouteView(view, exports.scratch());
    const found: RouteInfo[] = [];
    for (let next = exports.routes(0, record.at); next >= 0; next = exports.routes(next, record.at)) {
      const { network, prefix, gateway, iface } = record;
      found.push({ to: `${formatIPv4(network)}/${prefix}`, gateway: gateway ? formatIPv4(gateway) : "", iface });
    }
    return found;
  }

  /** One more way. Throws when it is not valid, its router is not on the link, or there is such a way. */
  add({ to, gateway, iface = 0 }: RouteOptions): void {
    const { network, prefix } = parseNetwork(to);
    const result = this.owner.exports.route_add(network, prefix, gateway ? parseIPv4(gateway) : 0, iface);
    this.owner.expect(`route_add ${to}${gateway ? ` gateway ${gateway}` : ""}`, result);
    this.owner.wake();
  }

  /** Take a way by that interface away, or its gateway ("default"). Throws when there is none. */
  remove(to: string, iface = 0): void {
    const { network, prefix } = parseNetwork(to);
    this.owner.expect(`route_remove ${to}`, this.owner.exports.route_remove(network, prefix, iface));
    this.owner.wake();
  }
}

/** "192.168.0.0/16" or "default". Throws a RangeError when it is neither. */
function parseNetwork(text: string): { network: number; prefix: number } {
  if (text === "default") return { network: 0, prefix: 0 };
  const [address, length, ...rest] = text.split("/");
  const prefix = /^\d{1,2}$/.test(length ?? "") ? Number(length) : NaN;
  if (rest.length > 0 || !(prefix <= 32)) throw new RangeError(`"${text}" is not a network, such as 192.168.0.0/16`);
  return { network: parseIPv4(address), prefix };
}
