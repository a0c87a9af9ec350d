import type { Socket } from "node:dgram";
import { describe } from "vitest";
import { type Log, same, turns } from "./pair";

const GROUP = "239.7.7.7";
const OTHER = "239.7.7.8";
type Loose = (...args: unknown[]) => unknown;

/** A socket at every address, whose datagrams to groups stay on the interface both modules have. */
async function member(log: Log, name: string): Promise<Socket> {
  const socket = log.socket({ type: "udp4", reuseAddr: true });
  await new Promise<void>((resolve) => socket.bind(0, resolve));
  log.port(socket, name);
  socket.setMulticastInterface(log.own);
  return socket;
}

describe("createDgram as node:dgram: groups", () => {
  same("setMulticastTTL, setMulticastLoopback: their ranges, and what they return", async (log) => {
    const socket = await log.bound("socket");
    for (const ttl of [0, 1, 255, 256, -1]) log.call(`setMulticastTTL ${ttl}`, () => socket.setMulticastTTL(ttl));
    for (const on of [true, false, 1, 0, 300])
      log.call(`setMulticastLoopback ${on}`, () => (socket.setMulticastLoopback as Loose).call(socket, on));
    log.call("setMulticastTTL nothing", () => (socket.setMulticastTTL as Loose).call(socket, undefined));
    log.call("setMulticastInterface number", () => (socket.setMulticastInterface as Loose).call(socket, 5));
  });

  same("what is no group, no interface, no member is refused", async (log) => {
    const socket = await log.bound("socket");
    const add = (socket.addMembership as Loose).bind(socket);
    const drop = (socket.dropMembership as Loose).bind(socket);
    log.call("nothing", () => add());
    log.call("nothing", () => drop());
    log.call("no group", () => add("10.0.0.1", log.own));
    log.call("no address", () => add("group"));
    log.call("not a member", () => drop(GROUP, log.own));
    log.call("not ours", () => add(GROUP, "192.0.2.1"));
    log.call("a member", () => add(GROUP, log.own));
    log.call("a member already", () => add(GROUP, log.own));
    log.call("no member any more", () => drop(GROUP, log.own));
    log.call("not a member", () => drop(GROUP, log.own));
    log.call("no interface", () => socket.setMulticastInterface("interface"));
    log.call("an interface that is not ours", () => socket.setMulticastInterface("192.0.2.1"));
    log.call("any interface", () => socket.setMulticastInterface("0.0.0.0"));
    log.call("no source", () => (socket.addSourceSpecificMembership as Loose).call(socket, 5, "232.0.0.1"));
    log.call("no group of a source", () => (socket.dropSourceSpecificMembership as Loose).call(socket, log.own, undefined));
  });

  same("members hear what is sent to their group, until they leave it", async (log) => {
    const socket = await member(log, "member");
    const { port } = socket.address();
    log.watch("member", socket, "message");
    socket.addMembership(GROUP, log.own);
    const sender = await member(log, "sender");
    sender.send("to the group", port, GROUP, (...results) => log.add("sent", ...results));
    await turns();
    sender.send("to another group", port, OTHER);
    await turns();
    socket.dropMembership(GROUP, log.own);
    sender.send("too late", port, GROUP);
    await turns();
  });

  same("two members with one port both hear it, the sender itself among them", async (log) => {
    const first = await member(log, "port");
    const { port } = first.address();
    const second = log.socket({ type: "udp4", reuseAddr: true });
    await new Promise<void>((resolve) => second.bind(port, resolve));
    const heard: string[] = [];
    for (const [i, socket] of [first, second].entries()) {
      socket.addMembership(GROUP, log.own);
      socket.on("message", (message) => heard.push(`${i} ${message.toString()}`));
    }
    first.send("to both", port, GROUP);
    await turns();
    log.add(heard.sort());
  });

  same("joining binds", async (log) => {
    const socket = log.socket();
    log.watch("socket", socket, "error");
    log.call("join", () => socket.addMembership(GROUP, log.own));
    log.call("address", () => socket.address().address);
    log.add("has a port", socket.address().port > 0);
  });
});
