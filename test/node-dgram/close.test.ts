import { once } from "node:events";
import { describe } from "vitest";
import { same, turns } from "./pair";

const HERE = "127.0.0.1";

describe("createDgram as node:dgram: closing", () => {
  same("'close' comes after close has returned, once", async (log) => {
    const socket = await log.bound("socket");
    log.watch("socket", socket, "close");
    log.add("close returns", socket.close(() => log.add("callback")) === socket);
    process.nextTick(() => log.add("next tick"));
    await turns();
  });

  same("a socket that was never bound closes too", async (log) => {
    const socket = log.socket();
    log.watch("socket", socket, "close", "error", "listening");
    socket.close();
    await turns();
  });

  same("a closed socket throws ERR_SOCKET_DGRAM_NOT_RUNNING", async (log) => {
    const socket = await log.bound("socket");
    socket.close();
    log.call("close", () => socket.close());
    log.call("close with a callback", () => socket.close(() => log.add("the callback hears the first 'close'")));
    log.call("bind", () => socket.bind(0));
    log.call("send", () => socket.send("x", 4000, HERE));
    log.call("address", () => socket.address());
    log.call("remoteAddress", () => socket.remoteAddress());
    log.call("addMembership", () => socket.addMembership("224.0.0.114"));
    log.call("setMulticastInterface", () => socket.setMulticastInterface(HERE));
    log.call("disconnect", () => socket.disconnect());
    log.call("ref", () => socket.ref() === socket && socket.unref() === socket);
    await turns();
  });

  same("closed while it is being bound: nobody hears 'listening'", async (log) => {
    const socket = log.socket();
    log.watch("socket", socket, "listening", "close", "error");
    socket.bind(0, HERE, () => log.add("never"));
    socket.close();
    await turns();
  });

  same("close behind send: the datagram goes out first", async (log) => {
    const server = await log.bound("server");
    server.on("message", (message) => log.add("server", message));
    const client = log.socket();
    log.watch("client", client, "listening", "close");
    client.send("last words", server.address().port, HERE, (...results) => log.add("sent", ...results));
    client.close(() => log.add("callback"));
    await turns();
  });

  same("closed within 'message': that was the last one", async (log) => {
    const server = await log.bound("server");
    const client = await log.bound("client");
    log.watch("server", server, "close");
    server.on("message", (message) => {
      log.add("server", message);
      server.close();
    });
    for (const word of ["one", "two", "three"]) client.send(word, server.address().port, HERE);
    await turns();
  });

  same("closed within the callback of send", async (log) => {
    const server = await log.bound("server");
    const client = await log.bound("client");
    log.watch("client", client, "close");
    server.on("message", (message) => log.add("server", message));
    client.send("one", server.address().port, HERE, () => client.close());
    await turns();
  });

  same("an AbortSignal closes it", async (log) => {
    const control = new AbortController();
    const socket = log.socket({ type: "udp4", signal: control.signal });
    log.watch("socket", socket, "close", "error");
    await new Promise<void>((resolve) => socket.bind(0, HERE, resolve));
    control.abort();
    log.call("address", () => socket.address());
    control.abort();
    await turns();
  });

  same("a signal that has aborted already closes it at once", async (log) => {
    const socket = log.socket({ type: "udp4", signal: AbortSignal.abort() });
    log.watch("socket", socket, "close", "error");
    log.call("bind", () => socket.bind(0));
    await turns();
  });

  same("a signal that aborts behind the end changes nothing", async (log) => {
    const control = new AbortController();
    const socket = log.socket({ type: "udp4", signal: control.signal });
    log.watch("socket", socket, "close", "error");
    socket.close();
    await once(socket, "close");
    control.abort();
    await turns();
  });

  same("Symbol.asyncDispose closes it", async (log) => {
    const socket = await log.bound("socket");
    log.watch("socket", socket, "close");
    await socket[Symbol.asyncDispose]();
    log.call("address", () => socket.address());
    await socket[Symbol.asyncDispose]();
  });

  same("the port is free again at once", async (log) => {
    const first = await log.bound("P");
    const { port } = first.address();
    first.close();
    const second = log.socket();
    log.watch("second", second, "listening", "error");
    second.bind(port, HERE);
    await turns();
  });
});
