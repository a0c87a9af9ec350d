import { expect } from "vitest";
import { Poll } from "../../host/node/abi";
import { library } from "../support/library";
import { needs } from "../support/needs";

const test = needs("cc");
const ENETRESET = 102;
const NEVER = -1;
/** Numbers of `enum sw_function`, by name. */
let functions: Record<string, number>;
let fake: ReturnType<typeof load>;

const SOURCES = ["device.c", "port.c", "checksum.c", "seed.c", "sandwire.c"].map((name) => `host/wasm3/${name}`);

function load() {
  const lib = library("fake", { sources: [...SOURCES, "test/device/fake.c"] });
  return {
    name: lib.func("const char *fake_name(uint32_t function)"),
    open: lib.func("void fake_open(int32_t fatal)"),
    fatal: lib.func("void fake_fatal(int32_t function)"),
    advance: lib.func("void fake_advance(uint32_t ms)"),
    poll: lib.func("uint32_t fake_poll(void)"),
    socket: lib.func("int32_t fake_socket(void)"),
    ready: lib.func("uint32_t fake_ready(int32_t fd)"),
    close: lib.func("int32_t fake_close(int32_t fd)"),
    told: lib.func("uint32_t fake_told(void)"),
    restarts: lib.func("uint32_t fake_restarts(void)"),
    exchanged: lib.func("uint32_t fake_exchanged(void)"),
    seed: lib.func("void fake_seed(_Out_ uint32_t *seed)"),
    failure: lib.func("const char *fake_failure(void)"),
  };
}

/** Open a device, on the first call of each test. */
function open(fatal = NEVER): void {
  fake ??= load();
  functions ??= Object.fromEntries(
    Array.from({ length: 64 }, (_, i) => [String(fake.name(i)), i] as const).filter(([name]) => name !== "null"),
  );
  fake.open(fatal);
}

function seed(): number[] {
  const words = new Uint32Array(4);
  fake.seed(words);
  return [...words];
}

/** Rounds for `ms` of the device's time, sleeping as they say: how many there were. */
function run(ms: number): number {
  let rounds = 0;
  for (let left = ms; left > 0; rounds++) {
    const wait = Math.min(Number(fake.poll()), left);
    fake.advance(wait);
    left -= wait;
    if (rounds > 10_000) throw new Error("no sleep");
  }
  return rounds;
}

test("a module that traps once is started again at once, with another seed, and the host is told", () => {
  open();
  expect(fake.poll()).toBe(5000);
  const before = seed();
  fake.fatal(functions["poll"]);
  expect(fake.poll()).toBe(0);
  expect([fake.told(), fake.restarts()]).toEqual([1, 0]);
  fake.fatal(NEVER);
  expect(fake.poll()).toBe(5000);
  expect([fake.told(), fake.restarts()]).toEqual([1, 1]);
  expect(seed()).not.toEqual(before);
  expect(new Set([...seed(), ...before]).size).toBe(8);
});

for (const name of ["poll", "init", "mac", "ifconfig", "scratch"])
  test(`a module that always traps in ${name} is started less and less often`, () => {
    open();
    fake.fatal(functions["poll"]);
    fake.poll();
    fake.fatal(functions[name]);
    const rounds = run(60_000);
    expect(rounds).toBeLessThan(200);
    expect(Number(fake.restarts())).toBeGreaterThan(50);
    expect(fake.told()).toBe(Number(fake.restarts()) + 1);
    if (name !== "poll") expect(fake.failure()).toBe("the module trapped while it started");
  });

test("while it is stopped no frame moves, and when it is well again it goes on", () => {
  open();
  fake.fatal(functions["poll"]);
  run(10_000);
  const moved = Number(fake.exchanged());
  const pause = Number(fake.poll());
  expect(pause).toBeGreaterThan(0);
  fake.poll();
  expect(fake.exchanged()).toBe(moved);
  fake.fatal(NEVER);
  fake.advance(pause);
  expect(fake.poll()).toBe(5000);
  expect(fake.failure()).toBe(null);
});

test("a module that was well for long is started at once again, though it trapped before", () => {
  open();
  fake.fatal(functions["poll"]);
  run(10_000);
  fake.fatal(NEVER);
  run(60_000);
  fake.fatal(functions["poll"]);
  expect(fake.poll()).toBe(0);
});

test("descriptors of a life before answer ENETRESET, also while the module is stopped", () => {
  open();
  const [first, second] = [Number(fake.socket()), Number(fake.socket())];
  expect([first, second]).toEqual([0, 1]);
  expect(fake.close(first)).toBe(0);
  fake.fatal(functions["close"]);
  expect(fake.close(second)).toBe(-ENETRESET);
  expect(fake.socket()).toBe(-ENETRESET);
  expect(fake.ready(second)).toBe(Poll.POLLERR);
  fake.fatal(NEVER);
  fake.poll();
  expect(fake.close(second)).toBe(-ENETRESET);
  const next = Number(fake.socket());
  expect(next).toBeGreaterThan(second);
  expect(fake.ready(next)).toBe(Poll.POLLOUT);
  expect(fake.close(next)).toBe(0);
});
