import { Board, type Clock, type Link } from "../../host/node/index";

/** The function that docs/network.md shows; snippets.test.ts runs it. */

/** A board on two networks, the second of which leads to a third. */
export async function homes(clock: Clock, uplink: Link, backbone: Link): Promise<Board> {
  const board = await Board.create({
    clock,
    profile: "host",
    address: "10.0.0.2/24", // the first interface, and its router
    gateway: "10.0.0.1",
    interfaces: [{ address: "192.168.5.2/24" }], // those behind it
    routes: [{ to: "172.16.0.0/12", gateway: "192.168.5.1", iface: 1 }],
  });
  board.attach(uplink);
  board.attach(backbone, 1);
  board.interfaces[1].addAddress("192.168.5.3/24");
  return board;
}
