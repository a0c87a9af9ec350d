/**
 * Two boards and a cable, all inside this process. On one a server, on the other a client, both written as for `node:net`: what that
 * module does with the machine's network, `createNet` does with a board's.
 */
import { Board, RealClock, wire } from "sandwire";
import { createNet } from "sandwire/net";

const clock = new RealClock();
const [left, right] = wire({ clock });
const near = await Board.create({ clock, address: "10.0.0.1/24" });
const far = await Board.create({ clock, address: "10.0.0.2/24" });
near.attach(left);
far.attach(right);

const server = createNet(far).createServer((socket) => {
  socket.end(`Hello, ${String(socket.remoteAddress)}\n`);
});
server.listen(7000, () => {
  const socket = createNet(near).connect(7000, "10.0.0.2");
  socket.setEncoding("utf8");
  socket.on("data", (text) => process.stdout.write(String(text)));
  socket.on("close", () => server.close(stop));
});

function stop(): void {
  near.close();
  far.close();
}
