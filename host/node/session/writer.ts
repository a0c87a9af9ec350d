import { crc32 } from "./crc32";
import { HASH, Header, LEB, MAGIC, MAX_FUNCTIONS, PROFILE, type SessionHeader, type Step, Tag, VERSION } from "./format";

const CHUNK = 65536;

/** Where the octets of a session go; they are lent. */
export type Sink = (octets: Uint8Array) => void;

/** Writes a session, from its header to its end. */
export class SessionWriter {
  private buffer = new Uint8Array(2 * CHUNK);
  private view = new DataView(this.buffer.buffer);
  private used = 0;
  private crc = 0;
  private steps = 0;

  /** Throws a RangeError when the header cannot be written. */
  constructor(
    readonly header: SessionHeader,
    private readonly sink: Sink,
  ) {
    if (header.functions.length > MAX_FUNCTIONS) throw new RangeError(`a session of ${header.functions.length} functions`);
    if (header.memorySize % 4) throw new RangeError(`a session about ${header.memorySize} octets, which are no whole words`);
    this.putHeader();
  }

  /** Add a step. */
  step({ writes, fn, args, result, trapped }: Omit<Step, "kind">): void {
    const { arity, name } = this.header.functions[fn];
    if (args.length !== arity) throw new RangeError(`${name} takes ${arity} arguments, not ${args.length}`);
    const octets = writes.reduce((sum, write) => sum + write.octets.length + 2 * LEB, 0);
    this.reserve(1 + octets + (2 + args.length) * LEB);
    this.u8(trapped ? fn | Tag.Trapped : fn);
    this.leb(writes.length);
    let end = 0;
    for (const { address, octets } of writes) {
      this.leb((address - end) / 4);
      this.leb(octets.length / 4);
      this.octets(octets);
      end = address + octets.length;
    }
    for (const argument of args) this.leb(argument >>> 0);
    if (!trapped) this.leb(result >>> 0);
    this.steps++;
    if (this.used >= CHUNK) this.flush();
  }

  /** Add the CRC-32 of the memory as it is now. */
  checkpoint(crc: number): void {
    this.reserve(5);
    this.u8(Tag.Checkpoint);
    this.u32(crc);
  }

  /** Write the last record, with the CRC-32 of the memory, and all that has not been handed on. */
  end(crc: number): void {
    this.reserve(1 + LEB + 8);
    this.u8(Tag.End);
    this.leb(this.steps);
    this.u32(crc);
    this.flush();
    this.u32(this.crc);
    this.flush();
  }

  /** Hand on what is there. */
  flush(): void {
    const octets = this.buffer.subarray(0, this.used);
    this.crc = crc32(octets, this.crc);
    this.used = 0;
    if (octets.length > 0) this.sink(octets);
  }

  private putHeader(): void {
    const { profile, moduleSize, moduleHash, memorySize, functions } = this.header;
    const names = functions.map(({ name }) => new TextEncoder().encode(name));
    const length = Header.size + names.reduce((sum, name) => sum + 2 + name.length, 0);
    this.reserve(length);
    this.octets(MAGIC);
    this.u8(VERSION);
    this.u8(functions.length);
    this.view.setUint16(this.used, length, true);
    this.used += 2;
    this.u32(moduleSize);
    this.u32(memorySize);
    this.octets(padded(Buffer.from(moduleHash, "hex"), HASH));
    this.octets(padded(new TextEncoder().encode(profile), PROFILE));
    functions.forEach(({ arity }, i) => {
      this.u8(arity);
      this.u8(names[i].length);
      this.octets(names[i]);
    });
  }

  private reserve(octets: number): void {
    if (this.used + octets <= this.buffer.length) return;
    const larger = new Uint8Array(2 * (this.used + octets));
    larger.set(this.buffer.subarray(0, this.used));
    this.buffer = larger;
    this.view = new DataView(larger.buffer);
  }

  private u8(value: number): void {
    this.buffer[this.used++] = value;
  }

  private u32(value: number): void {
    this.view.setUint32(this.used, value, true);
    this.used += 4;
  }

  private octets(octets: Uint8Array): void {
    this.buffer.set(octets, this.used);
    this.used += octets.length;
  }

  private leb(value: number): void {
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.buffer[this.used++] = (rest & 0x7f) | 0x80;
    this.buffer[this.used++] = rest;
  }
}

function padded(octets: Uint8Array, length: number): Uint8Array {
  if (octets.length > length) throw new RangeError(`"${Buffer.from(octets).toString()}" is longer than ${length} octets`);
  const whole = new Uint8Array(length);
  whole.set(octets);
  return whole;
}
