import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Abi, Capability, Drop, Errno, Family, MacView, Slot, SocketOption, TcpInfoState } from "../../host/node/abi";
import { enumsOf } from "../../host/tools/abi/enums";
import { functionsOf } from "../../host/tools/abi/functions";
import { headerSource } from "../../host/tools/abi/header";
import { needs } from "../support/needs";

let folder = "";
let header = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sandwire-header-"));
  header = headerSource(enumsOf("assembly/abi.ts"), functionsOf("assembly/apps/board.ts"));
  writeFileSync(join(folder, "sandwire_abi.h"), header);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the compiler says of a program that includes the header: nothing when all is well. */
function compiled(text: string): string {
  writeFileSync(join(folder, "program.c"), text);
  const options = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", `-I${folder}`, "-Ihost/wasm3"];
  return spawnSync("gcc", [...options, join(folder, "program.c")], { encoding: "utf8" }).stderr;
}

describe("the header for C", () => {
  needs("gcc")("compiles without a warning, alone and before the project's own headers", () => {
    expect(compiled(`#include "sandwire_abi.h"\nextern int used;\n`)).toBe("");
    expect(compiled(`#include "device.h"\nextern int used;\n`)).toBe("");
  });

  needs("gcc")("has the numbers of the border, under POSIX's names or their enum's", () => {
    const values: Record<string, number> = {
      SW_ABI_VERSION: Abi.version,
      SW_ABI_MAC_MAGIC: Abi.macMagic,
      SW_AF_INET: Family.AF_INET,
      SW_SO_REUSEADDR: SocketOption.SO_REUSEADDR,
      SW_DROP_TCP_CHECKSUM: Drop.TcpChecksum,
      SW_DROP_COUNT: Drop.count,
      SW_OWN: Slot.OWN,
      SW_CSUM_FILL: Slot.CSUM_FILL,
      SW_RX_CSUM: Capability.RX_CSUM,
      SW_TCP_INFO_STATE_CLOSING: TcpInfoState.CLOSING,
      SW_MAC_RECORD_RX_RING: 8,
      SW_MAC_RECORD_SIZE: MacView.size,
      SW_EAGAIN: Errno.EAGAIN,
    };
    const asserts = Object.entries(values).map(([name, value]) => `_Static_assert(${name} == ${value}, "${name}");`);
    expect(compiled(`#include "sandwire_abi.h"\n${asserts.join("\n")}\n`)).toBe("");
  });

  needs("gcc")("knows the functions, how many arguments they take, and what errors mean", () => {
    const program = `#include "sandwire_abi.h"
      _Static_assert(SW_FN_COUNT == ${functionsOf("assembly/apps/board.ts").length}, "functions");
      int32_t all(sw_engine *engine) { return sw_raw_recv(engine, 1, 2, 3, 4) + sw_raw_serve(engine); }
      uint32_t words(void) { return sw_function_arity(SW_FN_SETSOCKOPT) + (uint32_t)sw_function_name(SW_FN_POLL)[0]; }
      #define X(name, number, text) _Static_assert(SW_##name == number, text);
      SW_ERRNOS(X)
      #undef X
      #define X(NAME, name) _Static_assert(SW_DROP_##NAME < SW_DROP_COUNT, #name);
      SW_DROPS(X)
      extern int used;`;
    expect(compiled(program)).toBe("");
    expect(header).toContain("  X(SETSOCKOPT, setsockopt, 5) \\\n");
  });

  it("refuses one name for two numbers", () => {
    const member = { name: "EAGAIN", doc: "", value: 1 };
    const enums = [
      { name: "One", doc: "", members: [member] },
      { name: "Two", doc: "", members: [{ ...member, value: 2 }] },
    ];
    expect(() => headerSource(enums, [])).toThrow("SW_EAGAIN would be 1 and 2");
  });
});
