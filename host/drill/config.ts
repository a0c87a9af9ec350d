import { isIPv4 } from "node:net";
import { ScriptError, Unsupported } from "./errors";
import type { OptionLine } from "./script";

/** What the option lines of a script say, with packetdrill's defaults. */
export interface Config {
  localIp: string;
  remoteIp: string;
  gateway: string;
  prefix: number;
  bindPort: number;
  connectPort: number;
  /** Microseconds by which things may happen too early or too late, and the same in percent of the time since the event before. */
  tolerance: number;
  tolerancePercent: number;
  /** Microseconds per tick of our timestamps; 0: their values are not compared. */
  tick: number;
  /** Segments have to be as long as the script says; otherwise they are glued together. */
  strictSegments: boolean;
  /** Text of the segments that longer incoming ones are cut into; 0: as fits. */
  mss: number;
  /** What was said that means nothing here. */
  ignored: string[];
}

const defaults: Config = {
  localIp: "192.168.0.1",
  remoteIp: "192.0.2.1",
  gateway: "192.168.255.254",
  prefix: 16,
  bindPort: 8080,
  connectPort: 8080,
  tolerance: 4000,
  tolerancePercent: 12.5,
  tick: 0,
  strictSegments: false,
  mss: 0,
  ignored: [],
};

type Apply = (config: Config, value: string, line: OptionLine) => void;

const number =
  (field: "tolerance" | "tolerancePercent" | "tick" | "mss", most = 1e9): Apply =>
  (config, value, line) => {
    const parsed = Number(value);
    if (value === "" || !(parsed >= 0 && parsed <= most))
      throw new ScriptError(line.place, `--${line.name} needs a number, not "${value}"`);
    config[field] = parsed;
  };
const port =
  (field: "bindPort" | "connectPort"): Apply =>
  (config, value, line) => {
    if (!/^\d+$/.test(value) || Number(value) < 1 || Number(value) > 65535) {
      throw new ScriptError(line.place, `--${line.name} needs a port, not "${value}"`);
    }
    config[field] = Number(value);
  };
const address =
  (field: "localIp" | "remoteIp"): Apply =>
  (config, value, line) => {
    config[field] = ipv4(value.split("/")[0], line);
  };
const ignored: Apply = (config, value, { name }) => void config.ignored.push(`--${name}${value && `=${value}`}`);

function ipv4(value: string, line: OptionLine): string {
  if (value.includes(":")) throw new Unsupported(line.place, "IPv6 addresses");
  if (!isIPv4(value)) throw new ScriptError(line.place, `--${line.name} needs an IPv4 address, not "${value}"`);
  return value;
}

function gateway(config: Config, value: string, line: OptionLine): void {
  // packetdrill's gateway may be its own address; ours is the neighbour that all packets go to.
  const ip = ipv4(value, line);
  if (ip !== config.localIp) config.gateway = ip;
}

function netmask(config: Config, value: string, line: OptionLine): void {
  const bits = ipv4(value, line)
    .split(".")
    .map((octet) => Number(octet).toString(2).padStart(8, "0"))
    .join("");
  if (!/^1+0+$/.test(bits)) throw new ScriptError(line.place, `${value} is no netmask`);
  config.prefix = bits.indexOf("0");
}

function ipVersion(_config: Config, value: string, line: OptionLine): void {
  if (value !== "ipv4") throw new Unsupported(line.place, `--ip_version=${value}: there is only ipv4 here`);
}

function mtu(_config: Config, value: string, line: OptionLine): void {
  if (value !== "1500") throw new Unsupported(line.place, `--mtu=${value}: the interface has 1500`);
}

function wire(_config: Config, _value: string, line: OptionLine): void {
  throw new Unsupported(line.place, `--${line.name}: there is one machine here`);
}

const options: Record<string, Apply> = {
  ip_version: ipVersion,
  bind_port: port("bindPort"),
  connect_port: port("connectPort"),
  remote_ip: address("remoteIp"),
  local_ip: address("localIp"),
  gateway_ip: gateway,
  netmask_ip: netmask,
  tolerance_usecs: number("tolerance"),
  tolerance_percent: number("tolerancePercent", 1000),
  tcp_ts_tick_usecs: number("tick", 1e6),
  mss: number("mss", 65535),
  mtu,
  strict_segments: (config) => void (config.strictSegments = true),
  wire_client: wire,
  wire_server: wire,
  define: () => undefined,
  code_command: ignored,
  code_format: ignored,
  code_sockopt: ignored,
  speed: ignored,
  init_scripts: ignored,
  tcp_ts_ecr_scaled: ignored,
  non_fatal: ignored,
  dry_run: ignored,
  is_anyip: ignored,
  send_omit_free: ignored,
  debug: ignored,
};

/** packetdrill's options, which scripts and command lines take. */
export const OPTION_NAMES = Object.keys(options);
/** Those of them that take no value. */
export const FLAG_NAMES = "strict_segments tcp_ts_ecr_scaled dry_run is_anyip send_omit_free debug wire_client wire_server".split(
  " ",
);

/** What a script's option lines come to. Throws a ScriptError or Unsupported for one that cannot be had. */
export function configOf(lines: OptionLine[]): Config {
  const config = { ...defaults, ignored: [] };
  for (const line of lines) {
    const apply = Object.hasOwn(options, line.name) ? options[line.name] : undefined;
    if (!apply) throw new ScriptError(line.place, `--${line.name} is no option; they are ${OPTION_NAMES.join(", ")}`);
    apply(config, line.value, line);
  }
  return config;
}
