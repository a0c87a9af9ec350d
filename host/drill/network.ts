import type { Address } from "../node/address";
import { Connection } from "./connection";
import type { Datagram } from "./frames";
import type { Micros } from "./script";

/** A datagram of the stack and when it came. */
export interface Sent {
  at: Micros;
  datagram: Datagram;
}

export type Conversation = Connection<Sent>;

/** The first port of the remote end's that connections to our listeners come from. */
const EPHEMERAL = 40_000;

/**
 * The conversations of a script. Packets without ports belong to the one under test: what the last listen, connect or bind
 * prepared. As in packetdrill, the first packet that comes to a listener makes a new one, from a port of its own.
 */
export class Network {
  readonly all: Conversation[] = [];
  /** The conversation under test. */
  current: Conversation | undefined;
  /** Datagrams that belong to none: ICMP messages of the stack. */
  readonly stray: Sent[] = [];
  private nextPort = EPHEMERAL;

  constructor(
    readonly localIp: string,
    readonly remoteIp: string,
    /** Where bind(fd, ..., ...) binds to and connect(fd, ..., ...) connects to. */
    public bindPort: number,
    readonly connectPort: number,
  ) {}

  /** A listener waits for the next packet. */
  listens(port: number | undefined): void {
    this.bindPort = port ?? this.bindPort;
    this.current = undefined;
  }

  /** A socket is about to speak with somebody, or to be spoken to. */
  opens(protocol: "tcp" | "udp", remote: Address, localPort: number | undefined): Conversation {
    this.current = this.add(new Connection<Sent>(protocol, remote.address, remote.port, localPort));
    return this.current;
  }

  /** The attempt came to nothing: go back to what was under test before. */
  forgets(connection: Conversation, before: Conversation | undefined): void {
    this.all.splice(this.all.indexOf(connection), 1);
    this.current = before;
  }

  private add(connection: Conversation): Conversation {
    this.all.unshift(connection);
    return connection;
  }

  /** The conversation an incoming packet of the script belongs to. */
  incoming(protocol: "tcp" | "udp", ports?: { from: number; to: number }): Conversation {
    if (!ports) return (this.current ??= this.add(this.from(protocol, this.nextPort++, this.bindPort)));
    const known = this.find(protocol, this.remoteIp, ports.from, ports.to);
    this.current = known ?? this.add(this.from(protocol, ports.from, ports.to));
    return this.current;
  }

  private from(protocol: "tcp" | "udp", remotePort: number, localPort: number): Conversation {
    return new Connection<Sent>(protocol, this.remoteIp, remotePort, localPort);
  }

  find(protocol: "tcp" | "udp", remoteIp: string, remotePort: number, localPort: number): Conversation | undefined {
    const between = this.all.filter(
      (each) => each.protocol === protocol && each.remotePort === remotePort && each.remoteIp === remoteIp,
    );
    return between.find((each) => each.localPort === localPort) ?? between.find((each) => each.localPort === undefined);
  }

  /** The stack has sent something: put it where the script will look for it. */
  outgoing(sent: Sent): Conversation | undefined {
    const { ip, body } = sent.datagram;
    if (body.kind === "icmp") {
      this.stray.push(sent);
      return undefined;
    }
    const connection = this.find(body.kind, ip.to, body.to, body.from);
    if (!connection) return undefined;
    connection.localPort ??= body.from;
    if (body.kind === "tcp") connection.saw(body);
    connection.sent.push(sent);
    return connection;
  }
}
