import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { boardNames, readBoard } from "../../host/tools/board/description";

describe.each(
  boardNames()
    .map(readBoard)
    .filter(({ emulator }) => emulator),
)("$name", ({ name, engines }) => {
  test.each(Object.keys(engines))("is tested with %s", (engine) => {
    expect(existsSync(`test/boards/${name}.${engine}.test.ts`)).toBe(true);
  });
});
