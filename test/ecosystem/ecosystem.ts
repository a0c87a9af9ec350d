import { join } from "node:path";
import { openNamespaceWith, type Namespace } from "../interop/namespace";
import type { Ecosystem } from "./inside/lab";

/** A private network with a board of profile host in it, on which Node's programs run. */
export async function openEcosystem(): Promise<Namespace<Ecosystem>> {
  const network = openNamespaceWith<Ecosystem>(join(import.meta.dirname, "inside", "main.ts"));
  await network.lab.begin();
  return network;
}
