import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";

/** The programs of examples/node as a person runs them: by the line in their first comment, in real time. */

const LIMIT = 60_000;
const running = new Set<ReturnType<typeof spawn>>();

afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
  running.clear();
});

function start(...args: string[]): {
  child: ReturnType<typeof spawn>;
  said: () => string;
  says: (what: RegExp) => Promise<void>;
} {
  const [file, ...rest] = args;
  const child = spawn(process.execPath, ["--import", "tsx", `examples/node/${file}`, ...rest], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  const says = async (what: RegExp): Promise<void> => {
    while (!what.test(text)) await Promise.race([once(child.stdout, "data"), once(child, "exit").then(() => failed(text))]);
  };
  return { child, said: () => text, says };
}

function failed(text: string): never {
  throw new Error(`the program has ended: ${text}`);
}

async function output(...args: string[]): Promise<string> {
  const { child, said } = start(...args);
  const [code] = (await once(child, "close")) as [number];
  expect(code, said()).toBe(0);
  return said();
}

describe("programs that end by themselves", () => {
  it("client.ts", async () => expect(await output("client.ts", "some words")).toBe("some words\n"), LIMIT);

  it("time.ts", async () => expect(await output("time.ts")).toMatch(/^10\.0\.0\.3 says it is 20\d\d-/), LIMIT);

  it("records.ts", async () => expect(await output("records.ts")).toBe("1 + 2 = 3\n20 + 22 = 42\n999999 + 1 = 1000000\n"), LIMIT);

  it(
    "ping.ts",
    async () => expect(await output("ping.ts", "2")).toMatch(/^(10\.0\.0\.3: seq=[12] ttl=64 time=\d+\.\d ms\n){2}$/),
    LIMIT,
  );

  it("upload.ts", async () => expect(await output("upload.ts", "LICENSE")).toMatch(/#{30} 100 %\nLICENSE is there/), LIMIT);

  it(
    "scan.ts",
    async () => {
      const lines = (await output("scan.ts", "7-22")).split("\n");
      expect(lines[0]).toBe("    7  open");
      expect(lines[1]).toBe("    8  ECONNREFUSED");
      expect(lines[14]).toBe("   21  ETIMEDOUT");
    },
    LIMIT,
  );

  it(
    "says in one line what is wrong with its arguments",
    async () => {
      const { child, said } = start("scan.ts", "9-1");
      expect(((await once(child, "close")) as [number])[0]).toBe(1);
      expect(said()).toBe('a range of ports is FIRST-LAST, not "9-1"\n');
    },
    LIMIT,
  );
});

/** What a server on a port of 127.0.0.1 answers to `text`, until it has said `enough` or ended. */
async function tell(port: number, text: string, enough: RegExp): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("utf8").write(text);
  for await (const piece of socket) {
    answer += piece as string;
    if (enough.test(answer)) break;
  }
  return answer;
}

describe("programs that serve this machine's clients", () => {
  it(
    "echo.ts",
    async () => {
      const { says } = start("echo.ts");
      await says(/127\.0\.0\.1:7007/);
      expect(await tell(7007, "there and back\n", /\n/)).toBe("there and back\n");
    },
    LIMIT,
  );

  it(
    "chat.ts",
    async () => {
      const { says } = start("chat.ts");
      await says(/127\.0\.0\.1:7008/);
      expect(await tell(7008, "Ada\n", /here/)).toMatch(/your name\?\n\* Ada is here/);
    },
    LIMIT,
  );

  it(
    "http.ts",
    async () => {
      const { says } = start("http.ts");
      await says(/127\.0\.0\.1:8088/);
      const answer = await fetch("http://127.0.0.1:8088/a/page");
      expect(await answer.text()).toBe("GET /a/page over a stack of its own\n");
    },
    LIMIT,
  );
});
