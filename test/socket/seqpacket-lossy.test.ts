import { expect, test } from "vitest";
import { AF_INET, SOCK_SEQPACKET, Socket } from "../../host/node/bsd/index";
import { pair, pattern } from "./pair";
test.each([1, 2, 3, 4])(
  "SOCK_SEQPACKET: records of up to 60,000 octets, whole and in order, over a wire that loses, reorders and duplicates, seed %i",
  async (seed) => {
    const p = await pair({ profile: "host", seed, faults: { loss: 0.03, reordering: 0.05, duplication: 0.02 } });
    const listener = new Socket(p.server, AF_INET, SOCK_SEQPACKET);
    listener.bind({ address: "0.0.0.0", port: 7100 });
    listener.listen();
    const sizes = Array.from({ length: 60 }, (_, i) => (i * 7919 * seed) % 60_000);
    const receive = async (): Promise<Buffer[]> => {
      const [far] = await listener.accept();
      const all: Buffer[] = [];
      for (let i = 0; i < sizes.length; i++) all.push(Buffer.from(await far.recv(65_000)));
      await far.close();
      return all;
    };
    const send = async (): Promise<void> => {
      const near = new Socket(p.client, AF_INET, SOCK_SEQPACKET);
      await near.connect({ address: "10.0.0.2", port: 7100 });
      for (const size of sizes) await near.send(pattern(size));
      await near.close();
    };
    const sending = send();
    const records = await p.settle(receive(), 600_000);
    await p.settle(sending);
    expect(records.map((record) => record.length)).toEqual(sizes);
    expect(records.every((record, i) => record.equals(Buffer.from(pattern(sizes[i]))))).toBe(true);
    p.w.close();
  },
);
