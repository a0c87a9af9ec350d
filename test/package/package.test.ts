import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { modules } from "../../host/tools/goals";
import { Elsewhere, type Ended, type Packed } from "./elsewhere";

/** What the package may take: packed, and where it is installed. */
const PACKED = 900_000;
const INSTALLED = 2_700_000;

const elsewhere = new Elsewhere();
let packed: Packed = { filename: "", size: 0, unpackedSize: 0, files: [] };
const installed = join(elsewhere.project, "node_modules/sandwire");

beforeAll(async () => {
  packed = await elsewhere.pack();
  await elsewhere.install(packed, "typescript", "@types/node", "assemblyscript");
  elsewhere.copy("examples/hello.ts", "hello.ts");
  for (const program of ["two-boards.ts", "ask-the-time.ts", "visit-hello.ts"])
    elsewhere.copy(`examples/node/${program}`, `src/${program}`);
}, 600_000);
afterAll(() => elsewhere.close());

/** Check the types of the programs, and compile them into out/. */
function typecheck(more: object): Promise<Ended> {
  const options = { target: "es2022", strict: true, skipLibCheck: false, types: ["node"], outDir: "out", ...more };
  elsewhere.write("tsconfig.json", JSON.stringify({ compilerOptions: options, include: ["src"] }));
  return elsewhere.node("node_modules/typescript/bin/tsc");
}

/** The programs as most projects for Node compile them, once: without the types of browsers. */
let compiled: Promise<Ended> | undefined;
const compile = (): Promise<Ended> => (compiled ??= typecheck({ module: "nodenext", lib: ["es2022"] }));

describe("what npm pack makes", () => {
  test("has what an application needs, and nothing of how it is made", () => {
    const paths = packed.files.map(({ path }) => path);
    for (const path of ["LICENSE", "README.md", "CHANGELOG.md", "asconfig.json", "assembly/index.ts", "assembly/exports.ts"])
      expect(paths).toContain(path);
    for (const name of modules) expect(paths).toContain(`build/sandwire.${name}.wasm`);
    const strange = /^(test|examples|\.ci|node_modules)\/|\.(test|spec)\.|\.map$|\.tgz$|layout\.json$|debug/;
    expect(paths.filter((path) => strange.test(path))).toEqual([]);
  });

  test(`takes at most ${PACKED} octets, ${INSTALLED} where it is installed`, () => {
    expect(packed.size).toBeLessThan(PACKED);
    expect(packed.unpackedSize).toBeLessThan(INSTALLED);
  });

  test("names no path of the machine it was made on", () => {
    const here = process.cwd();
    const files = readdirSync(installed, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBe(packed.files.length);
    const paths = files.map((file) => join(file.parentPath, file.name));
    expect(paths.filter((path) => readFileSync(path, "latin1").includes(here))).toEqual([]);
  });

  test("asks for nothing that only the checkout needs", () => {
    const text = readFileSync(join(installed, "package.json"), "utf8");
    const { dependencies, optionalDependencies } = JSON.parse(text) as Record<string, object>;
    expect(Object.keys(dependencies ?? {})).toEqual(["commander"]);
    expect(Object.keys(optionalDependencies ?? {})).toEqual(["koffi"]);
  });
});

describe("a TypeScript program in an empty project", () => {
  test("every entry point resolves to a file", async () => {
    const entries = [
      ".",
      "./net",
      "./dgram",
      "./assembly",
      "./assembly/exports",
      "./wasm/tiny.wasm",
      "./wasm/default.bare.wasm",
      "./package.json",
    ];
    const names = entries.map((entry) => `sandwire${entry.slice(1)}`);
    const program = `for (const name of ${JSON.stringify(names)}) console.log(import.meta.resolve(name));`;
    elsewhere.write("entries.mjs", program);
    const { out, err } = await elsewhere.node("entries.mjs");
    expect(err).toBe("");
    const missing = out
      .trim()
      .split("\n")
      .filter((url) => !packed.files.some(({ path }) => fileURLToPath(url) === join(installed, path)));
    expect(missing).toEqual([]);
  });

  test("a module of the package runs without the package", async () => {
    elsewhere.write(
      "raw.mjs",
      `import { readFile } from "node:fs/promises";
       const url = new URL(import.meta.resolve("sandwire/wasm/tiny.bare.wasm"));
       const { instance } = await WebAssembly.instantiate(await readFile(url), {});
       console.log(instance.exports.init(1, 2, 3, 4), instance.exports.socket(2, 1, 0));`,
    );
    expect((await elsewhere.node("raw.mjs")).out).toBe("0 0\n");
  });

  test("has types for Node, those of the package checked too", async () => {
    expect(await compile()).toMatchObject({ code: 0, out: "" });
  }, 120_000);

  test("has types for bundlers", async () => {
    await compile();
    expect(await typecheck({ module: "esnext", moduleResolution: "bundler", noEmit: true })).toMatchObject({ code: 0, out: "" });
  }, 120_000);

  test("two boards talk through what is shaped like node:net", async () => {
    await compile();
    expect(await elsewhere.node("out/two-boards.js")).toEqual({ code: 0, out: "Hello, 10.0.0.1\n", err: "" });
  });

  test("and through what is shaped like node:dgram", async () => {
    await compile();
    const out = "What time is it? It is 1970-01-01T00:00:00.000Z.\n";
    expect(await elsewhere.node("out/ask-the-time.js")).toEqual({ code: 0, out, err: "" });
  });
});

describe("an AssemblyScript application in an empty project", () => {
  test("is compiled by sandwire build, runs on a board and answers", async () => {
    const built = await elsewhere.sandwire("build", "hello.ts");
    expect(built).toMatchObject({ code: 0, err: "" });
    expect(built.out).toContain("build/hello.default.wasm");
    await compile();
    expect(await elsewhere.node("out/visit-hello.js")).toEqual({ code: 0, out: "Hello from Sandwire\r\n", err: "" });
  }, 300_000);

  test("is told in one line what is wrong with it", async () => {
    elsewhere.write("poor.ts", "export function serve(): i32 {\n  return 0;\n}\n");
    elsewhere.write("wrong.ts", "export function serve(): i32 {\n  return nothing;\n}\n");
    const lines = async (args: string[]): Promise<string> => (await elsewhere.sandwire("build", ...args)).err;
    expect(await lines(["poor.ts", "--debug"])).toMatch(/^sandwire: poor\.ts does not export init, poll: .*\n$/);
    expect(await lines(["wrong.ts", "--debug"])).toMatch(/wrong\.ts\(2,10\)[^]*\nsandwire: wrong\.ts does not compile\n$/);
    expect(await lines(["absent.ts"])).toBe("sandwire: no such file: absent.ts\n");
    expect(await lines(["hello.ts", "--use", "CONFIG_NONSENSE=1"])).toMatch(/^sandwire: there is no knob CONFIG_NONSENSE: .*\n$/);
    expect(await lines(["hello.ts", "--profile", "huge"])).toMatch(/^sandwire: .*The profiles are tiny, default, host.*\n$/);
  }, 120_000);

  test("without the compiler it is told how to get it", async () => {
    const compiler = join(elsewhere.project, "node_modules/assemblyscript");
    renameSync(compiler, `${compiler}.away`);
    const { code, err } = await elsewhere.sandwire("build", "hello.ts");
    renameSync(`${compiler}.away`, compiler);
    expect(code).toBe(1);
    expect(err).toMatch(/^sandwire: the compiler is not installed: run `npm install --save-dev assemblyscript@\S+`\n$/);
  });
});

describe("the command of the installed package", () => {
  test("says its version and its help", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect((await elsewhere.sandwire("--version")).out).toBe(`${version}\n`);
    expect((await elsewhere.sandwire("build", "--help")).out).toContain('from "sandwire/assembly"');
  });

  test("runs packetdrill's scripts", async () => {
    elsewhere.copy("test/drill/zero-window.pkt", "zero-window.pkt");
    expect(await elsewhere.sandwire("drill", "zero-window.pkt")).toMatchObject({ code: 0, err: "" });
  });

  test("runs a board whose page is found at 127.0.0.1", async () => {
    const child = spawn(process.execPath, [join(installed, "host/node/sandwire.mjs"), "run", "--forward", "0:80"], {
      cwd: elsewhere.project,
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const [line] = (await once(child.stdout, "data")) as [Buffer];
      const page = await fetch(line.toString().trim(), { signal: AbortSignal.timeout(20_000) });
      expect(await page.text()).toContain("</main>");
    } finally {
      child.kill();
      await once(child, "close");
    }
  });
});
