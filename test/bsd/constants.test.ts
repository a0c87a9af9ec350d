import { describe, expect, it } from "vitest";
import * as abi from "../../host/node/abi";
import * as bsd from "../../host/node/bsd/index";

const {
  Family,
  SocketType,
  Protocol,
  Level,
  SocketOption,
  IpOption,
  PathMtuDiscovery,
  TcpOption,
  MessageFlag,
  IcmpOption,
  Ioctl,
  Shutdown,
  Poll,
} = abi;
const enums = {
  Family,
  SocketType,
  Protocol,
  Level,
  SocketOption,
  IpOption,
  PathMtuDiscovery,
  TcpOption,
  MessageFlag,
  IcmpOption,
  Ioctl,
  Shutdown,
  Poll,
};

describe("Constants under the field's names", () => {
  it.each(Object.entries(enums))("every %s, with the module's value", (_, members) => {
    const named = Object.entries(members).filter(([, value]) => typeof value === "number");
    expect(named.filter(([name, value]) => (bsd as Record<string, unknown>)[name] !== value)).toEqual([]);
  });

  it("values of records: timeval, inetAton, inetNtoa, membership", () => {
    expect(bsd.timeval(1500)).toEqual([1, 500_000]);
    expect(bsd.timeval(0.5)).toEqual([0, 500]);
    expect([...bsd.inetAton("10.0.0.2")]).toEqual([10, 0, 0, 2]);
    expect(bsd.inetNtoa(bsd.inetAton("224.0.0.251"))).toBe("224.0.0.251");
    expect([...bsd.membership("224.0.0.251", "10.0.0.2")]).toEqual([224, 0, 0, 251, 10, 0, 0, 2]);
    expect(() => bsd.inetAton("10.0.0")).toThrow(RangeError);
    expect(() => bsd.inetNtoa(new Uint8Array(5))).toThrow(RangeError);
  });
});
