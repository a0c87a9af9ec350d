/** A function of the firmware and where it lies. */
interface Function {
  at: number;
  size: number;
  name: string;
}

/** The functions of a firmware, to name the addresses it reports. */
export class Symbols {
  private readonly functions: readonly Function[];

  /** @param text lines of address, size and name, both numbers hexadecimal; other lines do not count */
  constructor(text: string) {
    const lines = [...text.matchAll(/^([0-9a-f]+) ([0-9a-f]+) (\S+)$/gim)];
    this.functions = lines.map(([, at, size, name]) => ({ at: even(parseInt(at, 16)), size: parseInt(size, 16), name }));
  }

  /** "name+0x12", or undefined where no function lies. The lowest bit, which says Thumb, does not count. */
  nameOf(address: number): string | undefined {
    const place = even(address);
    const found = this.functions.find(({ at, size }) => place >= at && place < at + size);
    if (!found) return undefined;
    return place === found.at ? found.name : `${found.name}+0x${(place - found.at).toString(16)}`;
  }

  /** A line in which what follows "pc" or "lr", or is written 0x12345678, is followed by the name of its function. */
  explain(line: string): string {
    return line.replaceAll(/\b(?:pc |lr |0x)([0-9a-f]{8})\b/gi, (text, digits: string) => {
      const name = this.nameOf(parseInt(digits, 16));
      return name === undefined ? text : `${text} (${name})`;
    });
  }
}

function even(address: number): number {
  return address - (address % 2);
}
