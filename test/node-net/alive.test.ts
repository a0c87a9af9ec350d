import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const run = promisify(execFile);

async function fate(place: "node" | "boards", name: string): Promise<string> {
  const { stdout } = await run(process.execPath, ["--import", "tsx", "test/node-net/inside/main.ts", place, name]);
  return stdout.trim();
}

describe("What keeps the process alive is what keeps it with node:net", () => {
  test.each([
    ["nothing", "done"],
    ["a server that listens", "alive"],
    ["a server that was told to let go", "done"],
    ["a server that was told to let go, then not", "alive"],
    ["a connection, and all of it ended", "done"],
    ["an idle connection", "alive"],
    ["an idle connection, one end of which lets go", "alive"],
    ["an idle connection, both ends of which let go", "done"],
    ["an idle connection nobody reads from", "alive"],
    ["a timeout of a connection that lets go", "done"],
    ["a socket that was never connected", "done"],
    ["a write that waits for its reader", "alive"],
  ])("%s: %s", async (name, expected) => {
    const [theirs, ours] = await Promise.all([fate("node", name), fate("boards", name)]);
    expect({ theirs, ours }).toEqual({ theirs: expected, ours: expected });
  });
});
