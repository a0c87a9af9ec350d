/*
 * memcpy, memmove and memset by words. newlib-nano's move an octet at a time, and a stack copies every octet of text two or three
 * times. Blocks are 32 octets; where source and destination are not aligned alike, words are read at any address, which Armv7 can.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A loop in here must not become a call of what it is the body of. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

#define BLOCK 32u

typedef uint32_t __attribute__((aligned(1), may_alias)) loose_word;
typedef uint32_t __attribute__((may_alias)) word;

#if defined(__thumb2__) || defined(__ARM_ARCH_7A__)
/* Four instructions a block. */
static inline void copy_aligned(uint8_t **to, const uint8_t **from, size_t blocks) {
  __asm__ volatile("1: ldmia %[from]!, {r3, r4, r5, r6, r8, r10, r12, lr}\n"
                   "stmia %[to]!, {r3, r4, r5, r6, r8, r10, r12, lr}\n"
                   "subs %[blocks], %[blocks], #1\n"
                   "bne 1b"
                   : [to] "+r"(*to), [from] "+r"(*from), [blocks] "+r"(blocks)
                   :
                   : "r3", "r4", "r5", "r6", "r8", "r10", "r12", "lr", "cc", "memory");
}

/* Eleven: only single words may be read at any address. */
static inline void copy_loose(uint8_t **to, const uint8_t **from, size_t blocks) {
  __asm__ volatile("1: ldr r3, [%[from]], #4\n ldr r4, [%[from]], #4\n ldr r5, [%[from]], #4\n ldr r6, [%[from]], #4\n"
                   "ldr r8, [%[from]], #4\n ldr r10, [%[from]], #4\n ldr r12, [%[from]], #4\n ldr lr, [%[from]], #4\n"
                   "stmia %[to]!, {r3, r4, r5, r6, r8, r10, r12, lr}\n"
                   "subs %[blocks], %[blocks], #1\n"
                   "bne 1b"
                   : [to] "+r"(*to), [from] "+r"(*from), [blocks] "+r"(blocks)
                   :
                   : "r3", "r4", "r5", "r6", "r8", "r10", "r12", "lr", "cc", "memory");
}
#else
static inline void copy_loose(uint8_t **to, const uint8_t **from, size_t blocks) {
  for (size_t left = blocks * (BLOCK / 4); left > 0; left--, *to += 4, *from += 4) *(word *)*to = *(const loose_word *)*from;
}
#define copy_aligned copy_loose
#endif

void *memcpy(void *restrict destination, const void *restrict source, size_t length) {
  uint8_t *to = destination;
  const uint8_t *from = source;
  if (length >= BLOCK) {
    for (; (uintptr_t)to % 4; length--) *to++ = *from++;
    const size_t blocks = length / BLOCK;
    if (blocks > 0 && (uintptr_t)from % 4 == 0) copy_aligned(&to, &from, blocks);
    else if (blocks > 0) copy_loose(&to, &from, blocks);
    length %= BLOCK;
  }
  for (; length >= 4; length -= 4, to += 4, from += 4) *(loose_word *)to = *(const loose_word *)from;
  for (; length > 0; length--) *to++ = *from++;
  return destination;
}

void *memmove(void *destination, const void *source, size_t length) {
  uint8_t *to = destination;
  const uint8_t *from = source;
  /* A block is read before it is written, so only a destination inside what is still to be read needs another order. */
  if ((uintptr_t)to - (uintptr_t)from >= length) return memcpy(destination, source, length);
  to += length;
  from += length;
  for (; length >= 4; length -= 4) {
    to -= 4;
    from -= 4;
    *(loose_word *)to = *(const loose_word *)from;
  }
  for (; length > 0; length--) *--to = *--from;
  return destination;
}

void *memset(void *destination, int value, size_t length) {
  uint8_t *to = destination;
  const uint32_t pattern = (uint8_t)value * 0x01010101u;
  for (; length > 0 && (uintptr_t)to % 4; length--) *to++ = (uint8_t)value;
  for (; length >= 16; length -= 16, to += 16) {
    word *at = (word *)to;
    at[0] = at[1] = at[2] = at[3] = pattern;
  }
  for (; length >= 4; length -= 4, to += 4) *(word *)to = pattern;
  for (; length > 0; length--) *to++ = (uint8_t)value;
  return destination;
}
