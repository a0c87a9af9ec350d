import { expect } from "vitest";
import { text, type IpPacket, type TcpSegment } from "./packet";
import type { Connection } from "./states";
import type { World } from "./world";

/** What a board put on the wire. */
export interface Seen {
  at: number;
  ip: IpPacket;
  tcp: TcpSegment;
  problems: string[];
}

/** All segments the first board has sent so far. */
export function sentSegments(w: World): Seen[] {
  return w.ladder.sightings.flatMap(({ at, from, packet: { ip, tcp, problems } }) =>
    from === w.board.name && ip && tcp ? [{ at, ip, tcp, problems }] : [],
  );
}

/** Both directions still work. What the board sends meanwhile is forgotten. */
export function expectAlive({ world: w, flow, board, fd, state }: Connection): void {
  flow.drain(2);
  flow.data(text("ping"));
  w.run(500);
  expect(board.read(fd).data).toEqual(text("ping"));
  flow.drain(2);
  board.send(fd, text("pong"));
  flow.expect({ data: text("pong") });
  flow.ack();
  w.run(5);
  expect(state()).toBe("Established");
}
