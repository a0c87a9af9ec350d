/** Runs inside of a network namespace, started by ../namespace.ts. */
import { Lab } from "./lab";
import { serve } from "./serve";

const lab = new Lab();
serve(
  new Proxy(lab, {
    get: (_, name) => (lab[name as keyof Lab] as (...args: unknown[]) => unknown).bind(lab),
  }),
  () => lab.close(),
);
