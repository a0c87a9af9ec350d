import { Errno } from "../../assembly/abi";
import { address, gateway, ifconfig, isBroadcast, isLocal, isReserved, prefix } from "../../assembly/ip/iface";
import { FAR, PEER, US, power } from "./support/net";

const EINVAL = -(<i32>Errno.EINVAL);

describe("ifconfig", () => {
  it("takes an address, a prefix and a router, and gives them back", () => {
    power();
    expect(address()).toBe(0);
    expect(ifconfig(0, US, 24, PEER)).toBe(0);
    expect(address()).toBe(US);
    expect(prefix()).toBe(24);
    expect(gateway()).toBe(PEER);
    expect(ifconfig(0, 0, 99, 99)).toBe(0);
    expect(address()).toBe(0);
    expect(gateway()).toBe(0);
  });

  it("refuses addresses that are not one host's", () => {
    power();
    expect(ifconfig(1, US, 24, 0)).toBe(EINVAL);
    expect(ifconfig(0, US, 0, 0)).toBe(EINVAL);
    expect(ifconfig(0, US, 33, 0)).toBe(EINVAL);
    expect(ifconfig(0, 0x0a000000, 24, 0)).toBe(EINVAL, "the network");
    expect(ifconfig(0, 0x0a0000ff, 24, 0)).toBe(EINVAL, "the broadcast address");
    expect(ifconfig(0, 0xe0000001, 24, 0)).toBe(EINVAL, "a group");
    expect(ifconfig(0, 0xf0000001, 24, 0)).toBe(EINVAL, "class E");
    expect(ifconfig(0, 0x7f000001, 8, 0)).toBe(EINVAL, "loopback");
    expect(ifconfig(0, 0x00000005, 24, 0)).toBe(EINVAL, "this network");
    expect(address()).toBe(0);
  });

  it("refuses a router that is not a neighbour, and then changes nothing", () => {
    power();
    expect(ifconfig(0, US, 24, PEER)).toBe(0);
    expect(ifconfig(0, US + 1, 24, FAR)).toBe(EINVAL);
    expect(ifconfig(0, US + 1, 24, US + 1)).toBe(EINVAL);
    expect(ifconfig(0, US + 1, 24, 0x0a0000ff)).toBe(EINVAL);
    expect(address()).toBe(US);
    expect(gateway()).toBe(PEER);
  });

  it("knows networks of two and of one (RFC 3021)", () => {
    power();
    expect(ifconfig(0, 0x0a000000, 31, 0x0a000001)).toBe(0);
    expect(isBroadcast(0x0a000001)).toBe(false);
    expect(ifconfig(0, US, 32, 0)).toBe(0);
    expect(isBroadcast(US)).toBe(false);
  });
});

describe("an address", () => {
  it("is a broadcast in every form of RFC 1122 §3.3.6, by our own mask", () => {
    power();
    expect(isBroadcast(0xffffffff)).toBe(true);
    expect(isBroadcast(0x0a0000ff)).toBe(false, "unconfigured");
    ifconfig(0, 0x0a010203, 20, 0);
    expect(isBroadcast(0x0a010fff)).toBe(true);
    expect(isBroadcast(0x0a010000)).toBe(true);
    expect(isBroadcast(0x0a0100ff)).toBe(false);
    expect(isBroadcast(0x0affffff)).toBe(false);
  });

  it("is local when it is ours or in 127/8", () => {
    power();
    expect(isLocal(0)).toBe(false);
    ifconfig(0, US, 24, PEER);
    expect(isLocal(US)).toBe(true);
    expect(isLocal(PEER)).toBe(false);
    expect(isLocal(0x7fffffff)).toBe(true);
    expect(isLocal(0x80000000)).toBe(false);
  });

  it("is reserved in 0/8, 127/8 and from 224 on", () => {
    expect(isReserved(0)).toBe(true);
    expect(isReserved(0x00ffffff)).toBe(true);
    expect(isReserved(0x01000000)).toBe(false);
    expect(isReserved(0x7f000000)).toBe(true);
    expect(isReserved(0xdfffffff)).toBe(false);
    expect(isReserved(0xe0000000)).toBe(true);
    expect(isReserved(0xffffffff)).toBe(true);
  });
});
