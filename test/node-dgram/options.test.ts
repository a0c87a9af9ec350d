import { describe } from "vitest";
import { same } from "./pair";

type Loose = (...args: unknown[]) => unknown;

describe("createDgram as node:dgram: options", () => {
  same("setTTL: its range, and what it returns", async (log) => {
    const socket = await log.bound("socket");
    for (const ttl of [1, 64, 255, 0, 256, -1]) log.call(`setTTL ${ttl}`, () => socket.setTTL(ttl));
    log.call("setTTL text", () => (socket.setTTL as Loose).call(socket, "1"));
  });

  same("sizes of buffers: what is asked for is there, what is none is refused", async (log) => {
    const socket = await log.bound("socket", { type: "udp4", recvBufferSize: 8192, sendBufferSize: 8192 });
    log.add("at least", socket.getRecvBufferSize() >= 8192);
    log.call("set", () => socket.setRecvBufferSize(30_000));
    log.add("at least", socket.getRecvBufferSize() >= 30_000);
    log.call("set", () => socket.setSendBufferSize(1000));
    log.add("at least", socket.getSendBufferSize() >= 1000);
    for (const size of [-1, 1.5, Infinity, "1000", undefined]) {
      log.call("receive", () => (socket.setRecvBufferSize as Loose).call(socket, size));
      log.call("send", () => (socket.setSendBufferSize as Loose).call(socket, size));
    }
  });
});
