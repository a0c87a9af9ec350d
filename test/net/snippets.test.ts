import { expect, test } from "vitest";
import { SOCK_DGRAM, Socket, VirtualClock, wire } from "../../host/node/index";
import { homes } from "./snippets";

test("the program of docs/network.md: each network, and what lies behind the second, by its interface", async () => {
  const clock = new VirtualClock();
  const [uplink] = wire({ clock });
  const [backbone] = wire({ clock });
  const board = await homes(clock, uplink, backbone);
  const sources: string[] = [];
  for (const address of ["10.0.0.9", "192.168.5.9", "172.16.1.1", "8.8.8.8"]) {
    const socket = new Socket(board, undefined, SOCK_DGRAM);
    await socket.connect({ address, port: 9 });
    sources.push(socket.getSockName().address);
  }
  expect(sources).toEqual(["10.0.0.2", "192.168.5.2", "192.168.5.2", "10.0.0.2"]);
  const other = new Socket(board);
  other.bind({ address: "192.168.5.3", port: 80 });
  expect(other.getSockName()).toEqual({ address: "192.168.5.3", port: 80 });
  board.close();
});
