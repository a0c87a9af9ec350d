import { Counter, Drop, SocketRecord } from "../abi";
import { SND_BUF } from "../config";
import { describe } from "../socket/listing";
import { dropped, statsAt } from "../stats";
import { Client, Flag } from "./http_client";
import { nextWord } from "./static";

/**
 * The two lists of the status page, item by item: the counters that are not 0, and the rows of the socket listing. Where a client is
 * in its list stands in its record: `item` and `cursor`.
 */
export const enum List {
  Counters = 67, // "C"
  Sockets = 83, // "S"
}

/**
 * Where memory is short, the names are too long: of the reasons for drops their sum is shown, of the counters the first, which tell of
 * the traffic.
 */
const SUMMED: bool = SND_BUF < 2048;
const DROPS: usize = SUMMED ? words("Drops") : namesOf(Drop);
const COUNTERS: usize = SUMMED
  ? words(
      "FramesIn",
      "FramesOut",
      "OctetsIn",
      "OctetsOut",
      "ArpRequestsOut",
      "ArpRepliesOut",
      "IpIn",
      "IpOut",
      "IcmpIn",
      "IcmpOut",
      "IcmpEchoReplies",
      "UdpIn",
      "UdpOut",
      "UdpNoChecksum",
      "TcpIn",
      "TcpOut",
    )
  : namesOf(Counter);
const SHOWN: u32 = Drop.count + (SUMMED ? Counter.TcpOctetsIn : Counter.count);
/** `item` in the socket listing, where `cursor` is the row. Otherwise `item` is the counter and `cursor` its name. */
const ROW: u32 = 0xffff;

const row = memory.data(SocketRecord.size, 4);
const rowAfter = memory.data(4, 4);

/** The row shown: a SocketRecord. */
// prettier-ignore
@inline export function rowAt(): usize { return row; }

/** The counter shown. */
export function counter(client: Client): u32 {
  const item = client.item;
  if (!SUMMED || item > 0) return load<u32>(statsAt() + ((<usize>item) << 2));
  let sum: u32 = 0;
  for (let why = 1; why < Drop.count; why++) sum += dropped(why);
  return sum;
}

/** Begin a list. False when it is empty. */
export function enterList(client: Client, list: u32): bool {
  const sockets = list == List.Sockets;
  client.mark(Flag.First);
  client.item = sockets ? ROW : 0;
  client.cursor = sockets ? 0 : <u32>DROPS;
  return sockets ? fetchRow(client) : fetchCounter(client);
}

/** Go on to the next item. False when there is none. */
export function nextItem(client: Client): bool {
  if (client.item == ROW) {
    client.cursor = load<u32>(rowAfter);
    return fetchRow(client);
  }
  stepCounter(client);
  return fetchCounter(client);
}

/** Other clients were served in between: fetch again what is kept only once. A row that has gone meanwhile is shown empty. */
export function reloadItem(client: Client): void {
  if (client.item == ROW && !fetchRow(client)) memory.fill(row, 0, SocketRecord.size);
}

function fetchRow(client: Client): bool {
  const after = describe(client.cursor, row);
  store<i32>(rowAfter, after);
  return after >= 0;
}

function stepCounter(client: Client): void {
  client.item = SUMMED && client.item == 0 ? Drop.count : client.item + 1;
  client.cursor = <u32>(client.item == Drop.count ? COUNTERS : nextWord(client.cursor));
}

/** From this counter on, the first that is not 0. */
function fetchCounter(client: Client): bool {
  while (client.item < SHOWN) {
    if (counter(client) != 0) return true;
    stepCounter(client);
  }
  return false;
}
