import type { Config } from "./config";
import type { Machine } from "./machine";
import { spoken } from "./match";
import { Network, type Sent } from "./network";
import { formatPacket, formatSeconds } from "./notation";
import type { Packet } from "./script";

/** Everything that went over the wire and through the calls, in the script's notation: what a report quotes. */
export class Conversations {
  readonly network: Network;
  readonly lines: string[] = [];
  /** Called for each line as it comes. */
  onLine: (line: string) => void = () => {};

  constructor(
    private readonly machine: Machine,
    config: Config,
  ) {
    this.network = new Network(config.localIp, config.remoteIp, config.bindPort, config.connectPort);
    machine.onDatagram = (datagram) => this.sent({ at: machine.now, datagram });
  }

  private sent(sent: Sent): void {
    const connection = this.network.outgoing(sent);
    const { body, faults } = sent.datagram;
    const aside = !connection && body.kind !== "icmp" ? " (no conversation of the script)" : "";
    const wrong = faults.length ? ` !! ${faults.join(", ")}` : "";
    const words =
      aside && body.kind === "tcp"
        ? `port ${body.from} to ${body.to}`
        : formatPacket(spoken(undefined, sent.datagram, connection));
    this.tell(`${words}${aside}${wrong}`);
  }

  gave(packet: Packet): void {
    this.tell(formatPacket(packet));
  }

  /** Something happened now. */
  tell(what: string): void {
    const line = `${formatSeconds(this.machine.now).padStart(12)} ${what}`;
    this.lines.push(line);
    this.onLine(line);
  }
}
