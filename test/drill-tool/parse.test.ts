import { describe, expect, test } from "vitest";
import { ScriptError, Unsupported } from "../../host/drill/errors";
import { parseScript } from "../../host/drill/parser";
import { formatPacket } from "../../host/drill/notation";
import type { Event } from "../../host/drill/script";

const one = (text: string): Event => parseScript("x.pkt", text).events[0];

function refusal(text: string): ScriptError | Unsupported {
  try {
    parseScript("x.pkt", text);
  } catch (error) {
    if (error instanceof ScriptError || error instanceof Unsupported) return error;
    throw error;
  }
  throw new Error("it was read");
}

describe("times", () => {
  test.each([
    ["0", { any: false, relative: false, start: 0 }],
    ["1.5", { any: false, relative: false, start: 1_500_000 }],
    ["+.1", { any: false, relative: true, start: 100_000 }],
    ["*", { any: true, relative: false, start: 0 }],
    ["0.1~0.2", { any: false, relative: false, start: 100_000, end: 200_000 }],
    ["+0~+.2", { any: false, relative: true, start: 0, end: 200_000 }],
    ["+0...0.2", { any: false, relative: true, start: 0, end: 200_000 }],
  ])("%s", (time, when) => {
    expect(one(`${time} > . 1:1(0) ack 1`).when).toEqual(when);
  });

  test("a blocking call keeps the time of its return apart", () => {
    expect(one("+.1...0.2 connect(3, ..., ...) = 0")).toMatchObject({ when: { start: 100_000 }, action: { end: 200_000 } });
  });
});

describe("packets", () => {
  test.each([
    "< S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop,nop,wscale 7>",
    "> S. 0:0(0) ack 1 <...>",
    "> P. 1:1001(1000) ack 1 win 257 urg 3 <nop,nop,TS val 100 ecr 200>",
    "< . 1:1(0) ack 1 win 257 <nop,nop,sack 1:2 4294967295:4>",
    "< [ect0] SEW 0:0(0) win 10",
    "> [tos 0x10] [ttl 64] R 1:1(0)",
    "< - 1:1(0) win 0",
    "< 40001 > 80 S 7:7(0) win 10",
    "> udp (1000)",
    "< icmp unreachable frag_needed mtu 1200 [1:1461(1460)]",
    "< icmp unreachable host_unreachable [udp (100)]",
    "< icmp type_255 code_7",
  ])("%s", (line) => {
    const { action } = one(`0 ${line}`);
    expect(action.kind === "packet" && formatPacket(action)).toBe(line);
  });

  test("the quote of an ICMP message may stand first", () => {
    const { action } = one("0 < [1:1001(1000)] icmp unreachable net_unreachable");
    expect(action).toMatchObject({ body: { type: 3, code: 0, quoted: { kind: "tcp", seq: 1, length: 1000 } } });
  });

  test("W and C both stand for CWR", () => {
    expect(one("0 < SEW 0:0(0) win 1").action).toEqual(one("0 < SEC 0:0(0) win 1").action);
  });
});

describe("what is around events", () => {
  test("comments, options, a first and a last command, code over lines", () => {
    const script = parseScript(
      "x.pkt",
      `// C++\n/* and C,\n over lines */\n--tolerance_usecs=10000\n--define=NAME=AF_INET\n--strict_segments
       \`../common/defaults.sh\nsysctl -q a=1\`
       0 socket(NAME, SOCK_STREAM|SOCK_NONBLOCK, 0) = 3 // here too
       +0 %{
assert tcpi_state == 1
       }%
       \`cleanup\``,
    );
    expect(script.options.map(({ name, value }) => `${name}=${value}`)).toEqual([
      "tolerance_usecs=10000",
      "define=NAME=AF_INET",
      "strict_segments=",
    ]);
    expect(script.events.map(({ action }) => action.kind)).toEqual(["command", "call", "code", "command"]);
    expect(script.events[1].action).toMatchObject({
      args: [{ kind: "word", name: "AF_INET" }, { kind: "or" }, { kind: "number", value: 0 }],
    });
  });

  test("structures, vectors, lists and notes of calls", () => {
    const { action } = one(
      '0 sendmsg(3, {msg_name(...)=..., msg_iov(2)=[{..., 100}, {"ab", 2}], msg_flags=0}, MSG_OOB|0x40) = -1 EAGAIN (Try (again)',
    );
    expect(action).toMatchObject({ name: "sendmsg", errno: "EAGAIN", result: { kind: "number", value: -1 } });
  });
});

describe("what is wrong is said with its place", () => {
  test.each([
    ["0 < S 0:0(0) win 1 <mss 1000", 1, 'expected ">" behind the TCP options'],
    ["\n\n0 < X 0:0(0)", 3, '"X" is no TCP flag'],
    ["0 > P. 1:1000(1000) ack 1", 1, "does not add up"],
    ["0 < S 0:0(0) win 1 <sackOK>", 1, "pad them with 2 more"],
    ["0 < S 0:0(0) win 70000", 1, "70000 is out of range"],
    ["0 < S 0:0(0) win 1 <mms 5>", 1, '"mms" is no TCP option'],
    ["0 socket(..., 1, 2 = 3", 1, 'expected ")" behind the arguments of socket'],
    ["0 socket(...)", 1, 'expected "=" and the result of socket'],
    ["0 %{ assert 1", 1, "}% is missing"],
    ["0 `sysctl", 1, "a ` is missing"],
    ["/* no end", 1, "*/ is missing"],
    ["1 < . 1:1(0)\n0 < . 1:1(0)", 2, "time goes backward"],
    ["hello", 1, "expected a time"],
    ["0 < icmp unreachable nowhere", 1, '"nowhere" is no code of ICMP unreachable'],
    ["0 < . 1:1(0) <...>", 1, "says nothing about a packet that is to be sent"],
  ])("%s", (text, line, what) => {
    const error = refusal(text);
    expect(error).toBeInstanceOf(ScriptError);
    expect(error.message).toContain(`x.pkt:${line}: `);
    expect(error.message).toContain(what);
  });

  test("a mark stands under the place", () => {
    const error = refusal("0 < S 0:0(0) win 1 <mms 5>");
    expect(error instanceof ScriptError && error.excerpt).toBe("  0 < S 0:0(0) win 1 <mms 5>\n                      ^");
  });

  test.each(["0 < gre: . 1:1(0)", "0 < ipv4 1.2.3.4 > 5.6.7.8: . 1:1(0)", "0 < SA. 0:0(0)"])("%s is unsupported", (text) => {
    expect(refusal(text)).toBeInstanceOf(Unsupported);
  });
});
