import { existsSync, readFileSync } from "node:fs";
import { crc32 } from "./crc32";
import {
  type Entry,
  HASH,
  Header,
  LEB,
  MAGIC,
  PROFILE,
  type SessionFunction,
  type SessionHeader,
  type Step,
  Tag,
  VERSION,
  type Write,
} from "./format";

/** A recorded session, read from memory; its name is what errors call it. */
export class Session {
  readonly header: SessionHeader;
  private readonly first: number;

  /** Throws an Error of one line when `octets` are no session, or not a whole one. */
  constructor(
    readonly octets: Uint8Array,
    private readonly name = "the session",
  ) {
    const cursor = new Cursor(octets, name);
    const complaint = complaintAbout(octets);
    if (complaint) throw new Error(`${name} ${complaint}`);
    this.header = readHeader(cursor);
    this.first = cursor.at;
  }

  /** Read a file. Throws an Error of one line when it is missing or no session. */
  static file(path: string): Session {
    if (!existsSync(path)) throw new Error(`${path} is missing: \`sandwire lockstep --record ${path}\` records one`);
    return new Session(readFileSync(path), path);
  }

  /** Its records, one after the other; what they hold lies in the file. Throws an Error of one line where they make no sense. */
  *entries(): Generator<Entry, void, void> {
    const cursor = new Cursor(this.octets, this.name, this.first);
    let steps = 0;
    for (;;) {
      const entry = readEntry(cursor, this.header);
      if (entry.kind === "step") steps++;
      const wrong = entry.kind === "end" && (entry.steps !== steps || cursor.left !== 4);
      if (wrong) throw cursor.error(`says it has ${entry.steps} steps, and has ${steps}`);
      yield entry;
      if (entry.kind === "end") return;
    }
  }
}

/** What is wrong with a file as a whole, or undefined. */
function complaintAbout(octets: Uint8Array): string | undefined {
  const foreign = MAGIC.some((octet, i) => i < octets.length && octets[i] !== octet);
  if (foreign || octets.length === 0) return "is no session of Sandwire: `sandwire lockstep --record FILE` writes one";
  const version = octets[Header.version] ?? VERSION;
  if (version !== VERSION)
    return `is a session of version ${version}, and this Sandwire reads version ${VERSION}: record it again`;
  const end = octets.length - 4;
  const whole = end > Header.size && crc32(octets.subarray(0, end)) === viewOf(octets).getUint32(end, true);
  return whole ? undefined : "is cut off or damaged, its checksum is wrong: record it again, and let the recording end";
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function readHeader(cursor: Cursor): SessionHeader {
  cursor.take(Header.functions);
  const count = cursor.u8();
  const length = cursor.u8() | (cursor.u8() << 8);
  const [moduleSize, memorySize] = [cursor.u32(), cursor.u32()];
  const moduleHash = Buffer.from(cursor.take(HASH)).toString("hex");
  const profile = Buffer.from(cursor.take(PROFILE)).toString().replace(/\0+$/, "");
  const functions = Array.from({ length: count }, () => readFunction(cursor));
  if (cursor.at !== length) throw cursor.error(`has a header of ${cursor.at} octets that says it has ${length}`);
  return { profile, moduleSize, moduleHash, memorySize, functions };
}

function readFunction(cursor: Cursor): SessionFunction {
  const arity = cursor.u8();
  return { arity, name: Buffer.from(cursor.take(cursor.u8())).toString() };
}

function readEntry(cursor: Cursor, header: SessionHeader): Entry {
  const tag = cursor.u8();
  if (tag === Tag.Checkpoint) return { kind: "checkpoint", crc: cursor.u32() };
  if (tag === Tag.End) return { kind: "end", steps: cursor.leb(), crc: cursor.u32() };
  return readStep(cursor, header, tag);
}

function readStep(cursor: Cursor, { functions, memorySize }: SessionHeader, tag: number): Step {
  const trapped = (tag & Tag.Trapped) !== 0;
  const fn = tag & ~Tag.Trapped;
  if (fn >= functions.length) throw cursor.error(`calls function ${fn} of ${functions.length}`);
  const count = cursor.leb();
  const writes: Write[] = [];
  for (let i = 0, end = 0; i < count; i++) {
    const address = end + 4 * cursor.leb();
    const octets = cursor.take(4 * cursor.leb());
    end = address + octets.length;
    if (end > memorySize) throw cursor.error(`writes to address ${end} of a memory of ${memorySize} octets`);
    writes.push({ address, octets });
  }
  const args: number[] = [];
  for (let i = 0; i < functions[fn].arity; i++) args.push(cursor.leb());
  return { kind: "step", writes, fn, args, result: trapped ? 0 : cursor.leb(), trapped };
}

/** A place in a file that moves on as things are read. */
class Cursor {
  constructor(
    readonly octets: Uint8Array,
    private readonly name: string,
    public at = 0,
  ) {}

  get left(): number {
    return this.octets.length - this.at;
  }

  error(what: string): Error {
    return new Error(`${this.name} makes no sense at octet ${this.at}: it ${what}`);
  }

  take(count: number): Uint8Array {
    if (count > this.left) throw this.error("ends too early");
    return this.octets.subarray(this.at, (this.at += count));
  }

  u8(): number {
    return this.take(1)[0];
  }

  u32(): number {
    const octets = this.take(4);
    return (octets[0] | (octets[1] << 8) | (octets[2] << 16) | (octets[3] << 24)) >>> 0;
  }

  leb(): number {
    let value = 0;
    for (let i = 0; i < LEB; i++) {
      const octet = this.u8();
      value += (octet & 0x7f) * 2 ** (7 * i);
      if (octet < 0x80) return value;
    }
    throw this.error("has a number of more than 32 bits");
  }
}
