import { Trace, TraceRecord } from "./abi";
import { TRACE, TRACE_ENTRIES } from "./config";

const MASK: u32 = TRACE_ENTRIES - 1;
const written = memory.data(4, 4);
const events = memory.data(TRACE ? TRACE_ENTRIES * TraceRecord.size : 4, 4);

/** Remember an event in the ring of the last TRACE_ENTRIES; disappears from builds without CONFIG_TRACE. */
// prettier-ignore
@inline export function trace(event: Trace, a: u32, b: u32 = 0, c: u32 = 0): void {
  if (TRACE) append(event, a, b, c);
}

function append(event: u32, a: u32, b: u32, c: u32): void {
  const n = load<u32>(written);
  const at = events + <usize>(n & MASK) * TraceRecord.size;
  store<u32>(at, event, TraceRecord.event);
  store<u32>(at, a, TraceRecord.a);
  store<u32>(at, b, TraceRecord.b);
  store<u32>(at, c, TraceRecord.c);
  store<u32>(written, n + 1);
}

/** How many events were ever traced; the newest TRACE_ENTRIES of them are at `traceAt()`. */
export function traced(): u32 {
  return load<u32>(written);
}

export function traceAt(): usize {
  return TRACE ? events : 0;
}
