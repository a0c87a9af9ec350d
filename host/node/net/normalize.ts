/** What `connect(...)` and `listen(...)` were called with, whatever the form. */
export interface Normalized<Options> {
  options: Options;
  callback: (() => void) | undefined;
}

/** A number of zero or more, or undefined; digits count as a number. */
export function toNumber(value: unknown): number | undefined {
  const number = Number(value);
  return number >= 0 ? number : undefined;
}

/** Is it the name of a local socket, which a board has not? */
export function isPipeName(value: unknown): value is string {
  return typeof value === "string" && toNumber(value) === undefined;
}

/** (options[, callback]), (path[, callback]) or (port[, host][, ...][, callback]) */
export function normalize<Options extends object>(args: readonly unknown[]): Normalized<Options> {
  const last = args[args.length - 1];
  return {
    options: optionsOf(args) as Options,
    callback: typeof last === "function" ? (last as () => void) : undefined,
  };
}

function optionsOf(args: readonly unknown[]): object {
  const [first, second] = args;
  if (args.length === 0) return {};
  if (typeof first === "object" && first !== null) return first;
  if (isPipeName(first)) return { path: first };
  return typeof second === "string" && args.length > 1 ? { port: first, host: second } : { port: first };
}
