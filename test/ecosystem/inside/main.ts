/** Runs inside of a network namespace, started by the tests beside this folder. */
import { serve } from "../../interop/inside/serve";
import { Ground, scenarios } from "./lab";

type Call = (...args: unknown[]) => unknown;

const ground = new Ground();
const played = scenarios as unknown as Record<string, Call | undefined>;

serve(
  new Proxy(ground, {
    get: (_, name) => {
      const scenario = played[String(name)];
      if (scenario) return (...args: unknown[]) => scenario(ground.place, ...args);
      return (ground[name as keyof Ground] as Call).bind(ground);
    },
  }),
  () => ground.close(),
);
