import type { BoardDescription } from "./description";
import type { Piece } from "./map";

/** Octets of flash and of RAM. */
export interface Use {
  flash: number;
  ram: number;
}

/** What a firmware takes, as report.json has it. */
export interface Report {
  board: string;
  engine: string;
  /** The target its module was compiled for, or the application's name. */
  module: string;
  pieces: Piece[];
  owners: Record<string, Use>;
  total: Use;
  /** What the chip has. */
  limits: Use;
}

/** Sections that are in the image. All others take memory while it runs, and so does initialised data. */
const IN_FLASH = [".vectors", ".text", ".rodata", ".module", ".data"];

function isInRam(section: string): boolean {
  return section === ".data" || !IN_FLASH.includes(section);
}

/** Sums the pieces by owner. */
export function reportOf(board: BoardDescription, engine: string, module: string, pieces: Piece[]): Report {
  const owners: Record<string, Use> = {};
  const total: Use = { flash: 0, ram: 0 };
  for (const { section, owner, size } of pieces) {
    const use = (owners[owner] ??= { flash: 0, ram: 0 });
    for (const sum of [use, total]) {
      if (IN_FLASH.includes(section)) sum.flash += size;
      if (isInRam(section)) sum.ram += size;
    }
  }
  return { board: board.name, engine, module, pieces, owners, total, limits: limitsOf(board) };
}

/** What the chip has for the image, and for everything else. */
function limitsOf({ memory, place }: BoardDescription): Use {
  const sum = (names: Set<string>): number =>
    memory.filter(({ name }) => names.has(name)).reduce((octets, { size }) => octets + size, 0);
  const ram = new Set(memory.map(({ name }) => name).filter((name) => name !== place.code));
  return { flash: sum(new Set([place.code])), ram: sum(ram.size > 0 ? ram : new Set([place.code])) };
}

/** The report as a table for people: who takes what, then what is where. */
export function tableOf({ board, engine, module, pieces, owners, total, limits }: Report): string {
  const rows = Object.entries(owners).sort(([, a], [, b]) => b.flash + b.ram - a.flash - a.ram);
  const sections = new Set([...IN_FLASH, ...pieces.map(({ section }) => section)]);
  const bySection = [...sections].map((section): [string, number] => [
    section,
    pieces.filter((piece) => piece.section === section).reduce((sum, { size }) => sum + size, 0),
  ]);
  return [
    `${board}, ${engine}, ${module}`,
    row("owner", "flash", "RAM"),
    ...rows.map(([owner, { flash, ram }]) => row(owner, octets(flash), octets(ram))),
    row("all", octets(total.flash), octets(total.ram)),
    row("the chip has", octets(limits.flash), octets(limits.ram)),
    bySection
      .filter(([, size]) => size > 0)
      .map(([section, size]) => `${section} ${octets(size)}`)
      .join("  "),
  ].join("\n");
}

function row(name: string, flash: string, ram: string): string {
  return `  ${name.padEnd(20)} ${flash.padStart(10)} ${ram.padStart(10)}`;
}

function octets(size: number): string {
  return size === 0 ? "-" : size.toLocaleString("en");
}
