/** Reads a WebAssembly module as far as our guards and tables need (WebAssembly Core Specification 2.0, section 5). */

export interface Module {
  imports: string[];
  exports: { name: string; kind: "function" | "table" | "memory" | "global" }[];
  globals: { mutable: boolean }[];
  /** Index of the start function. */
  start: number | undefined;
  /** Pages of 64 KiB; `maximum` is undefined when the memory may grow for ever. */
  memories: { initial: number; maximum: number | undefined }[];
  functions: WasmFunction[];
  /** Octets of the active data segments, with their addresses. */
  segments: { address: number; size: number }[];
  /** Size of every section's contents by name. */
  sections: Map<string, number>;
}

export interface WasmFunction {
  /** From the name section; the index when there is none. */
  name: string;
  /** Octets of the code section it takes, locals and length included. */
  size: number;
  /** True when it contains `memory.grow`. */
  grows: boolean;
}

const sectionNames = "custom type import function table memory global export start element code data datacount".split(" ");
const externKinds = ["function", "table", "memory", "global"] as const;

class Reader {
  at = 0;
  constructor(readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    const value = this.bytes[this.at++];
    if (value === undefined) throw new Error("the module ends early");
    return value;
  }

  /** LEB128 without sign; exact to 2^53. */
  u(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const next = this.byte();
      value += (next & 127) * scale;
      if (next < 128) return value;
    }
  }

  /** LEB128 with sign, of 32 bits. */
  s(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const next = this.byte();
      value |= (next & 127) << shift;
      if (next < 128) return shift < 25 && next & 64 ? value | (-1 << (shift + 7)) : value;
    }
  }

  /** Passes over octets; 0 stands for the operand that nobody asks for. */
  advance(count: number): 0 {
    this.at += count;
    return 0;
  }

  take(count: number): Reader {
    const part = new Reader(this.bytes.subarray(this.at, this.at + count));
    this.at += count;
    return part;
  }

  name(): string {
    return new TextDecoder().decode(this.take(this.u()).bytes);
  }

  times(read: (index: number) => void): void {
    const count = this.u();
    for (let index = 0; index < count; index++) read(index);
  }
}

export function parseWasm(bytes: Uint8Array): Module {
  const reader = new Reader(bytes);
  if (new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) !== 0x0061736d) throw new Error("not a WebAssembly module");
  reader.advance(8);
  const module: Module = {
    imports: [],
    exports: [],
    globals: [],
    start: undefined,
    memories: [],
    functions: [],
    segments: [],
    sections: new Map(),
  };
  while (!reader.done) {
    const id = reader.byte();
    const body = reader.take(reader.u());
    const custom = id === 0 ? body.name() : "";
    const name = sectionNames[id] ?? String(id);
    module.sections.set(custom || name, body.bytes.length);
    (custom === "name" ? readNames : readers[name])?.(body, module);
  }
  return module;
}

const readers: Record<string, ((body: Reader, module: Module) => void) | undefined> = {
  import: (body, module) => {
    // Names are enough, and a module with one import has failed already.
    module.imports.push(...(body.u() > 0 ? [`${body.name()}.${body.name()}`] : []));
  },
  memory: (body, module) => body.times(() => module.memories.push(limits(body))),
  global: (body, module) =>
    body.times(() => {
      body.byte();
      module.globals.push({ mutable: body.byte() === 1 });
      instructions(body, () => {});
    }),
  export: (body, module) =>
    body.times(() => {
      module.exports.push({ name: body.name(), kind: externKinds[body.byte()] ?? "function" });
      body.u();
    }),
  start: (body, module) => {
    module.start = body.u();
  },
  code: (body, module) => body.times((index) => module.functions.push(readFunction(body, index))),
  data: (body, module) => body.times(() => readSegment(body, module)),
};

function limits(body: Reader): { initial: number; maximum: number | undefined } {
  const bounded = (body.byte() & 1) === 1;
  return { initial: body.u(), maximum: bounded ? body.u() : undefined };
}

function readFunction(body: Reader, index: number): WasmFunction {
  const before = body.at;
  const code = body.take(body.u());
  code.times(() => {
    code.u();
    code.byte();
  });
  let grows = false;
  while (!code.done) instructions(code, (opcode) => (grows ||= opcode === MEMORY_GROW));
  return { name: String(index), size: body.at - before, grows };
}

function readSegment(body: Reader, module: Module): void {
  const mode = body.u();
  if (mode === 2) body.u();
  let address = 0;
  if (mode !== 1) instructions(body, (opcode, operand) => (address = opcode === I32_CONST ? operand : address));
  const size = body.u();
  body.advance(size);
  if (mode !== 1) module.segments.push({ address: address >>> 0, size });
}

function readNames(body: Reader, module: Module): void {
  while (!body.done) {
    const kind = body.byte();
    const part = body.take(body.u());
    if (kind !== 1) continue;
    part.times(() => {
      const known = module.functions[part.u() - module.imports.length];
      const name = part.name();
      if (known) known.name = name;
    });
  }
}

const I32_CONST = 0x41;
const MEMORY_GROW = 0x40;

/** Walks over the instructions of one expression, its `end` included, and shows each with its last plain operand. */
function instructions(code: Reader, show: (opcode: number, operand: number) => void): void {
  let depth = 1;
  while (depth > 0) {
    const opcode = code.byte();
    if (opcode >= 0x02 && opcode <= 0x04) depth++;
    if (opcode === 0x0b) depth--;
    show(opcode, operandsOf(opcode, code));
  }
}

/** Reads the operands of an instruction (section 5.4). */
function operandsOf(opcode: number, code: Reader): number {
  if (opcode >= 0x28 && opcode <= 0x3e) return memoryOperand(code);
  if (opcode === 0x3f || opcode === MEMORY_GROW) return code.byte();
  if (opcode === I32_CONST) return code.s();
  if (opcode === 0x42 || (opcode >= 0x02 && opcode <= 0x04)) return code.u();
  if (opcode === 0x43) return code.advance(4);
  if (opcode === 0x44) return code.advance(8);
  if (opcode === 0x0e) return branchTable(code);
  if (opcode === 0x11) return code.u() + code.u();
  if (opcode === 0x1c) return code.advance(code.u());
  if (opcode === 0xfc) return bulkOperands(code.u(), code);
  if (opcode === 0xfd) return vectorOperands(code.u(), code);
  const one = opcode === 0x0c || opcode === 0x0d || opcode === 0x10 || (opcode >= 0x20 && opcode <= 0x26) || opcode === 0xd2;
  return one || opcode === 0xd0 ? code.u() : 0;
}

function memoryOperand(code: Reader): number {
  code.u();
  return code.u();
}

function branchTable(code: Reader): number {
  code.times(() => code.u());
  return code.u();
}

/** memory.init and memory.copy, table.init and table.copy have two operands, the others one; conversions none. */
function bulkOperands(opcode: number, code: Reader): number {
  if (opcode < 8) return 0;
  return [8, 10, 12, 14].includes(opcode) ? code.u() + code.u() : code.u();
}

function vectorOperands(opcode: number, code: Reader): number {
  if (opcode <= 11 || opcode === 92 || opcode === 93) return memoryOperand(code);
  if (opcode === 12 || opcode === 13) return code.advance(16);
  if (opcode >= 21 && opcode <= 34) return code.byte();
  if (opcode >= 84 && opcode <= 91) return memoryOperand(code) + code.byte();
  return 0;
}
