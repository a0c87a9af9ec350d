import { Errno, Setting, type SandwireExports } from "../node/abi";

/** A setting of the module, and what it is to be. */
export type Settings = Partial<Record<keyof typeof Setting, number>>;

export const SYSTEMS = ["linux", "freebsd"] as const;
/** Whose behaviour a script was written for. */
export type System = (typeof SYSTEMS)[number];

/**
 * What the systems do unless told otherwise: Linux 6 (ip-sysctl.rst, and buffers as large as autotuning makes them where scripts write
 * much at once), FreeBSD 14 (tcp(4)). Times in ms.
 */
const systems: Record<System, Settings> = {
  linux: {
    InitialWindow: 10,
    RtoInitial: 1000,
    RtoMin: 200,
    RtoMax: 120_000,
    DelayedAck: 40,
    Msl: 30_000,
    SynRetries: 6,
    SynAckRetries: 5,
    Retries: 15,
    FinWait2: 60_000,
    OptionOrder: 0,
    RcvBuf: 131_072,
    SndBuf: 1_048_576,
    WindowShift: 7,
    Ecn: 2,
    Congestion: 1,
    Cookies: 1,
    BufferPressure: 8,
    QuickAcks: 16,
    SlowStartLimit: 0,
    LossFromCwnd: 1,
  },
  freebsd: {
    InitialWindow: 10,
    RtoInitial: 1000,
    RtoMin: 230,
    RtoMax: 64_000,
    DelayedAck: 40,
    Msl: 30_000,
    SynRetries: 12,
    SynAckRetries: 3,
    Retries: 12,
    FinWait2: 60_000,
    OptionOrder: 1,
    RcvBuf: 65_536,
    SndBuf: 65_536,
    WindowShift: 6,
    Ecn: 2,
    Congestion: 1,
    Cookies: 1,
    BufferPressure: 8,
    QuickAcks: 0,
    SlowStartLimit: 2,
    LossFromCwnd: 0,
  },
};

/** Make the module behave as a system does: the settings it would not take. */
export function applySystem(exports: SandwireExports, system: System): string[] {
  const missing = Object.entries(systems[system]).filter(([name, value]) => !tune(exports, name as keyof typeof Setting, value));
  return missing.map(([name, value]) => `${name} ${value}`);
}

/** Set one thing: false when the build cannot, or the value is out of bounds. Nothing to do is no failure. */
export function tune(exports: SandwireExports, name: keyof typeof Setting, value: number): boolean {
  const setting = Setting[name];
  if (exports.tuned(setting) === value) return true;
  return exports.tune(setting, value) === 0;
}

/** Whether the module has settings at all. */
export function isTunable(exports: SandwireExports): boolean {
  return exports.tune(Setting.OptionOrder, exports.tuned(Setting.OptionOrder)) !== -Errno.ENOSYS;
}
