/** A question and an answer in datagrams between two boards, both ends written as for `node:dgram`. */
import { Board, RealClock, wire } from "sandwire";
import { createDgram } from "sandwire/dgram";

const clock = new RealClock();
const [left, right] = wire({ clock });
const near = await Board.create({ clock, address: "10.0.0.1/24" });
const far = await Board.create({ clock, address: "10.0.0.2/24" });
near.attach(left);
far.attach(right);

const server = createDgram(far).createSocket("udp4", (question, from) => {
  server.send(`${question.toString()} It is ${new Date(0).toISOString()}.\n`, from.port, from.address);
});
const client = createDgram(near).createSocket("udp4", (answer) => {
  process.stdout.write(answer);
  client.close();
  server.close();
});
server.bind(37, () => client.send("What time is it?", 37, "10.0.0.2"));
