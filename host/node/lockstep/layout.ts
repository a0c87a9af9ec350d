import { existsSync, readFileSync } from "node:fs";

interface Region {
  readonly address: number;
  readonly size: number;
  readonly name: string;
}

/** What lies where in a module's linear memory, from the .layout.json beside it. */
export class Layout {
  private constructor(private readonly regions: readonly Region[]) {}

  /** Of the module in the file `wasm`; one without regions when nothing lies beside it. */
  static beside(wasm: string): Layout {
    const path = wasm.replace(/\.wasm$/, ".layout.json");
    return new Layout(existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Region[]) : []);
  }

  /** How many octets the module uses, rounded up to 16; undefined when that is not known. */
  get used(): number | undefined {
    const end = Math.max(0, ...this.regions.map(({ address, size }) => address + size));
    return end === 0 ? undefined : (end + 15) & ~15;
  }

  /** The region that `address` lies in, "tcp/tcb/table", or "". */
  regionAt(address: number): string {
    return this.find(address)?.name.replace(/^assembly\//, "") ?? "";
  }

  /** "0x00000e1c, tcp/tcb/table + 0x1c" */
  describe(address: number): string {
    const region = this.find(address);
    const where = `0x${address.toString(16).padStart(8, "0")}`;
    return region ? `${where}, ${this.regionAt(address)} + 0x${(address - region.address).toString(16)}` : where;
  }

  private find(address: number): Region | undefined {
    return this.regions.find((region) => address >= region.address && address < region.address + region.size);
  }
}
