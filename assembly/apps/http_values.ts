import { Owner, SocketRecord, SocketRow, State } from "../abi";
import { NEVER } from "../clock";
import { PAIRS, RAW_SOCKETS } from "../config";
import { aside } from "../lib/address";
import { octets, size } from "../lib/text";
import { Client, Flag } from "./http_client";
import { counter, rowAt } from "./http_lists";
import { allowLine, codingLine, connectionLine, mediaType, reason, RECEIPT_OCTETS } from "./http_texts";
import { Route } from "./http_words";
import { emit } from "./http_writer";
import { decimal, dotted, hexadecimal, lengthOf } from "./numbers";
import { wordAt } from "./static";
import { uptime } from "./uptime";

/** How the value of a template is written. The value itself stands in the client's record, so that it stays while it is written. */
export const enum Format {
  None,
  /** `value` is the address of a `text`. */
  Text,
  /** `value` is the address of a word of a list. */
  Word,
  Decimal,
  Address,
  Hex,
}

const STATES: usize = namesOf(State);
const OWNERS: usize = namesOf(Owner);

function show(client: Client, format: Format, value: u64): void {
  client.format = format;
  client.value = value;
  client.offset = 0;
}

function showNumber(client: Client, value: u64): void {
  show(client, Format.Decimal, value);
}

/** The value a letter of a template stands for: small letters are about a row of the socket listing. */
export function beginValue(client: Client, letter: u32): void {
  if (letter >= 97) return rowValue(client, letter, rowAt());
  switch (letter) {
    case 35: // #  status code and its reason
      return show(client, Format.Text, reason(client.status));
    case 44: // ,  unless this is the first item
      return comma(client);
    case 65: // A  address of this board
      return show(client, Format.Address, ownAddress(client));
    case 66: // B  octets of the response's body
      return showNumber(client, bodyLength(client));
    case 67: // C  counter
      return showNumber(client, counter(client));
    case 68: // D  days since the start
      return showNumber(client, uptime() / 86400000);
    case 69: // E  "Transfer-Encoding: chunked", if so
      return show(client, Format.Text, codingLine(client));
    case 72: // H  hours of the day
      return showNumber(client, (uptime() / 3600000) % 24);
    case 73: // I  minutes of the hour
      return showNumber(client, (uptime() / 60000) % 60);
    case 75: // K  "Connection: close", if so
      return show(client, Format.Text, connectionLine(client));
    case 76: // L  octets of the request's body
      return showNumber(client, client.count);
    case 77: // M  milliseconds since the start
      return showNumber(client, uptime());
    case 78: // N  name of the counter
      return show(client, Format.Word, client.cursor);
    case 83: // S  seconds of the minute
      return showNumber(client, (uptime() / 1000) % 60);
    case 84: // T  content type
      return show(client, Format.Text, mediaType(client));
    case 87: // W  "Allow: ...", if so
      return show(client, Format.Text, allowLine(client));
    case 88: // X  CRC of the request's body
      return show(client, Format.Hex, client.crc);
    default:
  }
}

function rowValue(client: Client, letter: u32, row: usize): void {
  switch (letter) {
    case 102: // f  foreign address
      return show(client, Format.Address, load<u32>(row, SocketRecord.foreignAddress));
    case 103: // g  foreign port
      return showNumber(client, load<u16>(row, SocketRecord.foreignPort));
    case 105: // i  milliseconds to its next deadline
      return showTimer(client, load<u32>(row, SocketRecord.timer));
    case 108: // l  local address
      return show(client, Format.Address, load<u32>(row, SocketRecord.localAddress));
    case 109: // m  local port
      return showNumber(client, load<u16>(row, SocketRecord.localPort));
    case 111: // o  owner
      return show(client, Format.Word, wordAt(OWNERS, load<u8>(row, SocketRecord.owner)));
    case 112: // p  protocol
      return show(client, Format.Text, protocolText(row));
    case 113: // q  send queue
      return showNumber(client, load<u32>(row, SocketRecord.sendQueue));
    case 114: // r  receive queue
      return showNumber(client, load<u32>(row, SocketRecord.receiveQueue));
    case 115: // s  state
      return showState(client, row);
    case 116: // t  round trip time
      return showNumber(client, load<u32>(row, SocketRecord.srtt));
    case 119: // w  congestion window
      return showNumber(client, load<u32>(row, SocketRecord.cwnd));
    case 120: // x  retransmissions
      return showNumber(client, load<u32>(row, SocketRecord.retransmits));
    default:
  }
}

function comma(client: Client): void {
  const first = client.has(Flag.First);
  client.flags &= <u16>~Flag.First;
  if (!first) show(client, Format.Text, text(","));
}

function protocolText(row: usize): usize {
  const kind = <u32>load<u8>(row, SocketRecord.kind);
  if (RAW_SOCKETS && kind == SocketRow.Raw) return text("raw");
  if (PAIRS && kind == SocketRow.Pair) return text("unix");
  return kind == SocketRow.Udp ? text("udp") : text("tcp");
}

function showTimer(client: Client, ms: u32): void {
  if (ms != NEVER) return showNumber(client, ms);
  show(client, Format.Text, client.route == Route.Page ? text("") : text("null"));
}

function showState(client: Client, row: usize): void {
  if (<SocketRow>load<u8>(row, SocketRecord.kind) >= SocketRow.Udp) return show(client, Format.Text, text(""));
  show(client, Format.Word, wordAt(STATES, load<u8>(row, SocketRecord.state)));
}

/** The address the client has reached us at. */
function ownAddress(client: Client): u32 {
  client.stream.local(aside);
  return aside.ip;
}

/** Octets of a response's body where they are known beforehand: all but the page and the statistics. */
function bodyLength(client: Client): u32 {
  if (client.status != 200) return size(reason(client.status)) + 1;
  if (client.route == Route.Bytes) return client.number;
  return RECEIPT_OCTETS + lengthOf(decimal(client.count));
}

/** Write the rest of the value. False when there was no room for all of it. */
export function restOfValue(client: Client): bool {
  switch (client.format) {
    case Format.None:
      return true;
    case Format.Text:
      return rest(client, octets(<usize>client.value), size(<usize>client.value));
    case Format.Word:
      return rest(client, <usize>client.value + 1, load<u8>(<usize>client.value));
    case Format.Decimal:
      return restOfNumber(client, decimal(client.value));
    case Format.Address:
      return restOfNumber(client, dotted(<u32>client.value));
    default:
      return restOfNumber(client, hexadecimal(<u32>client.value));
  }
}

function restOfNumber(client: Client, from: usize): bool {
  return rest(client, from, lengthOf(from));
}

function rest(client: Client, from: usize, length: u32): bool {
  client.offset += <u16>emit(client, from + client.offset, length - client.offset);
  if (client.offset < length) return false;
  client.format = Format.None;
  return true;
}
