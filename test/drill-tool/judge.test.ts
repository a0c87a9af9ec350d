import { describe, expect, test } from "vitest";
import { exitCode, report } from "../../host/drill/report";
import { ACCEPTED, drilled } from "./run";

describe("what is judged", () => {
  test("a script the stack follows passes", async () => {
    const verdict = await drilled(`${ACCEPTED}+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1\n`);
    expect(report(verdict, { verbose: true })).toMatch(/^passed {6}test\.pkt \(0\.100 s\)/);
    expect(exitCode([verdict])).toBe(0);
  });

  test("one wrong number fails: the two lines side by side, with marks, and the conversation so far", async () => {
    const verdict = await drilled(`${ACCEPTED}+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 2\n`);
    expect(verdict).toMatchObject({ outcome: "failed", line: 10 });
    const text = report(verdict, { verbose: false });
    expect(text).toContain("test.pkt:10: another packet than expected: acknowledgement 1, not 2");
    expect(text).toContain("    expected  0.100000 > P. 1:101(100) ack 2");
    expect(text).toMatch(/ {4}actual {4}0\.100000 > P\. 1:101\(100\) ack 1 win \d+\n {14} {25}\^{5}\n/);
    expect(text).toContain("0.000000 < S 0:0(0) win 32792 <mss 1000>");
    expect(exitCode([verdict])).toBe(1);
  });

  test.each([
    ["flags", "+0 > . 1:101(100) ack 1", "other flags"],
    ["length", "+0 > P. 1:102(101) ack 1", "only 100 of 101 octets"],
    ["sequence number", "+0 > P. 2:102(100) ack 1", "sequence number 1, not 2"],
    ["window", "+0 > P. 1:101(100) ack 1 win 7", "not 7"],
    ["options", "+0 > P. 1:101(100) ack 1 <nop,nop,TS val 1 ecr 1>", "no options"],
    ["ECN mark", "+0 > [ect0] P. 1:101(100) ack 1", "ECN mark noecn, not ect0"],
    ["time to live", "+0 > [ttl 7] P. 1:101(100) ack 1", "time to live 64, not 7"],
    ["too late in the script", "+.05 > P. 1:101(100) ack 1", "0.050000 s too early"],
    ["urgent pointer", "+0 > P. 1:101(100) ack 1 urg 1", "urgent pointer"],
  ])("a wrong %s fails", async (_, line, why) => {
    const verdict = await drilled(`${ACCEPTED}+0 write(4, ..., 100) = 100\n${line}\n`);
    expect(verdict.outcome).toBe("failed");
    expect(verdict.message).toContain(why);
  });

  test("a packet that comes too late is shown with its time", async () => {
    const verdict = await drilled(`${ACCEPTED}+0 < P. 1:101(100) ack 1 win 10000\n+.001 > . 1:1(0) ack 102\n`);
    expect(verdict.outcome).toBe("failed");
    expect(verdict.pair?.actual).toContain("ack 101");
  });

  test("segments are glued together up to the length of the script, never beyond", async () => {
    const write = `${ACCEPTED}+0 write(4, ..., 3000) = 3000\n`;
    expect(await drilled(`${write}+0 > P. 1:3001(3000) ack 1\n`)).toMatchObject({ outcome: "passed" });
    expect(await drilled(`${write}+0 > . 1:2001(2000) ack 1\n+0 > P. 2001:3001(1000) ack 1\n`)).toMatchObject({
      outcome: "passed",
    });
    expect(await drilled(`${write}+0 > . 1:1501(1500) ack 1\n`)).toMatchObject({ outcome: "failed" });
    expect(await drilled(`--strict_segments\n${write}+0 > P. 1:3001(3000) ack 1\n`)).toMatchObject({ outcome: "failed" });
  });

  test("PSH of a line that is several segments counts only when the judge is strict: Linux sets it on all its card cuts", async () => {
    const script = `${ACCEPTED}+0 write(4, ..., 20000) = 20000\n+0 > P. 1:10001(10000) ack 1\n`;
    expect(await drilled(script)).toMatchObject({ outcome: "passed" });
    expect(await drilled(script, { strict: true })).toMatchObject({ outcome: "failed" });
    expect(await drilled(script, { system: "freebsd" })).toMatchObject({ outcome: "failed" });
    const one = `${ACCEPTED}+0 write(4, ..., 20000) = 20000\n+0 > P. 1:1001(1000) ack 1\n`;
    expect(await drilled(one)).toMatchObject({ outcome: "failed" });
  });

  test("a long incoming segment is cut into what the wire takes", async () => {
    const verdict = await drilled(
      `${ACCEPTED}+0 < P. 1:5001(5000) ack 1 win 1000\n* > . 1:1(0) ack 5001\n+0 read(4, ..., 9000) = 5000\n`,
    );
    expect(verdict).toMatchObject({ outcome: "passed" });
  });

  test("a call that returns something else fails", async () => {
    const verdict = await drilled("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 listen(9, 1) = 0\n");
    expect(verdict).toMatchObject({
      outcome: "failed",
      pair: { expected: "listen(9, 1) = 0", actual: "listen(...) = -1 EBADF" },
    });
  });

  test("a blocking call has to return at its time, no other", async () => {
    const read = (end: string): string =>
      `${ACCEPTED}+0...${end} read(4, ..., 100) = 100\n+.1 < P. 1:101(100) ack 1 win 1000\n+.2 < . 101:101(0) ack 1 win 1000\n`;
    expect(await drilled(read("0.1"))).toMatchObject({ outcome: "passed" });
    const late = await drilled(read("0.2"));
    expect(late).toMatchObject({ outcome: "failed", line: 9 });
    expect(late.message).toContain("returned at another time");
  });

  test("timeouts of calls are exact", async () => {
    const exact = "--tolerance_usecs=0\n--tolerance_percent=0\n";
    const option = "+0 setsockopt(4, SOL_SOCKET, SO_RCVTIMEO, {tv_sec=0, tv_usec=70000}, 8) = 0\n";
    const read = `${exact}${ACCEPTED}${option}+0...0.07 read(4, ..., 100) = -1 EAGAIN (Resource temporarily unavailable)\n+1 close(4) = 0\n`;
    expect(await drilled(read)).toMatchObject({ outcome: "passed" });
    const poll = `${exact}${ACCEPTED}+0...0.123 poll([{fd=4, events=POLLIN, revents=0}], 1, 123) = 0\n+1 close(4) = 0\n`;
    expect(await drilled(poll)).toMatchObject({ outcome: "passed" });
  });

  test("a call that blocks without end fails", async () => {
    const verdict = await drilled(`${ACCEPTED}+0 read(4, ..., 100) = 100\n`);
    expect(verdict).toMatchObject({ outcome: "failed", line: 9 });
    expect(verdict.message).toContain("blocks");
  });

  test("an assertion shows the values of its names", async () => {
    const verdict = await drilled(`${ACCEPTED}+0 %{ x = 3\nassert x == 3\nassert x < 2, x }%\n`);
    expect(verdict).toMatchObject({ outcome: "failed", pair: { expected: "assert x < 2, x", actual: "x = 3" } });
  });
});

describe("epoll", () => {
  const watched = (events: string): string =>
    `${ACCEPTED}+0 fcntl(4, F_SETFL, O_NONBLOCK) = 0\n+0 epoll_create(1) = 5\n+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=${events}, fd=4}) = 0\n`;
  const data = "+0 < P. 1:101(100) ack 1 win 1000\n";
  const wait = (mask: string, result: number): string => `+0 epoll_wait(5, {events=${mask}, fd=4}, 1, 0) = ${result}\n`;

  test("level-triggered: as long as there is something", async () => {
    const script = `${watched("EPOLLIN")}${wait("0", 0)}${data}${wait("EPOLLIN", 1)}${wait("EPOLLIN", 1)}+0 read(4, ..., 100) = 100\n${wait("0", 0)}`;
    expect(await drilled(script)).toMatchObject({ outcome: "passed" });
  });

  test("edge-triggered: once for what is new", async () => {
    const script = `${watched("EPOLLIN|EPOLLET")}${data}${wait("EPOLLIN", 1)}${wait("0", 0)}+0 < P. 101:201(100) ack 1 win 1000\n${wait("EPOLLIN", 1)}`;
    expect(await drilled(script)).toMatchObject({ outcome: "passed" });
    expect(await drilled(`${watched("EPOLLIN|EPOLLET")}${data}${wait("EPOLLOUT", 1)}`)).toMatchObject({ outcome: "failed" });
  });

  test("waits for as long as it is told, and no longer", async () => {
    const script = `${watched("EPOLLIN")}+0...0.05 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 1000) = 1\n+.05 < P. 1:101(100) ack 1 win 1000\n`;
    expect(await drilled(script)).toMatchObject({ outcome: "passed" });
    expect(await drilled(`${watched("EPOLLIN")}+0...0.2 epoll_wait(5, ..., 1, 200) = 0\n`)).toMatchObject({ outcome: "passed" });
  });
});

describe("what is not there", () => {
  test.each([
    ["a call", "+0 splice(3, 4) = 0", "the system call splice()"],
    ["an option line", "", "--ip_version=ipv6", "--ip_version=ipv6"],
    ["a name", "+0 setsockopt(4, SOL_TCP, TCP_WONDER, [1], 4) = 0", "the name TCP_WONDER"],
    ["an option", "+0 setsockopt(4, SOL_TCP, TCP_MD5SIG, [1], 4) = 0", "the option TCP_MD5SIG"],
    ["encapsulation", "+0 < gre: . 1:1(0) ack 1 win 1", "packets inside gre headers"],
    ["a field of TCP_INFO", "+0 %{ assert tcpi_busy_time == 0 }%", "tcpi_busy_time of TCP_INFO"],
  ])("%s is unsupported, not failed and not passed", async (_, line, what, head = "") => {
    const verdict = await drilled(`${head}\n${ACCEPTED}${line}\n`);
    expect(verdict.outcome, verdict.message).toBe("unsupported");
    expect(verdict.message).toContain(what);
    expect(exitCode([verdict])).toBe(2);
  });

  test("commands without a meaning here are left out and named, never run", async () => {
    const verdict = await drilled(`\`touch /tmp/drill-ran-this\nsysctl -q net.ipv4.tcp_wonder=1\`\n${ACCEPTED}`);
    expect(verdict).toMatchObject({ outcome: "passed", ignored: ["touch /tmp/drill-ran-this", "net.ipv4.tcp_wonder=1"] });
  });

  test("what sysctl sets is how the stack behaves", async () => {
    const script = (sack: number, options: string): string =>
      `\`sysctl -q net.ipv4.tcp_sack=${sack}\`\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 fcntl(3, F_SETFL, O_NONBLOCK) = 0
       +0 connect(3, ..., ...) = -1 EINPROGRESS (in progress)\n+0 > S 0:0(0) <${options}>\n`;
    expect(await drilled(script(1, "mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7"))).toMatchObject({ outcome: "passed" });
    expect(await drilled(script(0, "mss 1460,nop,nop,TS val 100 ecr 0,nop,wscale 7"))).toMatchObject({ outcome: "passed" });
  });
});
