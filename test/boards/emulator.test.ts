import { describe, expect, test } from "vitest";
import { bootRecord } from "../../host/node/emulator/boot";
import { Lines } from "../../host/node/emulator/lines";
import { Symbols } from "../../host/node/emulator/symbols";

describe("struct sw_boot", () => {
  const entropy = Uint32Array.of(0x01020304, 5, 6, 0xfffffffe);

  test("lies in memory as host/boards/board.h has it", () => {
    const mac = Uint8Array.of(2, 3, 4, 5, 6, 7);
    const record = Buffer.from(bootRecord({ address: "10.1.2.3/24", gateway: "10.1.2.1", entropy, mac, console: true }));
    const words = Array.from({ length: 8 }, (_, i) => record.readUInt32LE(4 * i));
    expect(words).toEqual([0x544f4f42, 0x0a010203, 24, 0x0a010201, ...entropy]);
    expect(record.subarray(32).toString("hex")).toBe("0203040506070100");
  });

  test("without gateway, address of its own and console", () => {
    const record = Buffer.from(bootRecord({ address: "192.168.7.1/28", entropy }));
    expect(record.readUInt32LE(12)).toBe(0);
    expect(record.subarray(32).toString("hex")).toBe("0000000000000000");
  });
});

describe("the names of a firmware's functions", () => {
  const symbols = new Symbols("00000100 00000010 reset\n00000111 00000020 main\nno line of it\n20000000 00000004 in_ram\n");

  test.each([
    [0x100, "reset"],
    [0x10f, "reset+0xe"],
    [0x110, "main"],
    [0x111, "main"],
    [0x12e, "main+0x1e"],
    [0x130, undefined],
    [0xfe, undefined],
    [0x20000003, "in_ram+0x2"],
  ])("%i", (address, name) => expect(symbols.nameOf(address)).toBe(name));

  test("stand behind the addresses on the console", () => {
    expect(symbols.explain("pc 00000112, lr 00000100, r0 00000100")).toBe(
      "pc 00000112 (main+0x2), lr 00000100 (reset), r0 00000100",
    );
    expect(symbols.explain("at 0x00000110, 0x00000999")).toBe("at 0x00000110 (main), 0x00000999");
    expect(new Symbols("").explain("pc 00000112")).toBe("pc 00000112");
  });
});

describe("lines", () => {
  test("come whole, however the stream is cut, without control characters", () => {
    const seen: string[] = [];
    const lines = new Lines((line) => seen.push(line));
    for (const piece of ["a", "b\r\n", "\n\x07c\nd", ""]) lines.take(piece);
    expect(seen).toEqual(["ab", "", "c"]);
    lines.end();
    lines.end();
    expect(seen).toEqual(["ab", "", "c", "d"]);
  });

  test("without an end are cut", () => {
    const seen: number[] = [];
    new Lines((line) => seen.push(line.length)).take("x".repeat(2500));
    expect(seen).toEqual([1000, 1000]);
  });
});
