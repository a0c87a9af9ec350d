import { describe, expect, it } from "vitest";
import {
  AF_INET,
  ICMP_FILTER,
  inetAton,
  inetNtoa,
  IP_HDRINCL,
  IPPROTO_ICMP,
  IPPROTO_IP,
  IPPROTO_RAW,
  SO_PROTOCOL,
  Socket,
  SOCK_RAW,
  SOL_RAW,
  SOL_SOCKET,
} from "../../host/node/bsd/index";
import { checksum } from "../support/packet";
import { pair, rejection } from "./pair";

/** An echo request: type 8, its checksum, identifier 7, sequence number 1. */
function echoRequest(): Uint8Array {
  const message = Uint8Array.of(8, 0, 0, 0, 0, 7, 0, 1, ...Buffer.from("ping"));
  new DataView(message.buffer).setUint16(2, checksum(message));
  return message;
}

describe("Kinds: SOCK_RAW", () => {
  it("a ping: the reply comes with its IP header, and who sent it", async () => {
    const p = await pair({ profile: "host" });
    const socket = new Socket(p.client, AF_INET, SOCK_RAW, IPPROTO_ICMP);
    expect([socket.protocol, socket.getSockOpt(SOL_SOCKET, SO_PROTOCOL)]).toEqual([IPPROTO_ICMP, IPPROTO_ICMP]);
    expect(await p.settle(socket.sendTo(echoRequest(), { address: "10.0.0.2", port: 0 }))).toBe(12);
    const [datagram, from] = await p.settle(socket.recvFrom(1500));
    expect(from).toEqual({ address: "10.0.0.2", port: 0 });
    expect([inetNtoa(datagram.subarray(12, 16)), inetNtoa(datagram.subarray(16, 20))]).toEqual(["10.0.0.2", "10.0.0.1"]);
    expect([datagram[20], Buffer.from(datagram.subarray(28)).toString()]).toEqual([0, "ping"]);
  });

  it("connected it hears one peer; ICMP_FILTER leaves types out", async () => {
    const p = await pair({ profile: "host" });
    const socket = new Socket(p.client, AF_INET, SOCK_RAW, IPPROTO_ICMP);
    await socket.connect({ address: "10.0.0.2", port: 0 });
    socket.setSockOpt(SOL_RAW, ICMP_FILTER, 1 << 0);
    expect(socket.getSockOpt(SOL_RAW, ICMP_FILTER)).toBe(1);
    await p.settle(socket.send(echoRequest()));
    socket.setTimeout(1000);
    expect(await p.settle(rejection(socket.recv(1500)))).toMatchObject({ code: "ETIMEDOUT" });
    socket.setSockOpt(SOL_RAW, ICMP_FILTER, 0);
    await p.settle(socket.send(echoRequest()));
    expect((await p.settle(socket.recv(1500)))[20]).toBe(0);
  });

  it("IP_HDRINCL: what is sent begins with the header", async () => {
    const p = await pair({ profile: "host" });
    const socket = new Socket(p.client, AF_INET, SOCK_RAW, IPPROTO_RAW);
    expect(socket.getSockOpt(IPPROTO_IP, IP_HDRINCL)).toBe(1);
    const hearer = new Socket(p.client, AF_INET, SOCK_RAW, IPPROTO_ICMP);
    const body = echoRequest();
    const header = Uint8Array.of(
      0x45,
      0,
      0,
      20 + body.length,
      0,
      0,
      0,
      0,
      9,
      1,
      0,
      0,
      ...inetAton("10.0.0.1"),
      ...inetAton("10.0.0.2"),
    );
    await p.settle(socket.sendTo(Buffer.concat([header, body]), { address: "10.0.0.2", port: 0 }));
    expect((await p.settle(hearer.recv(1500)))[20]).toBe(0);
    expect(p.client.sockets().map(({ protocol }) => protocol)).toEqual(["raw", "raw"]);
  });
});
