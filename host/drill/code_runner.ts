import { CONSTANTS } from "./constants";
import type { Descriptors } from "./descriptors";
import { Mismatch, type Place, ScriptError, Unsupported } from "./errors";
import type { Machine } from "./machine";
import type { Network } from "./network";
import { NameError, PythonError, runPython, type Scope, type Value } from "./python";
import { Sockets } from "./sockets";
import { hasField, isInfoName, readTcpInfo } from "./tcp_info";

const { IPPROTO_TCP, TCP_INFO } = CONSTANTS;
const ROOM = 512;

/** %{ code }%: the fields of TCP_INFO of the socket under test, the names of the kernel, and what earlier code has set. */
export class CodeRunner {
  private readonly sockets: Sockets;
  private readonly variables = new Map<string, Value>();

  constructor(
    machine: Machine,
    private readonly descriptors: Descriptors,
    private readonly network: Network,
  ) {
    this.sockets = new Sockets(machine.board);
  }

  run(code: string, place: Place): void {
    let info: Map<string, number> | undefined;
    const { variables } = this;
    const scope: Scope = {
      get: (name) => {
        const own = variables.get(name);
        if (own !== undefined) return own;
        if (isInfoName(name) && !hasField(name)) throw new NameError(name);
        if (isInfoName(name)) info ??= this.info(place);
        const value = info?.get(name) ?? (Object.hasOwn(CONSTANTS, name) ? CONSTANTS[name] : undefined);
        if (value === undefined) throw new NameError(name);
        return value;
      },
      set: (name, value) => void variables.set(name, value),
    };
    this.judge(code, place, scope);
  }

  private judge(code: string, place: Place, scope: Scope): void {
    try {
      const failed = runPython(code, scope).find(({ holds }) => !holds);
      if (failed) {
        const values = [...failed.values].map(([name, value]) => `${name} = ${String(value)}`).join(", ");
        throw new Mismatch(place, "an assertion does not hold", { expected: `assert ${failed.text}`, actual: values || "false" });
      }
    } catch (error) {
      if (error instanceof NameError) {
        if (isInfoName(error.variable)) throw new Unsupported(place, `${error.variable} of TCP_INFO`);
        throw new ScriptError(place, `the name ${error.variable} is not known in %{ }%`);
      }
      if (error instanceof PythonError) throw new Unsupported(place, `this Python: ${error.message}`);
      throw error;
    }
  }

  private info(place: Place): Map<string, number> {
    const { current } = this.network;
    const descriptor = (current && this.descriptors.of(current)) ?? this.descriptors.last;
    if (!descriptor) throw new Mismatch(place, "there is no socket to look into");
    const found = this.sockets.option(descriptor.live, IPPROTO_TCP, TCP_INFO, ROOM);
    if (typeof found === "number") throw new Unsupported(place, "the option TCP_INFO");
    return readTcpInfo(found);
  }
}
