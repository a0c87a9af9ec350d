import { readFileSync } from "node:fs";
import { Layout } from "../../host/node/lockstep/layout";
import type { Contender } from "../../host/node/lockstep/lockstep";
import { recordTransfer } from "../../host/node/lockstep/transfer";
import { modulePath, type Profile } from "../../host/node/module";
import { Session } from "../../host/node/session/reader";
import { Recorder } from "../../host/node/session/recorder";

/** A module with what a recorder wants to know of it. */
export function moduleOf(profile: Profile): { module: WebAssembly.Module; wasm: Buffer; path: string; layout: Layout } {
  const path = modulePath(profile);
  const wasm = readFileSync(path);
  return { module: new WebAssembly.Module(wasm), wasm, path, layout: Layout.beside(path) };
}

/** A recorder that keeps its session in memory. */
export function recorderOf(profile: Profile): { recorder: Recorder; octets: () => Buffer; session: () => Session } {
  const { wasm, layout } = moduleOf(profile);
  const chunks: Uint8Array[] = [];
  const recorder = new Recorder({ wasm, profile, used: layout.used }, (octets) => void chunks.push(octets.slice()));
  const octets = (): Buffer => Buffer.concat(chunks);
  return { recorder, octets, session: () => new Session(octets()) };
}

/** A transfer over a cable that loses, doubles, reorders and corrupts, recorded. */
export async function recordedTransfer(profile: Profile, octets: number, seed = 1): Promise<Buffer> {
  const { module } = moduleOf(profile);
  const kept = recorderOf(profile);
  const faults = { loss: 0.02, duplication: 0.02, reordering: 0.05, corruption: 0.01 };
  await recordTransfer({ module, seed, octets, faults, latency: 5 }, kept.recorder);
  kept.recorder.end();
  return kept.octets();
}

/** V8, by whatever name. */
export function v8(profile: Profile, name = "v8"): Contender {
  return { name, instance: new WebAssembly.Instance(moduleOf(profile).module, {}) };
}

type Call = (...args: number[]) => number;
/** What goes wrong in a call: gets the memory and the right result, returns the wrong one. */
export type Fault = (memory: Uint8Array, result: number) => number;

/** An engine that goes wrong in the call with that number, from 1. */
export function faultyEngine(profile: Profile, step: number, fault: Fault): Contender {
  const { exports } = v8(profile).instance as WebAssembly.Instance;
  const memory = new Uint8Array((exports["memory"] as WebAssembly.Memory).buffer);
  let calls = 0;
  const wrong = (call: Call): Call => {
    return (...args) => {
      const result = call(...args);
      return ++calls === step ? fault(memory, result) : result;
    };
  };
  const wrapped = Object.entries(exports).map(([name, value]) => [
    name,
    typeof value === "function" ? wrong(value as Call) : value,
  ]);
  return { name: "faulty", instance: { exports: Object.fromEntries(wrapped) as object } };
}
