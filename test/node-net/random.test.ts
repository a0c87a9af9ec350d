import * as node from "node:net";
import { describe, expect, test } from "vitest";
import type { Net, Socket } from "../../host/node/net";
import { spread } from "../../host/node/random";
import { boards } from "./boards";
import { type Diary, type Place, Stage, turns } from "./stage";

const reference: Place = { near: node as unknown as Net, far: node as unknown as Net, host: "127.0.0.1", nobody: "127.0.0.2" };

/**
 * What may be done to a socket, whatever state it is in. Little is written and nothing is held back (noDelay), for the two networks
 * differ in the size of their buffers and the delay of their ACKs; octets, since node:net does not count a short text that fails.
 */
const deeds: Record<string, (stage: Stage, actor: string, socket: Socket, n: number) => unknown> = {
  write: (stage, actor, socket, n) => socket.write(Buffer.from(`<${n}>`), (error) => stage.note(actor, `write ${n}`, error)),
  "write more": (stage, actor, socket, n) =>
    socket.write(Buffer.alloc(1000, "x"), (error) => stage.note(actor, `write ${n}`, error)),
  end: (stage, actor, socket, n) => socket.end(() => stage.note(actor, `end ${n}`)),
  "end with data": (_stage, _actor, socket, n) => socket.end(`<${n}>`),
  pause: (_stage, _actor, socket) => socket.pause(),
  resume: (_stage, _actor, socket) => socket.resume(),
  cork: (_stage, _actor, socket) => socket.cork(),
  uncork: (_stage, _actor, socket) => socket.uncork(),
  destroy: (_stage, _actor, socket) => socket.destroy(),
  "destroy with an error": (_stage, _actor, socket, n) => socket.destroy(new Error(`deed ${n}`)),
  "destroy soon": (_stage, _actor, socket) => socket.destroySoon(),
  reset: (_stage, _actor, socket) => socket.resetAndDestroy(),
  look: (stage, actor, socket) => {
    const { readyState, pending, destroyed, bytesRead, bytesWritten, readableLength, writableLength, writableNeedDrain } = socket;
    stage.note(actor, {
      readyState,
      pending,
      destroyed,
      bytesRead,
      bytesWritten,
      readableLength,
      writableLength,
      writableNeedDrain,
    });
  },
};
const names = Object.keys(deeds);
/** Those that leave the connection open come more often. */
const likely = [...names, "write", "write", "write", "write more", "pause", "resume", "resume", "look", "look", "look"];

/** Ten deeds at either end, with time in between for what follows from each; everything from `seed`. */
async function life(place: Place, seed: number): Promise<Diary> {
  const stage = new Stage(place);
  const draw = (n: number, i: number): number => spread(seed * 1000 + i) % n;
  try {
    const halfOpen = draw(2, 1) === 1;
    const { client, peer } = await stage.pair({
      server: { allowHalfOpen: halfOpen },
      client: { allowHalfOpen: draw(2, 2) === 1 },
    });
    for (const socket of [client, peer]) socket.setNoDelay();
    await turns(30);
    for (let i = 0; i < 10; i++) {
      const [actor, socket] = draw(2, 10 * i + 3) ? (["client", client] as const) : (["peer", peer] as const);
      const name = likely[draw(likely.length, 10 * i + 4)];
      stage.note(actor, `-- ${name}`);
      deeds[name](stage, actor, socket, i);
      await turns(60);
    }
    await stage.settle();
    return structuredClone(stage.diary);
  } finally {
    stage.leave();
  }
}

describe("node:net and createNet tell the same of random lives", () => {
  test.each(Array.from({ length: 50 }, (_, i) => i + 1))("seed %i", async (seed) => {
    const theirs = await life(reference, seed);
    const { near, far, host } = await boards();
    expect(await life({ near, far, host, nobody: "10.0.0.1" }, seed)).toEqual(theirs);
  });
});
