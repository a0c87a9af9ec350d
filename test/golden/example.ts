import { Board, connect, faulty, listen, VirtualClock, wire } from "../../host/node/index";

/** Two boards, a cable that loses every tenth frame, and ten virtual minutes; the program that docs/writing-an-application.md shows. */
export async function twoBoards(): Promise<string> {
  const clock = new VirtualClock();
  const [left, right] = wire({ clock, latency: 5 });
  const server = await Board.create({ clock, seed: 1, address: "10.0.0.2/24" });
  const client = await Board.create({ clock, seed: 2, address: "10.0.0.1/24" });
  server.attach(left);
  client.attach(faulty(right, { clock, seed: 3, sending: { loss: 0.1 }, receiving: { loss: 0.1 } }));

  async function greet(): Promise<void> {
    for await (const socket of listen(server, { port: 7000 })) {
      await socket.write("Hello from Sandwire\r\n");
      await socket.end();
    }
  }

  async function visit(): Promise<string> {
    const socket = await connect(client, { host: "10.0.0.2", port: 7000 });
    let text = "";
    for await (const chunk of socket) text += Buffer.from(chunk).toString();
    await socket.end();
    return text;
  }

  void greet();
  return clock.settle(visit(), 600_000);
}
