import { Client } from "./http_client";
import { enterList, nextItem, reloadItem } from "./http_lists";
import { beginValue, Format, restOfValue } from "./http_values";
import { emit } from "./http_writer";

/**
 * Responses are written from templates: static text in which "$" and a letter stand for a value (`beginValue`), "$<" and a letter
 * begin a list (`enterList`), "$>" ends one, "$." ends the template. A client's record says how far its response is, to the
 * octet, so that writing stops wherever the send buffer is full and goes on from there.
 */
const DOLLAR: u32 = 36;
const STOP: u32 = 46;
const LOOP: u32 = 60;
const AGAIN: u32 = 62;

/** Begin at the first octet of a template. */
export function beginTemplate(client: Client, at: usize): void {
  client.pc = <u32>at;
  client.loop = 0;
  client.format = Format.None;
}

/** Write until the template ends (true) or the room does (false). */
export function writeTemplate(client: Client): bool {
  if (client.loop != 0) reloadItem(client);
  let mark: u32 = 0;
  while (mark != STOP) {
    if (!restOfValue(client) || !plainText(client)) return false;
    mark = load<u8>(client.pc, 1);
    client.pc += 2;
    follow(client, mark);
  }
  return true;
}

function follow(client: Client, mark: u32): void {
  if (mark == LOOP) begin(client);
  else if (mark == AGAIN) again(client);
  else if (mark != STOP) beginValue(client, mark);
}

/** The octets up to the next "$". */
function plainText(client: Client): bool {
  const from: usize = client.pc;
  let end = from;
  while (load<u8>(end) != DOLLAR) end++;
  client.pc += emit(client, from, <u32>(end - from));
  return client.pc == <u32>end;
}

function begin(client: Client): void {
  const list = load<u8>(client.pc++);
  client.loop = client.pc;
  if (enterList(client, list)) return;
  while (load<u16>(client.pc) != (DOLLAR | (AGAIN << 8))) client.pc++;
  client.pc += 2;
  client.loop = 0;
}

function again(client: Client): void {
  if (nextItem(client)) client.pc = client.loop;
  else client.loop = 0;
}
