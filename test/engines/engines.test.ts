import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { nativeModule } from "../../host/node/engine";
import { inEngines } from "./needed";
import { compiled, type Compiled, type Edges, edgesIn } from "./edges";

/** Numbers at which engines go wrong. */
const WORDS = [
  0, 1, 2, 3, 7, 31, 32, 33, 63, 64, 127, 128, 255, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff,
];
const OPERATIONS = Array.from({ length: 14 }, (_, op) => op);

/** Every operation on every two of them, but for divisions that trap: what was done and what came of it. */
function narrow(edges: Edges): string[] {
  const traps = (op: number, a: number, b: number): boolean =>
    (op < 4 && b === 0) || (op === 0 && a === 0x80000000 && b === 0xffffffff);
  const pairs = WORDS.flatMap((a) => WORDS.map((b) => [a, b]));
  return pairs.flatMap(([a, b]) =>
    OPERATIONS.filter((op) => !traps(op, a, b)).map((op) => `${op}: ${a}, ${b}: ${edges.sendto(op, a, 0, b, 0)}`),
  );
}

/** The same with 64 bits, on some. */
function wide(edges: Edges): string[] {
  const high = new Uint32Array(edges.memory.buffer, 8, 1);
  const numbers = WORDS.flatMap((low) => [0, 1, 0x7fffffff, 0x80000000, 0xffffffff].map((upper) => [low, upper]));
  const others = (i: number): number[][] => [7, 31, 57].map((step) => numbers[(i * step + 3) % numbers.length]);
  const least = ([low, upper]: number[]): boolean => low === 0 && upper === 0x80000000;
  const traps = (op: number, a: number[], b: number[]): boolean =>
    (op < 4 && b[0] + b[1] === 0) || (op === 0 && least(a) && b[0] === 0xffffffff && b[1] === 0xffffffff);
  return numbers.flatMap((a, i) =>
    [...others(i), [1, 0], [0xffffffff, 0xffffffff]].flatMap((b) =>
      OPERATIONS.filter((op) => !traps(op, a, b)).map((op) => {
        const low = edges.sendto(32 + op, a[0], a[1], b[0], b[1]);
        return `${op}: ${a.join()}, ${b.join()}: ${low}, ${high[0]}`;
      }),
    ),
  );
}

/** The result of a call, or what the error says. */
function outcome(call: () => number): number | string {
  try {
    return call() | 0;
  } catch (error) {
    return String(error);
  }
}

let named: Compiled;
let plain: Compiled;
let v8: Edges;

beforeAll(async () => {
  [named, plain] = await Promise.all([compiled("edges.ts", "--debug"), compiled("edges.ts")]);
  v8 = await edgesIn("v8", plain.path);
});
afterAll(() => [named, plain].forEach((each) => each.remove()));

describe.each(["wasm3", "aot"] as const)("the engine %s", (engine) => {
  inEngines("calculates as V8 does", async () => {
    const other = await edgesIn(engine, plain.path);
    expect(narrow(other)).toEqual(narrow(v8));
  });

  inEngines("calculates with 64 bits as V8 does", async () => {
    const other = await edgesIn(engine, plain.path);
    expect(wide(other)).toEqual(wide(v8));
  });

  inEngines("reads, writes, fills and copies as V8 does, at any alignment and up to the last octet", async () => {
    const [one, other] = await Promise.all([edgesIn("v8", plain.path), edgesIn(engine, plain.path)]);
    const steps: [number, number, number, number][] = [
      ...[0, 1, 2, 3, 5].flatMap((at) =>
        [7, 8, 9, 10].map((op) => [op, 1001 + at * 9, 0x89abcdef, 0xfedcba98 + at] as [number, number, number, number]),
      ),
      [11, 65530, 0x1a5, 6],
      [11, 65536, 1, 0],
      [12, 2000, 1001, 77],
      [12, 2003, 2000, 70],
      [12, 1998, 2000, 70],
      [12, 65536, 65536, 0],
      ...[0, 1, 2, 3, 4, 5].flatMap((op) =>
        [1001, 1002, 1003, 1004, 65528].map((at) => [op, at, 0, 0] as [number, number, number, number]),
      ),
      [6, 2, 0, 0],
      [0, 65535, 0, 0],
      [4, 65532, 0, 0],
      [13, 0, 0, 0],
      [14, 0, 0, 0],
      [14, 0, 0, 1],
      [14, 0, 0, 65536],
    ];
    for (const step of steps) expect([step, other.send(...step)]).toEqual([step, one.send(...step)]);
    expect(Buffer.compare(Buffer.from(other.memory.buffer), Buffer.from(one.memory.buffer))).toBe(0);
  });

  const traps: [string, (edges: Edges) => number][] = [
    ["unreachable", (edges: Edges) => edges.recv(0, 0, 0, 0)],
    ["endless recursion", (edges: Edges) => edges.recv(1, 0, 0, 0)],
    ["a call of a function of another type", (edges: Edges) => edges.recv(2, 1, 0, 0)],
    ["a call beyond the table", (edges: Edges) => edges.recv(2, 1000, 0, 0)],
    ["a call of nothing", (edges: Edges) => edges.recv(2, 2, 0, 0)],
    ["a division by zero", (edges: Edges) => edges.sendto(0, 1, 0, 0, 0)],
    ["an unsigned division by zero", (edges: Edges) => edges.sendto(33, 1, 0, 0, 0)],
    ["a division that overflows", (edges: Edges) => edges.sendto(0, 0x80000000, 0, -1, 0)],
    ["a division that overflows 64 bits", (edges: Edges) => edges.sendto(32, 0, 0x80000000, -1, -1)],
    ["reading the octet behind the memory", (edges: Edges) => edges.send(0, 65536, 0, 0)],
    ["reading half a word behind it", (edges: Edges) => edges.send(4, 65534, 0, 0)],
    ["reading far behind it", (edges: Edges) => edges.send(1, 0xffffffff, 0, 0)],
    ["reading behind it by an offset", (edges: Edges) => edges.send(6, 3, 0, 0)],
    ["an address that wraps with its offset", (edges: Edges) => edges.send(6, 0xfffffff0, 0, 0)],
    ["writing eight octets of which one fits", (edges: Edges) => edges.send(10, 65535, 0, 0)],
    ["filling beyond the end", (edges: Edges) => edges.send(11, 65535, 1, 2)],
    ["filling nothing behind the end", (edges: Edges) => edges.send(11, 65537, 1, 0)],
    ["copying from beyond the end", (edges: Edges) => edges.send(12, 0, 65530, 7)],
    ["copying to beyond the end", (edges: Edges) => edges.send(12, 65530, 0, 7)],
    ["copying more than there is", (edges: Edges) => edges.send(12, 1, 0, 0xffffffff)],
  ];
  for (const [what, call] of traps) {
    inEngines(`traps on ${what} with V8's words, and changes nothing`, async () => {
      const [one, other] = await Promise.all([edgesIn("v8", plain.path), edgesIn(engine, plain.path)]);
      const expected = outcome(() => call(one));
      expect(expected).toMatch(/Error: /);
      expect(outcome(() => call(other))).toBe(expected);
      expect(Buffer.compare(Buffer.from(other.memory.buffer), Buffer.from(one.memory.buffer))).toBe(0);
      // Nobody knows what state a module is in that has trapped.
      expect(outcome(() => other.init(1, 1, 1, 1))).toBe(expected);
    });
  }

  inEngines("divides as V8 does by what remains: nothing", async () => {
    const [one, other] = await Promise.all([edgesIn("v8", plain.path), edgesIn(engine, plain.path)]);
    expect(outcome(() => one.sendto(2, 1, 0, 0, 0))).toBe("RuntimeError: remainder by zero");
    expect(outcome(() => other.sendto(2, 1, 0, 0, 0))).toBe("RuntimeError: divide by zero");
  });

  inEngines("says which function trapped: by its name, or by its number", async () => {
    const where = async ({ path }: Compiled): Promise<string> => {
      const edges = await edgesIn(engine, path);
      try {
        edges.recv(1, 0, 0, 0);
      } catch (error) {
        return (error as Error).stack?.split("\n")[1].trim() ?? "";
      }
      return "";
    };
    expect(await where(named)).toBe(`at test/engines/modules/edges/forever (${engine})`);
    expect(await where(plain)).toMatch(new RegExp(`^at function \\d+ \\(${engine}\\)$`));
  });

  inEngines("has instances that do not know of each other, each as the module begins", async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => edgesIn(engine, plain.path)));
    expect(all.map((edges, i) => edges.init(i, 0, 0, 0))).toEqual([0, 1, 2, 3, 4]);
    expect(all.map((edges) => edges.init(10, 0, 0, 0))).toEqual([10, 11, 12, 13, 14]);
    expect(() => all[1].recv(0, 0, 0, 0)).toThrow("unreachable");
    expect(all[2].init(0, 0, 0, 0)).toBe(12);
    const at = all[0].scratch();
    const texts = all.map((edges) => Buffer.from(edges.memory.buffer, at, 5).toString());
    expect(texts).toEqual(Array.from({ length: 5 }, () => "hello"));
  });

  inEngines("refuses what is no module of Sandwire's kind", async () => {
    const bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 3, 1, 0, 1];
    const path = join(plain.path, "..", `growing.${engine}.wasm`);
    writeFileSync(path, Uint8Array.from(bytes));
    await expect(nativeModule(engine, path).then((module) => module.instantiate())).rejects.toThrow(
      /memory is not of a fixed size/,
    );
  });
});
