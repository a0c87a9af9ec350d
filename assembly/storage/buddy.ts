import { BUFFERS, MAX_BUF, MIN_BUF, REASSEMBLIES } from "../config";
import { bufferPressure } from "../settings";
import { LOANS, beginLoan, endLoan, initLoans, lentOctets, loanAt, loanSize } from "./loans";

/**
 * The arena of the socket buffers: a buddy system. A buffer is a power of two from MIN_BUF to MAX_BUF ("order" 0 and up); two free
 * buddies become one block of the next order at once, so what was taken apart comes together again.
 *
 * Free blocks of one order are a doubly linked list, links inside the blocks: `u32 next, u32 prev` (block numbers, NONE at the
 * ends). The map has one byte for each MIN_BUF octets: FREE | order or USED | order where a block starts, 0 inside one.
 */
const BLOCKS: u32 = BUFFERS / MIN_BUF;
const MIN_SHIFT: u32 = ctz<u32>(MIN_BUF);
const MAX_ORDER: u32 = ctz<u32>(MAX_BUF) - MIN_SHIFT;
const NONE: u32 = 0xffffffff;
const FREE: u32 = 0x80;
const USED: u32 = 0x40;

if (BUFFERS < MIN_BUF || BUFFERS % MIN_BUF != 0) ERROR("CONFIG_BUFFERS must be a multiple of CONFIG_MIN_BUF, at least one");

@lazy const arena = memory.data(BUFFERS, 16);
const map = memory.data(BLOCKS);
const heads = memory.data((MAX_ORDER + 1) * 4, 4);
/** Bit k: the list of order k is not empty. */
const orders = memory.data(4, 4);
const freeBlocks = memory.data(4, 4);

/** Make the whole arena free. Where its size is no multiple of MAX_BUF the end holds smaller blocks. */
export function initBuffers(): void {
  memory.fill(map, 0, BLOCKS);
  store<u32>(orders, 0);
  for (let order: u32 = 0; order <= MAX_ORDER; order++) setHead(order, NONE);
  let block: u32 = 0;
  for (let order = <i32>MAX_ORDER; order >= 0; order--) {
    for (; block + (1 << order) <= BLOCKS; block += 1 << order) link(block, <u32>order);
  }
  store<u32>(freeBlocks, BLOCKS);
  if (LOANS) initLoans();
}

/** Octets that are free, in whatever pieces. */
export function freeOctets(): u32 {
  return load<u32>(freeBlocks) << MIN_SHIFT;
}

/**
 * The size a new buffer gets when `wanted` octets are asked for: the power of two at or above it within MIN_BUF..MAX_BUF, less when
 * memory is short: at most 1/BUFFER_PRESSURE of what is free and at most the largest free block. `takeBuffer` of this size fails
 * only if nothing at all is free.
 */
export function sizeFor(wanted: u32): u32 {
  const size = wanted <= MIN_BUF ? MIN_BUF : wanted >= MAX_BUF ? MAX_BUF : powerFrom(wanted);
  if (LOANS && largestFree() < size) recallLoans();
  const fair = max<u32>(freeOctets() / bufferPressure(), MIN_BUF);
  const most = min<u32>(0x80000000 >>> clz<u32>(fair), largestFree());
  return min<u32>(size, most);
}

/** A buffer of `size` octets (a power of two, MIN_BUF..MAX_BUF), or 0 when no block is large enough. Its content is left as it was. */
export function takeBuffer(size: u32): usize {
  const at = takeFree(size);
  if (!LOANS || at || lentOctets() == 0) return at;
  recallLoans();
  return takeFree(size);
}

// prettier-ignore
@inline function takeFree(size: u32): usize {
  const order = orderOf(size);
  const larger = load<u32>(orders) >> order;
  if (larger == 0) return 0;
  let from = order + ctz<u32>(larger);
  const block = head(from);
  unlink(block, from);
  while (from > order) {
    from--;
    link(block + (1 << from), from);
  }
  mark(block, USED | order);
  store<u32>(freeBlocks, load<u32>(freeBlocks) - (1 << order));
  return arena + ((<usize>block) << MIN_SHIFT);
}

/** Give a buffer back, with the size it was taken with. What is no such buffer is left alone (and stops a debug build). */
export function freeBuffer(at: usize, size: u32): void {
  let order = orderOf(size);
  let block = <u32>((at - arena) >> MIN_SHIFT);
  const ours = at == addressOf(block) && block < BLOCKS && marked(block) == (USED | order);
  assert(ours);
  if (!ours) return;
  store<u32>(freeBlocks, load<u32>(freeBlocks) + (1 << order));
  while (order < MAX_ORDER) {
    const buddy = block ^ (1 << order);
    if (buddy >= BLOCKS || marked(buddy) != (FREE | order)) break;
    unlink(buddy, order);
    mark(block | buddy, 0);
    block &= buddy;
    order++;
  }
  link(block, order);
}

/** A buffer that nobody needs at present, as loan `i`, in the place of the one that was; 0 when there is none, and that one stays. */
export function lendBuffer(i: u32, size: u32): usize {
  const at = takeFree(size);
  if (!at) return 0;
  endLoan(i);
  beginLoan(i, at, size);
  return at;
}

/** Loan `i`, if there is one, is given back. */
export function returnLoan(i: u32): void {
  const at = loanAt(i);
  if (!at) return;
  endLoan(i);
  freeBuffer(at, loanSize(i));
}

function recallLoans(): void {
  for (let i: u32 = 0; i < REASSEMBLIES; i++) returnLoan(i);
}

// prettier-ignore
@inline function orderOf(size: u32): u32 { return ctz<u32>(size) - MIN_SHIFT; }

/** The power of two at or above n, 2..2^31. */
// prettier-ignore
@inline function powerFrom(n: u32): u32 { return 1 << (32 - clz<u32>(n - 1)); }

function largestFree(): u32 {
  const present = load<u32>(orders);
  return present == 0 ? MIN_BUF : MIN_BUF << (31 - clz<u32>(present));
}

// prettier-ignore
@inline function marked(block: u32): u32 { return load<u8>(map + block); }
// prettier-ignore
@inline function mark(block: u32, as: u32): void { store<u8>(map + block, <u8>as); }
// prettier-ignore
@inline function head(order: u32): u32 { return load<u32>(heads + (<usize>order << 2)); }
// prettier-ignore
@inline function setHead(order: u32, block: u32): void { store<u32>(heads + (<usize>order << 2), block); }
// prettier-ignore
@inline function addressOf(block: u32): usize { return arena + (<usize>block << MIN_SHIFT); }

/** Put a free block at the head of its order's list. */
function link(block: u32, order: u32): void {
  const second = head(order);
  store<u32>(addressOf(block), second);
  store<u32>(addressOf(block), NONE, 4);
  if (second != NONE) store<u32>(addressOf(second), block, 4);
  setHead(order, block);
  mark(block, FREE | order);
  store<u32>(orders, load<u32>(orders) | (1 << order));
}

/** Take a free block off its order's list; the caller marks it anew. */
function unlink(block: u32, order: u32): void {
  const next = load<u32>(addressOf(block));
  const prev = load<u32>(addressOf(block), 4);
  if (next != NONE) store<u32>(addressOf(next), prev, 4);
  if (prev != NONE) store<u32>(addressOf(prev), next);
  else setHead(order, next);
  if (head(order) == NONE) store<u32>(orders, load<u32>(orders) & ~(1 << order));
}
