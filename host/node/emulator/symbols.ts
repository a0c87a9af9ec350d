/** A function of the firmware and where it begins. */
interface Function {
  at: number;
  name: string;
}

/** Farther behind the last function's beginning than this no address belongs to it. */
const LONGEST = 0x10000;

/** The functions of a firmware, to name the addresses it reports. */
export class Symbols {
  private readonly functions: readonly Function[];

  /** @param text lines of a hexadecimal address and a name, with or without nm's letter between them; other lines do not count */
  constructor(text: string) {
    const lines = text.matchAll(/^(?:0x)?([0-9a-f]+)\s+(?:[tTwW]\s+)?(\S+)\s*$/gim);
    this.functions = [...lines].map(([, at, name]) => ({ at: parseInt(at, 16), name })).sort((a, b) => a.at - b.at);
  }

  /** "name+0x12", or undefined where no function lies. The lowest bit, which says Thumb, does not count. */
  nameOf(address: number): string | undefined {
    const place = address - (address % 2);
    const found = this.functions.findLast(({ at }) => at - (at % 2) <= place);
    if (!found) return undefined;
    const offset = place - (found.at - (found.at % 2));
    if (offset >= LONGEST) return undefined;
    return offset === 0 ? found.name : `${found.name}+0x${offset.toString(16)}`;
  }

  /** A line in which each address of 32 bits that lies in a function is followed by its name. */
  explain(line: string): string {
    return line.replaceAll(/\b0x[0-9a-f]{8}\b/gi, (address) => {
      const name = this.nameOf(Number(address));
      return name === undefined ? address : `${address} (${name})`;
    });
  }
}
