import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { Board } from "../../host/node/board";
import { VirtualClock } from "../../host/node/clock";
import { lockstepWithBoard, type Reference } from "../../host/node/lockstep/board";
import { replayFirmwares } from "../../host/node/lockstep/boards";
import { replay, type ReplayFirmware } from "../../host/node/lockstep/replay";
import type { Profile } from "../../host/node/module";
import { Session } from "../../host/node/session/reader";
import { boardNames, readBoard } from "../../host/tools/board/description";
import { needs } from "../support/needs";
import { type Fault, faultyEngine, moduleOf, recordedTransfer, recorderOf, v8 } from "./sessions";

const onBoards = needs("qemu-system-arm", "arm-none-eabi-gcc", "wasm2c");

const cases = boardNames()
  .map(readBoard)
  .filter(({ emulator }) => emulator)
  .flatMap(({ name, engines }) =>
    Object.entries(engines).map(([engine, { profile }]) => ({ name, engine, profile: profile as Profile })),
  );

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const reference = (profile: Profile): Reference => ({ name: "v8", instantiate: async () => v8(profile).instance });
const sessions = new Map<Profile, Session>();
/** A lossy megabyte each way, recorded once for each profile. */
async function sessionOf(profile: Profile): Promise<Session> {
  const known = sessions.get(profile) ?? new Session(await recordedTransfer(profile, 1_000_000));
  sessions.set(profile, known);
  return known;
}

describe.each(cases)("$name with $engine", ({ name, engine, profile }) => {
  onBoards(
    "does in each of the steps of a lossy megabyte what V8 does",
    async () => {
      const session = await sessionOf(profile);
      const [firmware] = await replayFirmwares([{ board: name, engine }], profile, say);
      const { counts, difference } = await lockstepWithBoard(session, reference(profile), firmware, moduleOf(profile).layout);
      expect(difference).toBeUndefined();
      expect(counts.steps).toBeGreaterThan(10_000);
      expect(counts.octets).toBeGreaterThan(1_000_000);
    },
    300_000,
  );

  onBoards(
    "traps where V8 traps, and leaves the same memory",
    async () => {
      const [firmware] = await replayFirmwares([{ board: name, engine }], profile, say);
      const outcome = await lockstepWithBoard(await trapped(profile), reference(profile), firmware, moduleOf(profile).layout);
      expect(outcome.difference).toBeUndefined();
    },
    300_000,
  );
});

/** A session that ends with a trap: an address far outside the memory. */
async function trapped(profile: Profile): Promise<Session> {
  const kept = recorderOf(profile);
  const board = await Board.create({ clock: new VirtualClock(), module: moduleOf(profile).module, recorder: kept.recorder });
  expect(() => board.exports.connect(board.exports.socket(2, 1, 0), 0x7fffff00)).toThrow("trapped in connect()");
  board.close();
  return kept.session();
}

describe("what a board does otherwise is found", () => {
  const [{ name, engine, profile }] = cases;
  const { layout } = moduleOf(profile);
  let octets: Buffer;
  let session: Session;
  let firmware: ReplayFirmware;
  beforeAll(async () => {
    octets = await recordedTransfer(profile, 40_000);
    session = new Session(octets);
    if (onBoards !== test) return;
    [firmware] = await replayFirmwares([{ board: name, engine }], profile, say);
  }, 300_000);

  /** The board is right, and what it is compared with is not. */
  const found = async (step: number, fault: Fault): Promise<unknown> => {
    const wrong = { name: "faulty", instantiate: async () => faultyEngine(profile, step, fault).instance };
    return (await lockstepWithBoard(session, wrong, firmware, layout)).difference;
  };

  onBoards("a bit of memory: its step and its address", async () => {
    const at = session.header.memorySize - 2;
    const difference = await found(300, (memory, result) => {
      memory[at] ^= 4;
      return result;
    });
    expect(difference).toMatchObject({ step: 300, between: ["faulty", firmware.name] });
    expect(difference).toHaveProperty("what.0", expect.stringContaining(`memory: 0x${at.toString(16).padStart(8, "0")}`));
    expect(difference).toHaveProperty("what.1", expect.stringMatching(/^memory: 1 octet differs/));
  });

  onBoards("a result that was not recorded", async () => {
    const difference = await found(77, (_, result) => result + 1);
    expect(difference).toMatchObject({ step: 77, between: ["the recording", "faulty"] });
  });

  onBoards("a recording that was tampered with, by the board itself", async () => {
    const { stop } = await replay(tampered(octets, session), firmware);
    expect(stop).toMatchObject({ step: 1, trap: undefined });
  });

  onBoards.each([
    ["cut off", (whole: Buffer) => whole.subarray(0, whole.length - 1000), /: the session is cut off$/],
    ["no session", () => Buffer.from("GIF89a"), /: this is no session of Sandwire$/],
    [
      "of another version",
      (whole: Buffer) => Buffer.concat([whole.subarray(0, 4), Buffer.of(2), whole.subarray(5)]),
      /another version/,
    ],
    [
      "of another module",
      (whole: Buffer) => Buffer.concat([whole.subarray(0, 16), Buffer.alloc(32), whole.subarray(48)]),
      /another module/,
    ],
    [
      "damaged",
      (whole: Buffer) => Buffer.concat([whole.subarray(0, -1), Buffer.of(whole[whole.length - 1] ^ 1)]),
      /: the session is damaged/,
    ],
  ])("a file that is %s is told by the firmware in one line", async (_, change, what) => {
    await expect(replay(change(octets), firmware)).rejects.toThrow(what);
  });

  onBoards("a firmware that is not there is told in one line", async () => {
    const absent = { ...firmware, elf: join(firmware.elf, "..", "absent.elf") };
    await expect(replay(octets, absent)).rejects.toThrow(/^[^\n]+absent\.elf[^\n]*$/);
  });
});

/** The first step's result is another one. */
function tampered(octets: Buffer, session: Session): Buffer {
  const header = octets.readUInt16LE(6);
  const [first] = session.entries();
  if (first.kind !== "step") throw new Error("no step");
  // A call of one octet's arguments that nothing was written for: its tag, no writes, the arguments, the result.
  expect(first.writes).toEqual([]);
  const copy = Buffer.from(octets);
  copy[header + 2 + first.args.length] ^= 1;
  return copy;
}
