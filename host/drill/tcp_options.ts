/** TCP options: their octets, and how scripts write them. */

export type TcpOption =
  | { kind: "nop" | "eol" | "sackOK" }
  | { kind: "mss" | "wscale"; value: number }
  | { kind: "TS"; val: number; ecr: number }
  | { kind: "sack"; blocks: [number, number][] }
  /** Anything else: its number and its octets behind the length. */
  | { kind: "other"; number: number; data: Uint8Array };

const word = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];

function octetsOf(option: TcpOption): number[] {
  switch (option.kind) {
    case "eol":
      return [0];
    case "nop":
      return [1];
    case "mss":
      return [2, 4, option.value >> 8, option.value & 255];
    case "wscale":
      return [3, 3, option.value & 255];
    case "sackOK":
      return [4, 2];
    case "sack":
      return [5, 2 + 8 * option.blocks.length, ...option.blocks.flat().flatMap(word)];
    case "TS":
      return [8, 10, ...word(option.val), ...word(option.ecr)];
    case "other":
      return [option.number, 2 + option.data.length, ...option.data];
  }
}

/** Octets of a list of options, before padding. */
export function optionsLength(options: readonly TcpOption[]): number {
  return options.reduce((sum, option) => sum + octetsOf(option).length, 0);
}

/** The octets of a list of options, with zeros up to a whole word. */
export function encodeOptions(options: readonly TcpOption[]): Uint8Array {
  const octets = options.flatMap(octetsOf);
  while (octets.length % 4) octets.push(0);
  return Uint8Array.from(octets);
}

/** Read options; `fault` says what is wrong with them. Zeros at the end are padding and no options. */
export function decodeOptions(bytes: Uint8Array): { options: TcpOption[]; fault?: string } {
  const options: TcpOption[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < bytes.length && bytes[at] !== 0) {
    const length = bytes[at] === 1 ? 1 : (bytes[at + 1] ?? 0);
    if (length < 1 || (length === 1 && bytes[at] !== 1) || at + length > bytes.length) {
      return { options, fault: `TCP option ${bytes[at]} of length ${length}` };
    }
    options.push(decodeOne(view, at, length));
    at += length;
  }
  const rest = bytes.subarray(at);
  // One zero in the last word ends the list; a script writes it as eol where it stands before more padding.
  if (rest.some((octet) => octet !== 0)) return { options, fault: "octets behind the end of the TCP options" };
  for (let i = 0; i < rest.length; i++) options.push({ kind: "eol" });
  return { options };
}

function decodeOne(view: DataView, at: number, length: number): TcpOption {
  const number = view.getUint8(at);
  if (number === 1) return { kind: "nop" };
  if (number === 2 && length === 4) return { kind: "mss", value: view.getUint16(at + 2) };
  if (number === 3 && length === 3) return { kind: "wscale", value: view.getUint8(at + 2) };
  if (number === 4 && length === 2) return { kind: "sackOK" };
  if (number === 8 && length === 10) return { kind: "TS", val: view.getUint32(at + 2), ecr: view.getUint32(at + 6) };
  if (number === 5 && length > 2 && (length - 2) % 8 === 0) {
    const blocks = Array.from({ length: (length - 2) / 8 }, (_, i): [number, number] => [
      view.getUint32(at + 2 + 8 * i),
      view.getUint32(at + 6 + 8 * i),
    ]);
    return { kind: "sack", blocks };
  }
  return { kind: "other", number, data: new Uint8Array(view.buffer, view.byteOffset + at + 2, length - 2).slice() };
}

/** The option as scripts write it. */
export function formatOption(option: TcpOption): string {
  switch (option.kind) {
    case "mss":
    case "wscale":
      return `${option.kind} ${option.value}`;
    case "TS":
      return `TS val ${option.val} ecr ${option.ecr}`;
    case "sack":
      return `sack ${option.blocks.map(([left, right]) => `${left}:${right}`).join(" ")}`;
    case "other":
      return `option ${option.number}${option.data.length ? ` ${Buffer.from(option.data).toString("hex")}` : ""}`;
    default:
      return option.kind;
  }
}

/** Move the sequence numbers of SACK blocks. */
export function shiftSack(options: readonly TcpOption[], by: number): TcpOption[] {
  return options.map((option) => {
    if (option.kind !== "sack") return option;
    const blocks = option.blocks.map(([left, right]): [number, number] => [(left + by) >>> 0, (right + by) >>> 0]);
    return { kind: "sack", blocks };
  });
}
