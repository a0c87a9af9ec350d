import { AddressRecord, Counter, Drop, Owner, Protocol, SocketRecord, SocketRow, State } from "../abi";
import { getsockname } from "../socket/calls";
import { describe } from "../socket/listing";
import { statsAt } from "../stats";
import { Client, Flag } from "./http_client";
import { connectionLine, reason, RECEIPT_OCTETS, typeLines } from "./http_texts";
import { Route } from "./http_words";
import { emit } from "./http_writer";
import { nextWord, octets, size, wordAt } from "./static";
import { uptime } from "./uptime";

/** The values templates can show, and how they are written. */
export const enum Format {
  None,
  /** `value` is the address of a `text`. */
  Text,
  /** `value` is the address of a word of a list. */
  Word,
  Decimal,
  /** 10.0.0.1 for 0x0a000001. */
  Address,
  /** Eight digits. */
  Hex,
}

const DROPS: usize = namesOf(Drop);
const COUNTERS: usize = namesOf(Counter);
const STATES: usize = namesOf(State);
const OWNERS: usize = namesOf(Owner);
const VERSION: usize = text("0.1.0");
const LIST_COUNTERS: u32 = 67;
/** "$<C": the counters that are not 0. "$<S": the socket listing. */
const LIST_SOCKETS: u32 = 83;

/** The row shown, and the row after it. */
const row = memory.data(SocketRecord.size, 4);
const rowAfter = memory.data(4, 4);
const scratch = memory.data(24, 4);

/** Begin a list. False when it is empty. */
export function enterLoop(client: Client, list: u32): bool {
  client.mark(Flag.First);
  client.item = list == LIST_SOCKETS ? ROWS : 0;
  client.cursor = list == LIST_SOCKETS ? 0 : <u32>DROPS;
  return list == LIST_SOCKETS ? fetchRow(client) : fetchCounter(client);
}

/** `item` of a client that goes through the socket listing. */
const ROWS: u32 = 0xffff;

/** Go on to the next item of the list. False when there is none. */
export function nextItem(client: Client): bool {
  if (client.item != ROWS) {
    stepCounter(client);
    return fetchCounter(client);
  }
  client.cursor = load<u32>(rowAfter);
  return fetchRow(client);
}

/** Other clients were served in between: fetch again what is kept only once. A row that has gone meanwhile is shown empty. */
export function reloadItem(client: Client): void {
  if (client.item == ROWS && !fetchRow(client)) memory.fill(row, 0, SocketRecord.size);
}

function fetchRow(client: Client): bool {
  const after = describe(client.cursor, row);
  store<i32>(rowAfter, after);
  return after >= 0;
}

function stepCounter(client: Client): void {
  client.item++;
  client.cursor = <u32>(client.item == Drop.count ? COUNTERS : nextWord(client.cursor));
}

/** From this counter on, the first that is not 0. */
function fetchCounter(client: Client): bool {
  while (client.item < <u32>(Drop.count + Counter.count)) {
    if (counter(client.item) != 0) return true;
    stepCounter(client);
  }
  return false;
}

function counter(item: u32): u32 {
  return load<u32>(statsAt() + ((<usize>item) << 2));
}

function show(client: Client, format: Format, value: u64): void {
  client.format = format;
  client.value = value;
  client.offset = 0;
}

// prettier-ignore
@inline function number(client: Client, value: u64): void { show(client, Format.Decimal, value); }

/** The value a letter stands for. */
export function beginField(client: Client, letter: u32): void {
  if (letter >= 97) return rowField(client, letter);
  switch (letter) {
    case 35: // #  status code and its reason
      return show(client, Format.Text, reason(client.status));
    case 84: // T  content type
      return show(client, Format.Text, typeLines(client));
    case 75: // K  "Connection: close", if so
      return show(client, Format.Text, connectionLine(client));
    case 66: // B  octets of the response's body
      return number(client, bodyLength(client));
    case 44: // ,  unless this is the first item
      return comma(client);
    case 65: // A  address of this board
      return show(client, Format.Address, ownAddress(client));
    case 67: // C  counter
      return number(client, counter(client.item));
    case 78: // N  name of the counter
      return show(client, Format.Word, client.cursor);
    case 76: // L  length of the body
      return number(client, client.count);
    case 77: // M  milliseconds since the start
      return number(client, uptime());
    case 68: // D  days since the start
      return number(client, uptime() / 86400000);
    case 72: // H  hours of the day
      return number(client, (uptime() / 3600000) % 24);
    case 73: // I  minutes of the hour
      return number(client, (uptime() / 60000) % 60);
    case 83: // S  seconds of the minute
      return number(client, (uptime() / 1000) % 60);
    case 86: // V  version
      return show(client, Format.Text, VERSION);
    case 88: // X  CRC of the body
      return show(client, Format.Hex, client.crc);
    default:
  }
}

/** The fields of a row of the socket listing. */
function rowField(client: Client, letter: u32): void {
  switch (letter) {
    case 112: // p  protocol
      return show(client, Format.Text, load<u8>(row, SocketRecord.protocol) == Protocol.IPPROTO_TCP ? text("tcp") : text("udp"));
    case 108: // l  local address
      return show(client, Format.Address, load<u32>(row, SocketRecord.localAddress));
    case 109: // m  local port
      return number(client, load<u16>(row, SocketRecord.localPort));
    case 102: // f  foreign address
      return show(client, Format.Address, load<u32>(row, SocketRecord.foreignAddress));
    case 103: // g  foreign port
      return number(client, load<u16>(row, SocketRecord.foreignPort));
    case 115: // s  state
      return state(client);
    case 111: // o  owner
      return show(client, Format.Word, wordAt(OWNERS, load<u8>(row, SocketRecord.owner)));
    case 114: // r  receive queue
      return number(client, load<u32>(row, SocketRecord.receiveQueue));
    case 113: // q  send queue
      return number(client, load<u32>(row, SocketRecord.sendQueue));
    case 120: // x  retransmissions
      return number(client, load<u32>(row, SocketRecord.retransmits));
    case 119: // w  congestion window
      return number(client, load<u32>(row, SocketRecord.cwnd));
    case 116: // t  round trip time
      return number(client, load<u32>(row, SocketRecord.srtt));
    default:
  }
}

function comma(client: Client): void {
  const first = client.has(Flag.First);
  client.flags &= <u16>~Flag.First;
  if (!first) show(client, Format.Text, text(","));
}

function state(client: Client): void {
  if (load<u8>(row, SocketRecord.kind) == SocketRow.Udp) return show(client, Format.Text, text("Open"));
  show(client, Format.Word, wordAt(STATES, load<u8>(row, SocketRecord.state)));
}

/** The address the client has reached us at. */
function ownAddress(client: Client): u32 {
  store<u32>(scratch, 0, AddressRecord.addr);
  getsockname(client.fd, scratch);
  return bswap<u32>(load<u32>(scratch, AddressRecord.addr));
}

/** Write the rest of the field. False when there was no room for all of it. */
export function restField(client: Client): bool {
  let at: usize = <usize>client.value;
  let length: u32 = 0;
  switch (client.format) {
    case Format.None:
      return true;
    case Format.Text:
      length = size(at);
      at = octets(at);
      break;
    case Format.Word:
      length = load<u8>(at++);
      break;
    default:
      at = digits(client.format, client.value);
      length = <u32>(scratch + 24 - at);
  }
  client.offset += <u16>emit(client, at + client.offset, length - client.offset);
  if (client.offset < length) return false;
  client.format = Format.None;
  return true;
}

/** Write a number so that it ends where `scratch` does. Returns where it begins. */
function digits(format: u32, value: u64): usize {
  let at: usize = scratch + 24;
  if (format == Format.Decimal) return decimal(at, value);
  if (format == Format.Address) {
    for (let part = 0; part < 4; part++) {
      if (part > 0) store<u8>(--at, 46);
      at = decimal(at, value & 0xff);
      value >>= 8;
    }
    return at;
  }
  for (let digit = 0; digit < 8; digit++) {
    const nibble = (<u32>value) & 15;
    store<u8>(--at, <u8>(nibble < 10 ? 48 + nibble : 87 + nibble));
    value >>= 4;
  }
  return at;
}

function decimal(end: usize, value: u64): usize {
  let at = end;
  do {
    store<u8>(--at, <u8>(48 + (value % 10)));
    value /= 10;
  } while (value != 0);
  return at;
}

/** Octets of a response's body where they are known beforehand: all but the page and the statistics. */
function bodyLength(client: Client): u32 {
  if (client.status != 200) return size(reason(client.status)) + 1;
  if (client.route == Route.Bytes) return client.number;
  return RECEIPT_OCTETS + <u32>(scratch + 24 - decimal(scratch + 24, client.count));
}
