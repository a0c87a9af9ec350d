import { Counter, Drop } from "../../assembly/abi";
import { count, counted, drop, dropped, statsAt } from "../../assembly/stats";

describe("the counters", () => {
  it("count each reason for itself, and hand the reason back", () => {
    const before = dropped(Drop.TcpChecksum);
    const neighbours = dropped(Drop.TcpOffset) + dropped(Drop.TcpOptionLength);
    expect(drop(Drop.TcpChecksum)).toBe(Drop.TcpChecksum);
    drop(Drop.TcpChecksum);
    expect(dropped(Drop.TcpChecksum)).toBe(before + 2);
    expect(dropped(Drop.TcpOffset) + dropped(Drop.TcpOptionLength)).toBe(neighbours);
  });

  it("count by one, or by as much as is said", () => {
    const before = counted(Counter.OctetsIn);
    count(Counter.OctetsIn);
    count(Counter.OctetsIn, 1460);
    expect(counted(Counter.OctetsIn)).toBe(before + 1461);
  });

  it("lie one behind the other: the drops, then the counters", () => {
    drop(<Drop>(Drop.count - 1));
    count(Counter.FramesIn, 7);
    count(<Counter>(Counter.count - 1), 9);
    const words = statsAt();
    expect(load<u32>(words + (Drop.count - 1) * 4)).toBe(dropped(<Drop>(Drop.count - 1)));
    expect(load<u32>(words + Drop.count * 4)).toBe(counted(Counter.FramesIn));
    expect(load<u32>(words + (Drop.count + Counter.count - 1) * 4)).toBe(counted(<Counter>(Counter.count - 1)));
    expect(counted(Counter.FramesIn)).toBeGreaterThan(6);
  });

  it("run over without a trap", () => {
    count(Counter.UdpIn, 0xffffffff - counted(Counter.UdpIn));
    expect(counted(Counter.UdpIn)).toBe(0xffffffff);
    count(Counter.UdpIn);
    expect(counted(Counter.UdpIn)).toBe(0);
  });
});
