import { SocketType } from "../../host/node/abi";
import { concat } from "./packet";
import { passive, PORT, type Connection } from "./states";
import { mustWork, type Station } from "./station";
import type { World } from "./world";

/** A record as a plain stream peer writes it: its length in four octets, in network order, then its data. */
export function record(data: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, data.length, false);
  return concat(length, data);
}

/** A listener whose connections are SOCK_SEQPACKET. */
export function listenForRecords(board: Station, prepare?: (fd: number) => void): number {
  const fd = mustWork("socket", board.socket(SocketType.SOCK_SEQPACKET));
  prepare?.(fd);
  mustWork("bind", board.bind(fd, PORT));
  mustWork("listen", board.listenOn(fd, 5));
  return fd;
}

/** The peer connected to the board's listener for records, which accepted. */
export function passiveRecords(
  world: World,
  start: Parameters<typeof passive>[1] = {},
  prepare?: (fd: number) => void,
): Connection {
  listenForRecords(world.board, prepare);
  return passive(world, start);
}
