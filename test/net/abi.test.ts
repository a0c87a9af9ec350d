import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bindExports, Drop, Errno, errnoMessage } from "../../host/node/abi";
import { generate } from "../../host/tools/abi";

const ABI = `
/** Numbers of
 * errors. */
export const enum Errno {
  /** Try again. */
  EAGAIN = 11,
  ECONNREFUSED = 111,
  EINPROGRESS = 115,
}
export const enum Order { First, Second, Tenth = 10, Eleventh }
const enum Hidden { not = 1 }
export const enum ThingRecord { kind = 0, _pad = 1, port = 2, /** Where. */ where = 4, mac = 8, size = 14 }
`;
const EXPORTS = `
import { later, other } from "./calls";
export { send, recv as receive } from "./calls";
export { later };
export * from "./more";
/** Runs. */
export function poll(now: u32): u32 { return now; }
export function flag(): bool { return true; }
function hidden(): void {}
`;
const FILES: Record<string, string> = {
  "abi.ts": ABI,
  "exports.ts": EXPORTS,
  "calls.ts": `
    /** Sends. */
    export function send(fd: i32, flags: u32 = 0): i32 { return 0; }
    export function recv(fd: i32): usize { return 0; }
    export function later(): void {}
    export function unseen(): void {}`,
  "more.ts": `export function poll(): i32 { return 0; }\nexport function extra(): i32 { return 0; }`,
  "apps/board.ts": `export * from "../exports";\n/** Serves, then runs. */\nexport function poll(now: u32): u32 { return now; }`,
};

let folder = "";
let text = "";

/** The generated text as a module. */
interface Generated {
  Order: Record<string, number | string>;
  ThingView: { new (view: DataView, at: number): Record<string, number | Uint8Array>; size: number };
  errnoMessage: Record<number, string>;
}

async function generated(): Promise<Generated> {
  const script = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  }).outputText;
  return (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(script)}`)) as Generated;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sandwire-abi-"));
  mkdirSync(join(folder, "apps"));
  for (const [name, content] of Object.entries(FILES)) writeFileSync(join(folder, name), content);
  text = generate(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the generator of host declarations", () => {
  it("gives enums their values, and names by value", async () => {
    const { Order } = await generated();
    expect([Order["First"], Order["Second"], Order["Tenth"], Order["Eleventh"], Order[11]]).toEqual([0, 1, 10, 11, "Eleventh"]);
    expect(text).not.toContain("Hidden");
  });

  it("gives records a view whose fields are as wide as the distance to the next", async () => {
    const { ThingView } = await generated();
    const view = new DataView(new ArrayBuffer(64));
    const thing = new ThingView(view, 16);
    Object.assign(thing, { kind: 0x1ff, port: 0x12345, where: 0xfffffffe });
    expect([thing["kind"], thing["port"], thing["where"], ThingView.size]).toEqual([0xff, 0x2345, 0xfffffffe, 14]);
    expect([view.getUint8(16), view.getUint8(17), view.getUint16(18, true), view.getUint32(20, true)]).toEqual([
      0xff, 0, 0x2345, 0xfffffffe,
    ]);
    (thing["mac"] as Uint8Array).set([1, 2, 3, 4, 5, 6]);
    expect([view.getUint8(24), view.getUint8(29), view.getUint8(30)]).toEqual([1, 6, 0]);
    expect(text).not.toMatch(/[gs]et _pad/);
  });

  it("has words for every error", async () => {
    const { errnoMessage: messages } = await generated();
    expect(messages[111]).toBe("connection refused");
    expect(messages[115]).toBe("operation now in progress");
    for (const value of Object.values(Errno))
      if (typeof value === "number") expect(errnoMessage[value]).toMatch(/^[a-z][a-z ,()/-]+$/);
  });

  it("follows exports through files, the firmware's own winning, with their comments", () => {
    const names = [...text.matchAll(/^ {2}(\w+)\(.*\): (?:number|void);$/gm)].map(([, name]) => name);
    expect(names).toEqual(["extra", "flag", "later", "poll", "receive", "send"]);
    expect(text).toContain("  /** Serves, then runs. */\n  poll(now: number): number;");
    expect(text).toContain("  /** Sends. */\n  send(fd: number, flags?: number): number;");
    expect(text).toContain("/** Numbers of\n * errors. */\nexport enum Errno");
  });

  it("refuses what it cannot express", () => {
    const refused = (source: string): string => {
      writeFileSync(join(folder, "abi.ts"), source);
      try {
        return generate(folder);
      } catch (error) {
        return String(error);
      } finally {
        writeFileSync(join(folder, "abi.ts"), ABI);
      }
    };
    expect(refused("export const enum X { a = 1 << 2 }")).toMatch(/abi\.ts: 1 << 2 is not a number$/);
    expect(refused("export const enum XRecord { at = 0, size = 4 }")).toMatch(/XRecord: a field cannot be called at$/);
    expect(refused("export const enum XRecord { a = 0 }")).toMatch(/XRecord does not end with its size$/);
  });

  it("says which file is missing", () => {
    expect(() => generate(join(folder, "apps"))).toThrow(/apps\/abi\.ts is missing$/);
  });
});

describe("bindExports", () => {
  const instance = (exports: object): WebAssembly.Instance => ({ exports }) as unknown as WebAssembly.Instance;

  it("makes u32 results unsigned and leaves errno negative", () => {
    const bound = bindExports(instance({ poll: () => -1, recv: () => -11 }), () => new Error("trap"));
    expect([bound.poll(0), bound.recv(0, 0, 0, 0)]).toEqual([0xffffffff, -Errno.EAGAIN]);
  });

  it("says which call trapped", () => {
    const cause = new WebAssembly.RuntimeError("unreachable");
    const raw = instance({
      send: () => {
        throw cause;
      },
    });
    const seen: unknown[] = [];
    const bound = bindExports(raw, (...what) => new Error(String(seen.push(...what))));
    expect(() => bound.send(0, 0, 0, 0)).toThrow("2");
    expect(seen).toEqual(["send", cause]);
  });

  it("knows the core's own names", () => {
    expect([Drop.None, Drop[Drop.TcpChecksum]]).toEqual([0, "TcpChecksum"]);
  });
});
