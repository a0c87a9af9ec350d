import { expect, test } from "vitest";
import { pattern } from "../support/packet";
import { active, connecting, PORT } from "../support/states";
import { world } from "../support/world";

// RFC 6691, the MSS option

test.each([1500, 1400, 576])("6691-1: with an MTU of %i it is 40 less, options or not", async (mtu) => {
  const w = await world({ knobs: { CONFIG_MTU: mtu } });
  w.board.listen(PORT);
  const peer = w.peer();
  expect(connecting(w, { peer }).flow.expect({ flags: "S" }).mss).toBe(mtu - 40);
  const offers = [{}, { wscale: 2 }, { sackPermitted: true }, { timestamps: [1, 0] as [number, number] }];
  for (const offer of offers) {
    expect(
      peer
        .flow({ to: PORT })
        .send({ flags: "S", ...offer })
        .expect({ flags: "SA" }).mss,
    ).toBe(mtu - 40);
  }
});

test.each([
  [1460, 1448],
  [1000, 988],
  [536, 524],
])("6691-2, 6691-5: MSS %i and timestamps: %i octets of text beside the option", async (mss, text) => {
  const w = await world({ profile: "host" });
  const { flow, fd } = active(w, { mss, flow: { stamps: 1000 } });
  w.board.send(fd, pattern(3 * text));
  const heard = flow.drain(20);
  expect(heard.map(({ len }) => len)).toEqual([text, text, text]);
  expect(heard.every(({ options }) => options.length === 12)).toBe(true);
});

test("6691-2, 6691-5: MTU 1500, timestamps on both sides: 1460 announced, datagrams of 1500", async () => {
  const w = await world({ profile: "host" });
  const { flow, fd, peer } = active(w, { flow: { stamps: 7 } });
  w.board.send(fd, pattern(5000));
  w.run(20);
  const sizes = w.ladder.sightings.filter(({ packet }) => packet.ip?.dst === peer.ip).map(({ packet }) => packet.ip!.totalLength);
  expect(Math.max(...sizes)).toBe(1500);
  flow.drain(0);
});

test("6691-3: no option from the peer: 536 octets, options included", async () => {
  const w = await world({ profile: "host" });
  const plain = connecting(w);
  plain.flow.accept({});
  w.board.send(plain.fd, pattern(1072));
  expect(plain.flow.drain(20).map(({ len }) => len)).toEqual([536, 536]);
  const stamped = connecting(w, { peer: plain.peer, flow: { stamps: 5 } });
  stamped.flow.accept({});
  w.board.send(stamped.fd, pattern(1048));
  expect(stamped.flow.drain(20).map(({ len }) => len)).toEqual([524, 524]);
});

test("6691-4: what is announced is the whole of the interface, so that the path decides, not we", async () => {
  const w = await world();
  const { flow } = connecting(w);
  expect(flow.expect({ flags: "S" }).mss).toBe(1460);
});
