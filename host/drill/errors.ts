/** Where in a script something stands. */
export interface Place {
  file: string;
  line: number;
  /** From 1; 0 when only the line is known. */
  column: number;
  /** The line as it is written. */
  source: string;
}

/** What can end a script before its last line. Each has a place, so that every message begins with "file:line:". */
export abstract class DrillError extends Error {
  constructor(
    readonly place: Place,
    readonly what: string,
  ) {
    super(`${place.file}:${place.line}: ${what}`);
  }
}

/** The script is not in the language, or says something that cannot be. */
export class ScriptError extends DrillError {
  /** The line with a mark under the place. */
  get excerpt(): string {
    const { source, column } = this.place;
    return column > 0 ? `  ${source}\n  ${source.slice(0, column - 1).replaceAll(/[^\t]/g, " ")}^` : `  ${source}`;
  }
}

/** The script needs something that the stack, or this interpreter, does not have. */
export class Unsupported extends DrillError {}

/** One thing that was expected and what came in its place, both in the script's notation. */
export interface Pair {
  expected: string;
  actual: string;
  /** Signs under the parts of `actual` that differ. */
  marks?: string;
}

/** The stack did something else than the script says. */
export class Mismatch extends DrillError {
  constructor(
    place: Place,
    what: string,
    readonly pair?: Pair,
  ) {
    super(place, what);
  }
}
