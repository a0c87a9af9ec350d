/** `ENGINE=wasm3 npm test`: what runs the modules under test, and which tests that concerns. */

/** The engines, as host/node/engine.ts has them; here without its imports, since the configuration of the tests reads this file. */
const ENGINES = ["v8", "wasm3", "aot"];

/** The engine under test. Throws an Error of one line when ENGINE names none. */
export function engineUnderTest(): string {
  const engine = process.env["ENGINE"] || "v8";
  if (!ENGINES.includes(engine)) throw new Error(`ENGINE=${engine}: there is no such engine, there are ${ENGINES.join(", ")}`);
  return engine;
}

/**
 * The behaviour suite: what runs boards. Everything else, such as the unit specs, the tools, the package and the examples, does not depend on
 * the engine and runs with V8's suite alone.
 */
export const BEHAVIOUR = [
  ...["tcp", "textbook", "rfc9293", "net", "socket", "bsd", "node-net", "node-dgram", "drill", "fuzz", "engines"].map(
    (folder) => `test/${folder}/**/*.test.ts`,
  ),
  "test/golden/lossy.test.ts",
];

/** Of those, what is about the host alone. */
export const NOT_BEHAVIOUR = ["abi", "cli", "cli-status", "clock", "pcap", "print", "qemu", "seeds", "snippets"].map(
  (name) => `test/net/${name}.test.ts`,
);

/** What the tests of an engine need in their environment, and in that of what they start. */
export function environmentOf(engine: string): Record<string, string> {
  // Modules with knobs are compiled for one test: what counts is how long that takes.
  return engine === "v8" ? {} : { SANDWIRE_ENGINE: engine, SANDWIRE_AOT_OPTIMIZE: "-O1" };
}
