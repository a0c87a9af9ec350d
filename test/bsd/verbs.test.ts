import { describe, expect, it } from "vitest";
import {
  AF_INET,
  AF_UNIX,
  createConnection,
  createServer,
  Errno,
  FIONREAD,
  IPPROTO_TCP,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_TYPE,
  Socket,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_CONGESTION,
  TCP_NODELAY,
} from "../../host/node/bsd/index";
import { connected, datagrams, listening, pair, pattern, rejection, text } from "./pair";

describe("BSD verbs: a connection", () => {
  it("socket, bind, listen, accept, connect, send, recv, shutdown, close", async () => {
    const p = await pair();
    const listener = listening(p, 80);
    const near = new Socket(p.client, AF_INET, SOCK_STREAM);
    const accepting = listener.accept();
    await p.settle(near.connect(p.at(80)));
    const [far, from] = await p.settle(accepting);
    expect(from).toEqual(near.getSockName());
    expect(near.getPeerName()).toEqual(p.at(80));
    expect(await p.settle(near.send("hello"))).toBe(5);
    expect(text(await p.settle(far.recv(100)))).toBe("hello");
    near.shutdown(1);
    expect(await p.settle(far.recv(100))).toHaveLength(0);
    expect(await p.settle(far.recv(100))).toHaveLength(0);
    await p.settle(far.sendAll("bye"));
    expect(text(await p.settle(near.recv(100)))).toBe("bye");
    await far.close();
    expect(await p.settle(near.recv(1))).toHaveLength(0);
    await near.close();
    await listener.close();
    p.w.run(240_000);
    for (const { board } of p.w.stations) expect(board.sockets()).toEqual([]);
  });

  it("accept gives the peer's address, and connections in the order they came", async () => {
    const p = await pair();
    const listener = listening(p);
    const clients = [new Socket(p.client), new Socket(p.client), new Socket(p.client)];
    for (const client of clients) await p.settle(client.connect(p.at(80)));
    for (const client of clients) expect((await p.settle(listener.accept()))[1]).toEqual(client.getSockName());
  });

  it("for await accepts until the socket is closed", async () => {
    const p = await pair();
    const listener = listening(p);
    const ports: number[] = [];
    const serving = (async () => {
      for await (const [socket, { port }] of listener) {
        ports.push(port);
        await socket.close();
      }
    })();
    const clients = [new Socket(p.client), new Socket(p.client)];
    for (const client of clients) await p.settle(client.connect(p.at(80)));
    p.w.run(100);
    await p.settle(Promise.resolve());
    await listener.close();
    await p.settle(serving);
    expect(ports).toEqual(clients.map((client) => client.getSockName().port));
  });

  it("sendAll moves more than all buffers hold, recvInto fills a buffer of the caller's", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    const sending = near.sendAll(pattern(20_000));
    const buffer = new Uint8Array(20_000);
    for (let got = 0; got < buffer.length;) got += await p.settle(far.recvInto(buffer.subarray(got)));
    await p.settle(sending);
    expect(buffer).toEqual(pattern(20_000));
  });

  it("recv gives what is there, also where it lies around the end of the ring", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    for (let round = 0; round < 9; round++) {
      await p.settle(near.sendAll(pattern(700)));
      p.w.run(500);
      expect(await p.settle(far.recv(10_000))).toEqual(pattern(700));
    }
  });

  it("connectEx answers 0 or the errno, connect throws it", async () => {
    const p = await pair();
    listening(p);
    const socket = new Socket(p.client);
    expect(await p.settle(socket.connectEx(p.at(81)))).toBe(Errno.ECONNREFUSED);
    expect(await p.settle(rejection(socket.connect(p.at(81))))).toMatchObject({
      code: "ECONNREFUSED",
      errno: -111,
      syscall: "connect",
      address: "10.0.0.2",
      port: 81,
      message: "connect ECONNREFUSED 10.0.0.2:81",
    });
    expect(await p.settle(socket.connectEx(p.at(80)))).toBe(0);
    expect(await p.settle(socket.connectEx(p.at(80)))).toBe(Errno.EISCONN);
  });

  it("a peer that never answers: ETIMEDOUT after the retries", async () => {
    const p = await pair();
    p.server.linkUp(false);
    const socket = new Socket(p.client);
    p.client.exports.arp_set(0x0a000002, p.client.exports.mac(0) + 32);
    expect(await p.settle(rejection(socket.connect(p.at(80))))).toMatchObject({ code: "ETIMEDOUT", syscall: "connect" });
  });

  it("data sent during the handshake travels with the third segment, and connect completes though the buffer is full", async () => {
    const p = await pair();
    const listener = listening(p);
    const near = new Socket(p.client);
    const connecting = near.connect(p.at(80));
    const sending = near.sendAll(pattern(5000));
    await p.settle(connecting);
    const [far] = await p.settle(listener.accept());
    let got = 0;
    while (got < 5000) got += (await p.settle(far.recv(5000))).length;
    await p.settle(sending);
  });

  it("createServer and createConnection do it in one call, and leave nothing behind when they fail", async () => {
    const p = await pair();
    const server = createServer(p.server, { address: "0.0.0.0", port: 0 });
    const near = await p.settle(
      createConnection(p.client, p.at(server.getSockName().port), { source: { address: "0.0.0.0", port: 5000 } }),
    );
    expect(near.getSockName()).toEqual({ address: "10.0.0.1", port: 5000 });
    expect(await p.settle(rejection(createConnection(p.client, p.at(9))))).toMatchObject({ code: "ECONNREFUSED" });
    expect(() => createServer(p.server, server.getSockName())).toThrow("bind EADDRINUSE");
    expect([p.client.sockets().length, p.server.sockets().length]).toEqual([1, 2]);
  });
});

describe("BSD verbs: datagrams", () => {
  it("sendTo and recvFrom: whole datagrams, and who sent them", async () => {
    const p = await pair();
    const { near, far } = await datagrams(p);
    expect(await p.settle(near.sendTo("one", p.at(7)))).toBe(3);
    const [data, from] = await p.settle(far.recvFrom(100));
    expect([text(data), from]).toEqual(["one", { address: "10.0.0.1", port: near.getSockName().port }]);
    await p.settle(far.sendTo("two", from));
    const buffer = new Uint8Array(10);
    expect(await p.settle(near.recvFromInto(buffer))).toEqual([3, p.at(7)]);
    expect(text(buffer.subarray(0, 3))).toBe("two");
  });

  it("connected: send and recv, ECONNREFUSED from ICMP", async () => {
    const p = await pair();
    const { near, far } = await datagrams(p);
    await near.connect(p.at(7));
    expect(near.getPeerName()).toEqual(p.at(7));
    await p.settle(near.send("x"));
    expect(text(await p.settle(far.recv(9)))).toBe("x");
    await near.connect(p.at(9));
    await p.settle(near.send("anybody?"));
    expect(await p.settle(rejection(near.recv(9)))).toMatchObject({ code: "ECONNREFUSED", syscall: "recvfrom" });
  });

  it("EDESTADDRREQ without a peer, EMSGSIZE for more than a datagram holds", async () => {
    const p = await pair();
    const { near } = await datagrams(p);
    expect(await p.settle(rejection(near.send("x")))).toMatchObject({ code: "EDESTADDRREQ", syscall: "send" });
    const far = p.at(7);
    expect(await p.settle(rejection(near.sendTo(pattern(70_000), far)))).toMatchObject({ code: "EMSGSIZE", syscall: "sendto" });
  });

  it("recvMsg says whether the datagram fitted, and how long it was", async () => {
    const p = await pair();
    const { near, far } = await datagrams(p);
    await p.settle(near.sendTo("0123456789", p.at(7)));
    expect(await p.settle(far.recvMsg(4))).toMatchObject({ length: 10, flags: 0x20, address: { port: near.getSockName().port } });
    await p.settle(near.sendTo("", p.at(7)));
    expect(await p.settle(far.recvMsg(4))).toMatchObject({ data: new Uint8Array(0), length: 0, flags: 0 });
  });
});

describe("BSD verbs: options and names", () => {
  it("getSockOpt and setSockOpt take numbers, several numbers, and octets", async () => {
    const p = await pair();
    const socket = new Socket(p.client);
    expect(socket.getSockOpt(SOL_SOCKET, SO_TYPE)).toBe(SOCK_STREAM);
    socket.setSockOpt(IPPROTO_TCP, TCP_NODELAY, 1);
    expect(socket.getSockOpt(IPPROTO_TCP, TCP_NODELAY)).toBe(1);
    socket.setSockOpt(SOL_SOCKET, SO_LINGER, [1, 5]);
    expect([...socket.getSockOpt(SOL_SOCKET, SO_LINGER, 8)]).toEqual([1, 0, 0, 0, 5, 0, 0, 0]);
    socket.setSockOpt(IPPROTO_TCP, TCP_CONGESTION, Buffer.from("reno"));
    expect(text(socket.getSockOpt(IPPROTO_TCP, TCP_CONGESTION, 16)).replaceAll("\0", "")).toBe("reno");
    expect(() => socket.getSockOpt(SOL_SOCKET, 9999)).toThrow("getsockopt ENOPROTOOPT");
    expect(() => socket.setSockOpt(9999, SO_KEEPALIVE, 1)).toThrow("setsockopt ENOPROTOOPT");
  });

  it("ioctl answers FIONREAD", async () => {
    const p = await pair();
    const { near, far } = await connected(p);
    await p.settle(near.sendAll("12345"));
    p.w.run(100);
    expect(far.ioctl(FIONREAD)).toBe(5);
  });

  it("a socket the module does not have is refused as socket(2) does", async () => {
    const p = await pair();
    expect(() => new Socket(p.client, 10)).toThrow("socket EAFNOSUPPORT");
    expect(() => new Socket(p.client, AF_INET, SOCK_DGRAM, 6)).toThrow("socket EPROTONOSUPPORT");
    expect(() => new Socket(p.client, AF_UNIX, 77)).toThrow("socket E");
  });

  it("getPeerName without a peer: ENOTCONN; every call after close: EBADF", async () => {
    const p = await pair();
    const socket = new Socket(p.client);
    expect(() => socket.getPeerName()).toThrow("getpeername ENOTCONN");
    await socket.close();
    await socket.close();
    expect(socket.fd).toBe(-1);
    expect(() => socket.getSockName()).toThrow("getsockname EBADF");
    expect(() => socket.listen()).toThrow("listen EBADF");
    for (const call of [socket.recv(1), socket.send("x"), socket.accept(), socket.connect(p.at(80))]) {
      expect(await rejection(call)).toMatchObject({ code: "EBADF", errno: -9 });
    }
  });
});
