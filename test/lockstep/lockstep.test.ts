import { beforeAll, describe, expect, test } from "vitest";
import type { Difference } from "../../host/node/lockstep/course";
import { lockstep } from "../../host/node/lockstep/lockstep";
import { story } from "../../host/node/lockstep/report";
import { FrameWatch } from "../../host/node/session/frames";
import { Session } from "../../host/node/session/reader";
import { type Fault, faultyEngine, moduleOf, recordedTransfer, v8 } from "./sessions";

const profile = "tiny";
const { layout } = moduleOf(profile);
let session: Session;
beforeAll(async () => {
  session = new Session(await recordedTransfer(profile, 40_000));
});

/** The difference between V8 and an engine with that fault in that step. */
function found(step: number, fault: Fault): Difference {
  const { difference } = lockstep(session, [v8(profile), faultyEngine(profile, step, fault)], layout);
  if (!difference) throw new Error("no difference was found");
  return difference;
}

/** Numbers of steps, from 1, that call `name`. */
function stepsThatCall(name: string): number[] {
  const steps = [...session.entries()].filter((entry) => entry.kind === "step");
  const fn = session.header.functions.findIndex((each) => each.name === name);
  return steps.flatMap((step, i) => (step.fn === fn ? [i + 1] : []));
}

/** For each frame sent the number of the step that sent it. */
function stepsThatSend(): number[] {
  const { exports } = v8(profile).instance as WebAssembly.Instance;
  const memory = new Uint8Array((exports["memory"] as WebAssembly.Memory).buffer);
  const { functions } = session.header;
  const watch = new FrameWatch(
    memory,
    functions.map(({ name }) => name),
  );
  const found: number[] = [];
  let number = 0;
  for (const step of session.entries()) {
    if (step.kind !== "step") continue;
    number++;
    watch.look();
    for (const { address, octets } of step.writes) memory.set(octets, address);
    watch.look();
    (exports[functions[step.fn].name] as (...args: number[]) => number)(...step.args);
    found.push(...watch.sent(step).map(() => number));
  }
  return found;
}

test("equal engines are equal to the end", () => {
  const { counts, difference } = lockstep(session, [v8(profile), v8(profile, "again"), v8(profile, "once more")], layout);
  expect(difference).toBeUndefined();
  const end = [...session.entries()].at(-1);
  expect(end).toMatchObject({ kind: "end", steps: counts.steps });
  expect(counts.frames).toBe(stepsThatSend().length);
  expect(counts.octets).toBeGreaterThan(20_000);
});

describe("a fault is found in its step", () => {
  const region = { address: 0, name: "" };
  beforeAll(() => {
    region.address = v8Counters();
    region.name = layout.regionAt(region.address);
  });

  /** Where counters lie: memory that outlives a step. */
  function v8Counters(): number {
    const { exports } = v8(profile).instance as WebAssembly.Instance;
    return (exports["stats"] as () => number)();
  }

  test.each([1, 2, 100, 257, 600])("a bit of memory, in step %i", (step) => {
    const at = region.address + 4 * 5 + 2;
    const difference = found(step, (memory, result) => {
      memory[at] ^= 0x10;
      return result;
    });
    expect(difference).toMatchObject({ step, between: ["v8", "faulty"] });
    const address = `0x${at.toString(16).padStart(8, "0")}`;
    expect(difference.what[0]).toContain(`memory: ${address}, ${region.name} + 0x16: v8 0x00, faulty 0x10;`);
    expect(difference.what[1]).toBe(`memory: 1 octet differs: 1 in ${region.name}`);
  });

  test("the last octet the module uses", () => {
    const at = session.header.memorySize - 1;
    const difference = found(50, (memory, result) => {
      memory[at] ^= 1;
      return result;
    });
    expect(difference).toMatchObject({ step: 50 });
    expect(difference.what[0]).toContain(`0x${at.toString(16).padStart(8, "0")}`);
  });

  test("a result", () => {
    const step = stepsThatCall("poll")[20];
    const difference = found(step, (_, result) => result ^ 1);
    expect(difference.step).toBe(step);
    expect(difference.call).toMatch(/^poll\(\d+\)$/);
    expect(difference.what).toEqual([expect.stringMatching(/^result: v8 -?\d+, faulty -?\d+$/)]);
  });

  test("a trap", () => {
    const difference = found(40, () => {
      throw new Error("unreachable");
    });
    expect(difference.what[0]).toMatch(/^result: v8 -?\d+, faulty trapped: unreachable$/);
  });

  test("a frame, with both of them in words", () => {
    const step = stepsThatSend()[30];
    const { exports } = v8(profile).instance as WebAssembly.Instance;
    const record = (exports["mac"] as (i: number) => number)(0);
    const difference = found(step, (memory, result) => {
      // The time to live of whatever lies in the transmit slots.
      const view = new DataView(memory.buffer);
      const [ring, count] = [view.getUint32(record + 16, true), view.getUint32(record + 20, true)];
      for (let i = 0; i < count; i++) memory[view.getUint32(ring + 16 * i, true) + 22] ^= 3;
      return result;
    });
    expect(difference.step).toBe(step);
    expect(difference.what[0]).toMatch(/^frame: v8 TCP 10\.0\.0\.2/);
    expect(difference.what[1]).toMatch(/^frame: faulty TCP 10\.0\.0\.2.*!!/);
    expect(difference.frames.length).toBeGreaterThan(5);
  });

  test("of what lies behind the memory the session is about", () => {
    const difference = found(10, (memory, result) => {
      memory[session.header.memorySize + 100] = 1;
      return result;
    });
    expect(difference.what[0]).toMatch(/^memory: faulty wrote to 0x/);
  });

  test("of the first engine, by the recording", () => {
    const wrong = faultyEngine(profile, 77, (_, result) => result + 1);
    const { difference } = lockstep(session, [wrong], layout);
    expect(difference).toMatchObject({ step: 77, between: ["the recording", "faulty"] });
    const silent = faultyEngine(profile, 300, (memory, result) => {
      memory[region.address + 100] ^= 1;
      return result;
    });
    expect(lockstep(session, [silent], layout).difference).toMatchObject({ step: 512, between: ["the recording", "faulty"] });
  });
});

test("the story of a difference can be read", () => {
  const step = stepsThatCall("poll")[30];
  const text = story(found(step, (_, result) => result ^ 4));
  expect(text).toMatch(new RegExp(`^v8 and faulty differ in step ${step}, at \\d+\\.\\d{3} s, in poll\\(\\d+\\):\n  result: `));
  expect(text).toMatch(/\nthe last frames, > sent by the module, < received:\n +\d+\.\d{6} [<>] /);
});

test("an engine whose memory is too small is told of", () => {
  const small = { name: "small", instance: { exports: { memory: { buffer: new ArrayBuffer(4096) } } } };
  expect(() => lockstep(session, [small], layout)).toThrow(/^the session is about \d+ octets of memory, and small has 4096$/);
});
