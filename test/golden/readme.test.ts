import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { IpOption, Ioctl, MessageFlag, Poll, SandwireOption, Setting, SocketOption, TcpOption } from "../../host/node/abi";
import { pages, rendered } from "../../host/tools/blocks";
import { twoBoards } from "./example";

const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
const helpOf = (command: string): string =>
  spawnSync(process.execPath, ["host/node/sandwire.mjs", command, "--help"], { encoding: "utf8" }).stdout;
const commands = ["run", "drill", "build", "netstat", "lockstep", "flash"] as const;
const help = Object.fromEntries(commands.map((command) => [command, helpOf(command)])) as Record<
  (typeof commands)[number],
  string
>;
const optionsOf = (text: string): Set<string> =>
  new Set([...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([option]) => option));

/** The lines somebody would type: those of shell blocks, and what stands in backticks and begins with a command. */
function commandsOf(page: string): string[] {
  const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, body = ""]) => body.split("\n"));
  const inline = [...page.matchAll(/`((?:npm|npx|node|sandwire|bash) [^`\n]+)`/g)].map(([, command = ""]) => command);
  return [...blocks, ...inline].map((line) => line.replace(/(?:^|\s)#.*$/, "").trim()).filter((line) => line !== "");
}

/** Simple commands of a line: what `&&`, `;`, `|` and `&` separate, quotes opened. */
function partsOf(line: string): string[] {
  return line.split(/&&|[;|&'"]/).map((part) => part.trim());
}

describe.each(pages())("%s", (path) => {
  const page = readFileSync(path, "utf8");
  const parts = commandsOf(page).flatMap(partsOf);

  test("its listings and tables are those of the sources (otherwise: npm run docs)", () => {
    expect(page).toBe(rendered(page));
  });

  test("every program it shows is copied from a file", () => {
    const rest = page.replace(/^<!-- (\w+).* -->\n[\s\S]*?^<!-- \/\1 -->$/gm, "");
    expect(rest.match(/^```ts$/gm) ?? []).toEqual([]);
  });

  test("the npm scripts it names exist", () => {
    const named = parts.flatMap((part) => {
      const run = /^npm (?:run (?:--silent )?([\w:-]+)|(start|test)\b)/.exec(part);
      return run ? [run[1] ?? run[2] ?? ""] : [];
    });
    expect(named.filter((name) => !scripts[name])).toEqual([]);
  });

  test("the options it gives to sandwire exist", () => {
    const commandOf = (part: string): keyof typeof help =>
      commands.find((name) => new RegExp(`sandwire(?:\\.mjs)? ${name}\\b`).test(part)) ?? "run";
    const calls = parts.filter((part) => /^(?:sudo |timeout \d+ )?(?:npx |node host\/node\/)?sandwire(?:\.mjs)? /.test(part));
    const unknown = calls.flatMap((part) =>
      [...optionsOf(part)].filter((option) => !optionsOf(help[commandOf(part)]).has(option)),
    );
    expect(unknown).toEqual([]);
  });

  test("the files its commands take exist", () => {
    const files = parts.flatMap((part) => part.match(/(?:^| )(?:host|examples|test|assembly|\.ci)\/[\w./-]+/g) ?? []);
    expect(files.map((file) => file.trim()).filter((file) => !existsSync(file))).toEqual([]);
  });
});

describe("README.md", () => {
  const readme = readFileSync("README.md", "utf8");

  test("shows every option of sandwire run", () => {
    const known = [...optionsOf(help.run)].filter((option) => option !== "--help");
    expect(known.length).toBeGreaterThan(10);
    expect(known.filter((option) => !optionsOf(readme).has(option))).toEqual([]);
  });

  test("leads from a page in the browser to a test run to an own application", () => {
    const steps = ["npm install && npm start", "npm install && npm test", "npx sandwire build examples/hello.ts"];
    const places = steps.map((step) => readme.indexOf(step));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });
});

const tables: [string, Record<string, object>][] = [
  ["docs/sockets.md", { SocketOption, IpOption, TcpOption, SandwireOption, MessageFlag, Ioctl, Poll }],
  ["docs/configuration.md", { Setting }],
];

describe.each(tables)("%s", (path, enums) => {
  const words = new Set(readFileSync(path, "utf8").match(/\w+/g));
  const all = Object.entries(enums).map(([name, members]) => [name, Object.keys(members)] as const);
  test.each(all)("names every %s", (_, members) => {
    expect(members.filter((name) => /^[A-Z]/.test(name) && !words.has(name))).toEqual([]);
  });
});

test("the program of docs/writing-an-application.md does what it says", async () => {
  expect(await twoBoards()).toBe("Hello from Sandwire\r\n");
});
