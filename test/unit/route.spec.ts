import { BROADCAST, ifconfig } from "../../assembly/ip/iface";
import { nextHop, sourceFor } from "../../assembly/ip/route";
import { FAR, OTHER, PEER, US, boot, power } from "./support/net";

describe("the next hop", () => {
  it("is the destination on our link, the router elsewhere", () => {
    boot();
    expect(nextHop(OTHER)).toBe(OTHER);
    expect(nextHop(FAR)).toBe(PEER);
    expect(nextHop(0x0a0000ff)).toBe(BROADCAST);
    expect(nextHop(BROADCAST)).toBe(BROADCAST);
    expect(nextHop(0xe00000fb)).toBe(0xe00000fb);
  });

  it("does not exist for reserved addresses, without a router, or without an address", () => {
    boot();
    expect(nextHop(0)).toBe(0);
    expect(nextHop(0x00000001)).toBe(0);
    expect(nextHop(0xf0000001)).toBe(0);
    ifconfig(0, US, 24, 0);
    expect(nextHop(FAR)).toBe(0);
    expect(nextHop(OTHER)).toBe(OTHER);
    power();
    expect(nextHop(OTHER)).toBe(0);
    expect(nextHop(BROADCAST)).toBe(0);
  });
});

describe("the source address", () => {
  it("is ours, and localhost for 127/8", () => {
    boot();
    expect(sourceFor(OTHER)).toBe(US);
    expect(sourceFor(FAR)).toBe(US);
    expect(sourceFor(US)).toBe(US);
    expect(sourceFor(0x7f000005)).toBe(0x7f000001);
    expect(sourceFor(0)).toBe(0);
  });

  it("is localhost for 127/8 even without an address", () => {
    power();
    expect(sourceFor(0x7f000001)).toBe(0x7f000001);
    expect(sourceFor(OTHER)).toBe(0);
  });
});
