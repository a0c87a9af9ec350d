import { parseIPv4 } from "./address";

/** An address with the length of its prefix: "10.0.0.2/24". Throws a RangeError when it is none. */
export function parseSubnet(text: string): { ip: number; prefix: number } {
  const [address, length, ...rest] = text.split("/");
  const prefix = /^\d{1,2}$/.test(length ?? "") ? Number(length) : NaN;
  if (rest.length || !(prefix >= 1 && prefix <= 32)) {
    throw new RangeError(`"${text}" is not an address with a prefix length, such as 10.0.0.2/24`);
  }
  return { ip: parseIPv4(address), prefix };
}
