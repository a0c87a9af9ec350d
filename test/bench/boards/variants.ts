/** What is measured against what. */

export type StackName = "aot" | "wasm3" | "lwip";

/** One firmware of the bench. */
export interface Variant {
  stack: StackName;
  /** How the stack (of Sandwire: the module's code, or the interpreter) is compiled. */
  level: "Os" | "O2";
  /** Who computes the checksums of TCP: the stack, or the driver natively while it copies. */
  checksums: "stack" | "driver";
  /** Where the application is: between the stack's input and output, or, of Sandwire, in C outside of the module. */
  application: "inside" | "outside";
}

export const nameOf = ({ stack, level, checksums, application }: Variant): string =>
  `${stack}-${level}-${checksums}${application === "outside" ? "-outside" : ""}`;

const inside = (stack: StackName, level: Variant["level"], checksums: Variant["checksums"]): Variant => ({
  stack,
  level,
  checksums,
  application: "inside",
});

export const variants: Variant[] = (["driver", "stack"] as const).flatMap((checksums) => [
  inside("lwip", "O2", checksums),
  inside("lwip", "Os", checksums),
  inside("aot", "O2", checksums),
  inside("aot", "Os", checksums),
  inside("wasm3", "O2", checksums),
]);

/** The module as it is shipped, with an application in C around it. */
export const outside: Variant[] = (["aot", "wasm3"] as const).map((stack) => ({
  stack,
  level: "O2",
  checksums: "driver",
  application: "outside",
}));
