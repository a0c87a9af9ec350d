import type { ObjectFile } from "./toolchain";

/** Octets of one owner in one section of the firmware. */
export interface Piece {
  section: string;
  owner: string;
  size: number;
}

/** Sections that are one owner's as a whole. */
const OWNED: Record<string, string> = {
  ".module": "module",
  ".stack": "stack",
  ".linear": "linear memory",
  ".heap": "heap",
};

/** What the module's memory begins with, in a module compiled ahead of time. */
const INITIAL_DATA = /^\.rodata\.data_segment_data/;

const ROW = /^ *(?:(\.?[\w.*$-]+) +)?0x([0-9a-f]+) +0x([0-9a-f]+)(?: (.*))?$/;

/**
 * Who takes what, from the linker's map: every octet of every section has an owner, alignment included. Archives are `libc`; what
 * the linker script itself reserves belongs to the section.
 */
export function piecesOf(map: string, objects: ObjectFile[]): Piece[] {
  const owners = new Map(objects.map(({ owner, path }) => [path, owner]));
  const pieces: Piece[] = [];
  for (const { section, size, body } of sections(map)) {
    const mine = inputs(body).map(({ input, file, octets }) => ({
      section,
      owner: OWNED[section] ?? (INITIAL_DATA.test(input) ? "module" : owners.get(file)) ?? "libc",
      size: octets,
    }));
    const rest = size - mine.reduce((sum, piece) => sum + piece.size, 0);
    pieces.push(...mine, { section, owner: OWNED[section] ?? "alignment", size: rest });
  }
  return merge(pieces);
}

/** Output sections that take memory, with the lines of the map that tell what is in them. */
function sections(map: string): { section: string; size: number; body: string[] }[] {
  const all = map.slice(map.indexOf("Linker script and memory map")).split("\n");
  const found: { section: string; size: number; body: string[] }[] = [];
  for (const line of joinLongNames(all)) {
    const [, name, address, size] = /^(\.\w+) +0x([0-9a-f]+) +0x([0-9a-f]+)/.exec(line) ?? [];
    if (line.startsWith("/DISCARD/") || (/^\.\w/.test(line) && name === undefined))
      found.push({ section: "", size: 0, body: [] });
    else if (name !== undefined && address !== undefined)
      found.push({ section: name, size: parseInt(size ?? "0", 16), body: [] });
    else found.at(-1)?.body.push(line);
  }
  const isPlaced = (name: string): boolean => name !== "" && !/^\.(debug|comment|ARM\.attributes|symtab|strtab)/.test(name);
  return found.filter(({ section, size }) => isPlaced(section) && size > 0);
}

/** A name too long for its column stands on a line of its own. */
function joinLongNames(lines: string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    const isAlone = /^ ?\.[\w.$-]+$/.test(line) && /^ +0x/.test(lines[i + 1] ?? "");
    joined.push(isAlone ? line + (lines[++i] ?? "") : line);
  }
  return joined;
}

function inputs(body: string[]): { input: string; file: string; octets: number }[] {
  return body.flatMap((line) => {
    const [, name, , size = "0", file] = ROW.exec(line) ?? [];
    if (name === undefined || file === undefined || !/\.(o|obj)\)?$/.test(file)) return [];
    return [{ input: name, file, octets: parseInt(size, 16) }];
  });
}

function merge(pieces: Piece[]): Piece[] {
  const merged = new Map<string, Piece>();
  for (const piece of pieces) {
    const key = `${piece.section} ${piece.owner}`;
    const known = merged.get(key);
    if (known) known.size += piece.size;
    else merged.set(key, { ...piece });
  }
  return [...merged.values()].filter(({ size }) => size > 0);
}
