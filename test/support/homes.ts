import { around, type Link } from "../../host/node/link";
import { hub, type HubPort } from "../../host/node/links/hub";
import { Peer, type PeerOptions } from "./peer";
import { world, type World, type WorldOptions } from "./world";

/** Ports of a wire. */
const PORTS = 8;

/** A second wire of a world, 10.0.1.0/24 unless the test says otherwise. */
export class Wire {
  private readonly ports: HubPort[];
  private taken = 0;

  constructor(readonly world: World) {
    this.ports = hub(PORTS, { clock: world.clock, latency: 1 });
  }

  /** The next port, everything sent into which is drawn as of `name`; frames a correct sender would not send are errors. */
  port(name: string, mac: string, referee = false): Link {
    const { world } = this;
    world.ladder.station(name, mac);
    return around(
      this.ports[this.taken++],
      (frame, pass) => {
        const { packet } = world.ladder.saw(world.now, name, frame);
        if (referee && packet.problems.length) throw new Error(`${name} sent a bad frame: ${packet.problems.join(", ")}`);
        pass(frame);
      },
      (frame, pass) => pass(frame),
    );
  }

  /** A scripted endpoint that knows the board's second interface; that learns of it by a request. */
  peer(options: Partial<PeerOptions> & { introduced?: boolean } = {}): Peer {
    const { world } = this;
    const n = this.taken;
    const name = options.name ?? `far${n}`;
    const mac = options.mac ?? `02:00:00:00:02:${n.toString(16).padStart(2, "0")}`;
    const peer = new Peer(this.port(name, mac), world, { ...options, name, mac, ip: options.ip ?? `10.0.1.${99 + n}` });
    const { mac: toMac, addresses } = world.board.board.interfaces[1];
    peer.toMac = toMac;
    peer.toIp = addresses[0]?.address ?? "10.0.1.1";
    if (options.introduced ?? true) {
      peer.arp({ op: 1, senderMac: mac, senderIp: peer.ip, targetIp: peer.toIp }, { dst: toMac });
      world.run(5);
    }
    return peer;
  }
}

/** A world whose first board is on a second wire too, as 10.0.1.1/24 there; its second interface is "board1.1". */
export async function twoHomes(options: WorldOptions = {}): Promise<{ w: World; far: Wire }> {
  const w = await world({ profile: "host", ...options });
  const far = new Wire(w);
  const second = w.board.board.interfaces[1];
  second.configure("10.0.1.1/24");
  w.board.board.attach(far.port("board1.1", second.mac, true), 1);
  w.run(5);
  return { w, far };
}
