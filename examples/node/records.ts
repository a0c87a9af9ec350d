/**
 * Records over TCP with SOCK_SEQPACKET: each `send` arrives as one `recv`, however the network cuts the stream, so nobody has to find
 * the borders of messages again ("sticky packets"). On the wire a record is its length, four octets, and its octets.
 *
 *     npx tsx examples/node/records.ts
 */
import { type Address, AF_INET, type Board, SO_REUSEADDR, SOCK_SEQPACKET, Socket, SOL_SOCKET } from "sandwire";
import { boards, run } from "./lab";

interface Order {
  add: [number, number];
}

const LONGEST = 65536;

/** An adding machine: every record is a question in JSON, every answer a record. Serves until the board is switched off. */
export async function serveSums(board: Board, port: number): Promise<void> {
  const listener = new Socket(board, AF_INET, SOCK_SEQPACKET);
  listener.setSockOpt(SOL_SOCKET, SO_REUSEADDR, 1);
  listener.bind({ address: "0.0.0.0", port });
  listener.listen();
  for await (const [client] of listener) void serveClient(client);
}

async function serveClient(client: Socket): Promise<void> {
  try {
    for (let record = await client.recv(LONGEST); record.length > 0; record = await client.recv(LONGEST)) {
      const { add } = JSON.parse(Buffer.from(record).toString()) as Order;
      await client.send(JSON.stringify({ sum: add[0] + add[1] }));
    }
  } finally {
    await client.close();
  }
}

/** The sums of the pairs: all questions are sent at once, and each answer is a whole one. */
export async function sums(board: Board, to: Address, pairs: [number, number][]): Promise<number[]> {
  const socket = new Socket(board, AF_INET, SOCK_SEQPACKET);
  try {
    await socket.connect(to);
    for (const add of pairs) await socket.send(JSON.stringify({ add } satisfies Order));
    const answers: number[] = [];
    while (answers.length < pairs.length) {
      const { sum } = JSON.parse(Buffer.from(await socket.recv(LONGEST)).toString()) as { sum: number };
      answers.push(sum);
    }
    return answers;
  } finally {
    await socket.close();
  }
}

run(import.meta.url, async () => {
  const [client, server] = await boards(2);
  void serveSums(server, 7100);
  const pairs: [number, number][] = [
    [1, 2],
    [20, 22],
    [999_999, 1],
  ];
  const answers = await sums(client, { address: "10.0.0.3", port: 7100 }, pairs);
  pairs.forEach(([a, b], i) => console.log(`${a} + ${b} = ${answers[i]}`));
});
