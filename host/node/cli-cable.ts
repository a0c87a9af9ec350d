import { randomInt } from "node:crypto";
import type { RunOptions } from "./cli-options";
import type { Output, Resources } from "./cli-resources";
import type { Clock } from "./clock";
import { type Forward, Gateway, LIMITS } from "./gateway";
import type { Link } from "./link";
import { type Faults, faulty } from "./links/fault";
import { captured, Pcap } from "./links/pcap";
import { printed } from "./links/print";
import type { TapLink } from "./links/tap";
import type { Profile } from "./module";
import { seedOfGateway } from "./seed";

/** Join the TAP interface to a port of the hub. */
export function joinTap(port: Link, tap: TapLink, resources: Resources, fail: (error: Error) => void): void {
  resources.add(() => tap.close?.());
  tap.onClose = (error) => fail(error ?? new Error(`the TAP interface ${tap.name} is gone`));
  tap.onFrame = (frame) => port.send(frame);
  port.onFrame = (frame) => tap.send(frame);
}

/** The board's end of the cable with what the options put around it: faults nearest to the cable, then capture and print. */
export function decorate(inner: Link, options: RunOptions, clock: Clock, output: Output, resources: Resources): Link {
  let link = inner;
  const faults: Faults = {
    loss: options.loss,
    duplication: options.duplicate,
    reordering: options.reorder,
    corruption: options.corrupt,
  };
  if (Object.values(faults).some((rate) => rate > 0)) {
    link = faulty(link, { clock, seed: options.seed ?? randomInt(0x100000000), sending: faults, receiving: faults });
  }
  if (options.pcap !== undefined) {
    const pcap = Pcap.file(options.pcap);
    resources.add(() => pcap.close());
    link = captured(link, pcap, clock, "board");
  }
  return options.print ? printed(link, clock, output.print) : link;
}

/** The stack at `address` that leads to a board. */
export async function openGateway(
  link: Link,
  address: string,
  options: RunOptions,
  profile: Profile,
  { clock, resources }: { clock: Clock; resources: Resources },
): Promise<Gateway> {
  const gateway = await Gateway.create({
    clock,
    link,
    address,
    board: options.address[0].split("/")[0],
    limits: LIMITS[profile],
    seed: seedOfGateway(options.seed),
  });
  resources.add(() => gateway.close());
  return gateway;
}

/** Lead a port of this machine to one of the board. Rejects with an Error of one line that says what to do. */
export async function forward(gateway: Gateway, host: number, board: number): Promise<Forward> {
  try {
    return await gateway.forward(host, board);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const other = `another one, such as --forward ${host < 1024 ? host + 8000 : Math.min(host + 1, 65535)}:${board}`;
    if (code === "EADDRINUSE") throw new Error(`port ${host} of 127.0.0.1 is in use: stop what uses it or take ${other}`);
    if (code === "EACCES") throw new Error(`port ${host} of 127.0.0.1 needs rights you do not have: take ${other}`);
    throw error;
  }
}
