/** Runs inside of a network namespace, started by the tests beside this folder. */
import { serve } from "../../interop/inside/serve";
import { Ecosystem } from "./lab";

const lab = new Ecosystem();
serve(
  new Proxy(lab, {
    get: (_, name) => (lab[name as keyof Ecosystem] as (...args: unknown[]) => unknown).bind(lab),
  }),
  () => lab.close(),
);
