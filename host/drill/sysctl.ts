import type { Setting } from "../node/abi";

/** A setting that a command asks for. */
export interface Effect {
  setting: keyof typeof Setting;
  value: number;
  /** What asked for it, to name it. */
  from: string;
}

type Meaning = (value: string) => Partial<Record<keyof typeof Setting, number>> | null;

const flag =
  (setting: keyof typeof Setting): Meaning =>
  (value) => ({ [setting]: Number(value) === 0 ? 0 : 1 });
const scaled =
  (setting: keyof typeof Setting, factor = 1): Meaning =>
  (value) => ({ [setting]: Math.round(Number(value) * factor) });
/** What the stack always does: other values change nothing, and are named. */
const fixed =
  (...values: string[]): Meaning =>
  (value) =>
    values.includes(value) ? {} : null;

/** Where a window of `octets` fits into 16 bits, as Linux chooses its shift from the largest buffer. */
function shiftFor(octets: number): number {
  return Math.min(14, Math.max(0, Math.floor(Math.log2(Math.max(octets, 1))) - 15));
}

const LARGEST_BUFFER = 1 << 20;

function receiveBuffers(value: string): ReturnType<Meaning> {
  const [, standard, most] = value.split(/\s+/).map(Number);
  return { RcvBuf: Math.min(standard, LARGEST_BUFFER), WindowShift: shiftFor(most) };
}

/** Buffers grow by themselves in Linux: ours begin as large as they may become. */
function sendBuffers(value: string): ReturnType<Meaning> {
  const [, standard, most] = value.split(/\s+/).map(Number);
  return { SndBuf: Math.min(Math.max(standard, most), LARGEST_BUFFER) };
}

const congestion: Meaning = (value) =>
  ({ reno: { Congestion: 0 }, newreno: { Congestion: 0 }, cubic: { Congestion: 1 } })[value] ?? null;

const linux: Record<string, Meaning> = {
  tcp_sack: flag("Sack"),
  tcp_timestamps: flag("Timestamps"),
  tcp_window_scaling: flag("WindowScaling"),
  tcp_ecn: scaled("Ecn"),
  tcp_congestion_control: congestion,
  tcp_syncookies: scaled("Cookies"),
  tcp_syn_retries: scaled("SynRetries"),
  tcp_synack_retries: scaled("SynAckRetries"),
  tcp_retries2: scaled("Retries"),
  tcp_fin_timeout: scaled("FinWait2", 1000),
  tcp_rmem: receiveBuffers,
  tcp_wmem: sendBuffers,
  tcp_rto_min_us: scaled("RtoMin", 1 / 1000),
  tcp_rto_max_ms: scaled("RtoMax"),
  tcp_dsack: fixed("1"),
  tcp_fack: fixed("0"),
  tcp_recovery: fixed("1"),
  tcp_early_retrans: fixed("3", "4"),
  tcp_reordering: fixed("3"),
  tcp_rfc1337: fixed("1"),
  tcp_abc: fixed("0"),
  tcp_moderate_rcvbuf: fixed("0", "1"),
  tcp_no_metrics_save: fixed("0", "1"),
  tcp_pacing_ss_ratio: fixed("200"),
  tcp_pacing_ca_ratio: fixed("120"),
  tcp_tso_win_divisor: fixed("3"),
  tcp_min_tso_segs: fixed("1", "2", "4", "10", "70"),
};

const freebsd: Record<string, Meaning> = {
  "sack.enable": flag("Sack"),
  rfc1323: (value) => ({ Timestamps: Number(value) ? 1 : 0, WindowScaling: Number(value) ? 1 : 0 }),
  "ecn.enable": scaled("Ecn"),
  "cc.algorithm": congestion,
  syncookies: flag("Cookies"),
  initcwnd_segments: scaled("InitialWindow"),
  rexmit_initial: scaled("RtoInitial"),
  rexmit_min: scaled("RtoMin"),
  delacktime: scaled("DelayedAck"),
  msl: scaled("Msl"),
  finwait2_timeout: scaled("FinWait2"),
  sendspace: scaled("SndBuf"),
  recvspace: scaled("RcvBuf"),
};

const tables: [RegExp, Record<string, Meaning>][] = [
  [/^net[./]ipv4[./]/, linux],
  [/^net\.inet\.tcp\./, freebsd],
];

/** What setting a variable of the kernel means here; undefined when that is nothing we know. */
export function sysctl(name: string, value: string): Effect[] | undefined {
  for (const [prefix, table] of tables) {
    const short = name.replace(prefix, "");
    if (short === name || !Object.hasOwn(table, short)) continue;
    const meaning = table[short](value);
    if (!meaning) return undefined;
    return Object.entries(meaning).map(([setting, number]) => ({
      setting: setting as keyof typeof Setting,
      value: number,
      from: `${name}=${value}`,
    }));
  }
  return undefined;
}

/** What packetdrill's collection sets before each script (its defaults.sh), where that differs from Linux itself. */
export const LINUX_DEFAULTS: Effect[] = [
  ["tcp_rmem", "4096 540000 15728640"],
  ["tcp_wmem", "4096 262144 4194304"],
  ["tcp_syn_retries", "5"],
  ["tcp_ecn", "0"],
].flatMap(([name, value]) => sysctl(`net.ipv4.${name}`, value) ?? []);
