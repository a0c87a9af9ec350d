import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";

export const MIB = 1 << 20;
/** What `/bytes/N` repeats: octet i is i mod 251. */
const PERIOD = Uint8Array.from({ length: 251 }, (_, i) => i);

/** The first `length` octets of what `/bytes/` streams. */
export function pattern(length: number): Buffer {
  return Buffer.alloc(length, PERIOD);
}

/** As `sha256sum` prints it. */
export function sha256(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** What `PUT /upload` answers to these octets. */
export function receipt(data: Uint8Array): { length: number; crc32: string } {
  return { length: data.length, crc32: crc32(data).toString(16).padStart(8, "0") };
}

/** A folder of its own for a test's files; it is made when it is needed. */
export class Folder {
  private made: string | undefined;

  get path(): string {
    return (this.made ??= mkdtempSync(join(tmpdir(), "sandwire-interop-")));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  write(name: string, data: Uint8Array | string): string {
    writeFileSync(this.file(name), data);
    return this.file(name);
  }

  remove(): void {
    if (this.made) rmSync(this.made, { recursive: true });
    this.made = undefined;
  }
}
