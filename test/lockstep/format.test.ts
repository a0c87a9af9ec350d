import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../host/node/session/crc32";
import type { Entry, SessionHeader } from "../../host/node/session/format";
import { Session } from "../../host/node/session/reader";
import { SessionWriter } from "../../host/node/session/writer";

const word = fc.integer({ min: 0, max: 0xffffffff });
const MEMORY = 4096;

const header: fc.Arbitrary<SessionHeader> = fc.record({
  profile: fc.constantFrom("", "tiny", "default"),
  moduleSize: word,
  moduleHash: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((octets) => Buffer.from(octets).toString("hex")),
  memorySize: fc.constant(MEMORY),
  functions: fc.array(fc.record({ arity: fc.nat(6), name: fc.string({ minLength: 1, maxLength: 12 }) }), {
    minLength: 1,
    maxLength: 0x7e,
  }),
});

/** Runs of words, in ascending order and apart. */
const writes = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 40 })), { maxLength: 8 })
  .map((runs) => {
    let end = 0;
    return runs.map(([gap, words]) => {
      const address = end + 4 * gap;
      end = address + 4 * words;
      return { address, octets: Uint8Array.from({ length: 4 * words }, (_, i) => address + i) };
    });
  });

const entries = (functions: SessionHeader["functions"]): fc.Arbitrary<Entry[]> =>
  fc.array(fc.oneof({ weight: 4, arbitrary: step(functions) }, { weight: 1, arbitrary: checkpoint }), { maxLength: 12 });

const checkpoint = word.map((crc): Entry => ({ kind: "checkpoint", crc }));

const step = (functions: SessionHeader["functions"]): fc.Arbitrary<Entry> =>
  fc
    .record({
      fn: fc.nat(functions.length - 1),
      writes,
      words: fc.array(word, { minLength: 6, maxLength: 6 }),
      result: word,
      trapped: fc.boolean(),
    })
    .map(({ fn, words, result, trapped, ...rest }) => {
      const args = words.slice(0, functions[fn].arity);
      return { kind: "step", ...rest, fn, args, result: trapped ? 0 : result, trapped };
    });

const session = header.chain((made) => entries(made.functions).map((list) => ({ header: made, entries: list })));

function written(made: SessionHeader, list: readonly Entry[]): Buffer {
  const chunks: Uint8Array[] = [];
  const writer = new SessionWriter(made, (octets) => void chunks.push(octets.slice()));
  for (const entry of list) {
    if (entry.kind === "step") writer.step(entry);
    if (entry.kind === "checkpoint") writer.checkpoint(entry.crc);
  }
  writer.end(0x12345678);
  return Buffer.concat(chunks);
}

/** Whatever is wrong with a file, reading it says so in one line. */
function complaint(octets: Uint8Array): string {
  try {
    for (const entry of new Session(octets, "odd.session").entries()) expect(entry.kind).toMatch(/step|checkpoint|end/);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

/** The octets with the checksum that belongs to them, as a program with a bug would write them. */
function summed(octets: Uint8Array): Buffer {
  const copy = Buffer.from(octets);
  copy.writeUInt32LE(crc32(copy.subarray(0, -4)), copy.length - 4);
  return copy;
}

describe("the file of a session", () => {
  test("is read as it was written", () => {
    fc.assert(
      fc.property(session, ({ header: made, entries: list }) => {
        const read = new Session(written(made, list));
        expect(read.header).toEqual(made);
        const steps = list.filter(({ kind }) => kind === "step").length;
        expect(plain([...read.entries()])).toEqual(plain([...list, { kind: "end", steps, crc: 0x12345678 }]));
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  test("that is cut off anywhere is told in one line", () => {
    fc.assert(
      fc.property(session, ({ header: made, entries: list }) => {
        const whole = written(made, list);
        for (let length = 0; length < whole.length; length++) {
          expect(complaint(whole.subarray(0, length))).toMatch(/^odd\.session is (cut off|no session)[^\n]*$/);
        }
      }),
      { numRuns: 20, seed: 2 },
    );
  });

  test("with any octet changed is told in one line", () => {
    fc.assert(
      fc.property(session, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ header: made, entries: list }, at, change) => {
        const octets = written(made, list);
        octets[at % octets.length] ^= change;
        expect(complaint(octets)).toMatch(/^odd\.session is [^\n]+$/);
      }),
      { numRuns: 500, seed: 3 },
    );
  });

  test("with any octet changed under a checksum that is right never does more than make no sense", () => {
    fc.assert(
      fc.property(session, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ header: made, entries: list }, at, change) => {
        const octets = written(made, list);
        octets[at % (octets.length - 4)] ^= change;
        expect(complaint(summed(octets))).toMatch(
          /^(odd\.session (makes no sense|is no session|is a session of version)[^\n]+)?$/,
        );
      }),
      { numRuns: 1000, seed: 4 },
    );
  });

  test.each([
    ["", /^odd\.session is no session of Sandwire: `sandwire lockstep --record FILE` writes one$/],
    ["GIF89a", /is no session of Sandwire/],
    ["SWSN\u0002", /is a session of version 2, and this Sandwire reads version 1: record it again/],
  ])("that begins with %j is told", (text, what) => {
    expect(complaint(Buffer.from(text))).toMatch(what);
  });
});

/** Comparable: views become arrays. */
function plain(list: readonly Entry[]): unknown[] {
  return list.map((entry) =>
    entry.kind === "step"
      ? { ...entry, writes: entry.writes.map(({ address, octets }) => ({ address, octets: [...octets] })) }
      : entry,
  );
}

test("the CRC-32 is that of everybody", () => {
  const check = Buffer.from("123456789");
  expect(crc32(check)).toBe(0xcbf43926);
  expect(crc32(check.subarray(4), crc32(check.subarray(0, 4)))).toBe(0xcbf43926);
});
