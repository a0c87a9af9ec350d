import { isIPv4 } from "node:net";
import type { Address } from "../node/address";
import { CONSTANTS, ERRNO } from "./constants";
import { type Place, ScriptError, Unsupported } from "./errors";
import type { Expression, Field } from "./script";

/** What expressions of a script mean. Throws a ScriptError or Unsupported at `place`. */
export class Values {
  constructor(private readonly place: Place) {}

  fail(what: string): never {
    throw new ScriptError({ ...this.place, column: 0 }, what);
  }

  unsupported(what: string): never {
    throw new Unsupported(this.place, what);
  }

  number(expression: Expression | undefined, purpose: string): number {
    switch (expression?.kind) {
      case "number":
        return expression.value;
      case "word":
        return this.constant(expression.name);
      case "or":
        return expression.parts.reduce((bits, part) => (bits | this.number(part, purpose)) >>> 0, 0);
      case "list":
        if (expression.items.length === 1) return this.number(expression.items[0], purpose);
        break;
      case "apply":
        if (expression.name === "htons" || expression.name === "htonl") return this.number(expression.args[0], purpose);
    }
    return this.fail(`expected ${purpose} as a number or a NAME`);
  }

  constant(name: string): number {
    const value = CONSTANTS[name] ?? ERRNO[name];
    return value ?? this.unsupported(`the name ${name}`);
  }

  text(expression: Expression | undefined): string | undefined {
    return expression?.kind === "string" ? expression.text : undefined;
  }

  items(expression: Expression | undefined, purpose: string): Expression[] {
    if (expression?.kind !== "list") this.fail(`expected ${purpose} as a [list]`);
    return expression.items;
  }

  fields(expression: Expression | undefined, purpose: string): Field[] {
    if (expression?.kind !== "struct") this.fail(`expected ${purpose} as a {structure}`);
    return expression.fields;
  }

  /** {sa_family = AF_INET, sin_port = htons(8080), sin_addr = inet_addr("192.0.2.1")}; undefined for "..." or NULL. */
  address(expression: Expression | undefined): (Address & { family: number }) | undefined {
    if (!expression || expression.kind === "any" || expression.kind === "word" || expression.kind === "number") return undefined;
    const fields = new Map(this.fields(expression, "an address").map(({ name, value }) => [name, value]));
    const family = this.number(fields.get("sa_family"), "sa_family");
    if (family === CONSTANTS["AF_INET6"]) this.unsupported("IPv6 addresses");
    const port = fields.has("sin_port") ? this.number(fields.get("sin_port"), "sin_port") : 0;
    const ip = fields.get("sin_addr");
    return { family, port, address: ip ? this.ip(ip) : "0.0.0.0" };
  }

  private ip(expression: Expression): string {
    if (expression.kind === "word" && expression.name === "INADDR_ANY") return "0.0.0.0";
    const text = expression.kind === "apply" ? this.text(expression.args[0]) : undefined;
    if (text === undefined || !isIPv4(text)) this.fail('expected sin_addr = inet_addr("192.0.2.1")');
    return text;
  }

  /** Lengths of [{..., 100}, {"text", 4}], and the texts. */
  vectors(expression: Expression | undefined): { length: number; text?: string }[] {
    return this.items(expression, "the vectors").map((item) => {
      const [base, length] = this.fields(item, "a vector");
      const text = this.text(base?.value);
      return { length: this.number(length?.value, "the length of a vector"), ...(text === undefined ? {} : { text }) };
    });
  }
}
