#include "checksum.h"

#include <stddef.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the module's linear memory is little-endian, and so is what runs it");

enum { ETHERNET = 14, IPV4 = 20, ICMP = 1, TCP = 6, UDP = 17 };

/* ---- Sums ------------------------------------------------------------------------------------------------------------- */

#if defined(__thumb2__) || defined(__ARM_ARCH_7A__)
/*
 * Blocks of 32 octets at addresses that are multiples of 4. `adcs` takes the carry of the word before along, which C cannot say:
 * 15 instructions a block in place of 34. Between two blocks only `sub` and `teq` run, which leave the carry alone.
 */
#define BLOCK 32u
static inline uint32_t copy_blocks(uint8_t *to, const uint8_t *from, uint32_t blocks, uint32_t sum) {
  __asm__ volatile("adds %[sum], #0\n"
                   "1: ldmia %[from]!, {r3, r4, r5, r6}\n"
                   "stmia %[to]!, {r3, r4, r5, r6}\n"
                   "adcs %[sum], %[sum], r3\n adcs %[sum], %[sum], r4\n adcs %[sum], %[sum], r5\n adcs %[sum], %[sum], r6\n"
                   "ldmia %[from]!, {r3, r4, r5, r6}\n"
                   "stmia %[to]!, {r3, r4, r5, r6}\n"
                   "adcs %[sum], %[sum], r3\n adcs %[sum], %[sum], r4\n adcs %[sum], %[sum], r5\n adcs %[sum], %[sum], r6\n"
                   "sub %[blocks], %[blocks], #1\n"
                   "teq %[blocks], #0\n"
                   "bne 1b\n"
                   "adcs %[sum], %[sum], #0\n adc %[sum], %[sum], #0"
                   : [to] "+r"(to), [from] "+r"(from), [blocks] "+r"(blocks), [sum] "+r"(sum)
                   :
                   : "r3", "r4", "r5", "r6", "cc", "memory");
  return sum;
}

static inline uint32_t sum_blocks(const uint8_t *from, uint32_t blocks, uint32_t sum) {
  __asm__ volatile("adds %[sum], #0\n"
                   "1: ldmia %[from]!, {r3, r4, r5, r6}\n"
                   "adcs %[sum], %[sum], r3\n adcs %[sum], %[sum], r4\n adcs %[sum], %[sum], r5\n adcs %[sum], %[sum], r6\n"
                   "ldmia %[from]!, {r3, r4, r5, r6}\n"
                   "adcs %[sum], %[sum], r3\n adcs %[sum], %[sum], r4\n adcs %[sum], %[sum], r5\n adcs %[sum], %[sum], r6\n"
                   "sub %[blocks], %[blocks], #1\n"
                   "teq %[blocks], #0\n"
                   "bne 1b\n"
                   "adcs %[sum], %[sum], #0\n adc %[sum], %[sum], #0"
                   : [from] "+r"(from), [blocks] "+r"(blocks), [sum] "+r"(sum)
                   :
                   : "r3", "r4", "r5", "r6", "cc", "memory");
  return sum;
}
#else
#define BLOCK 16u
static inline uint32_t copy_blocks(uint8_t *to, const uint8_t *from, uint32_t blocks, uint32_t start) {
  uint64_t sum = start;
  for (; blocks > 0; blocks--, to += BLOCK, from += BLOCK) {
    uint32_t words[4];
    memcpy(words, from, sizeof words);
    memcpy(to, words, sizeof words);
    sum += (uint64_t)words[0] + words[1] + words[2] + words[3];
  }
  sum = (sum & 0xffffffff) + (sum >> 32);
  return sw_sum_add((uint32_t)sum, (uint32_t)(sum >> 32));
}

static inline uint32_t sum_blocks(const uint8_t *from, uint32_t blocks, uint32_t start) {
  uint64_t sum = start;
  for (; blocks > 0; blocks--, from += BLOCK) {
    uint32_t words[4];
    memcpy(words, from, sizeof words);
    sum += (uint64_t)words[0] + words[1] + words[2] + words[3];
  }
  sum = (sum & 0xffffffff) + (sum >> 32);
  return sw_sum_add((uint32_t)sum, (uint32_t)(sum >> 32));
}
#endif

/* The octets at the end that make no word. */
static uint32_t last_word(const uint8_t *from, uint32_t length) {
  uint32_t word = 0;
  for (uint32_t i = 0; i < length; i++) word |= (uint32_t)from[i] << (8 * i);
  return word;
}

uint32_t sw_sum(const void *data, uint32_t length, uint32_t sum) {
  const uint8_t *from = data;
  /* Words of 16 bits may be taken in any order: behind an Ethernet header everything lies between two words of 32. */
  if ((uintptr_t)from % 4 == 2 && length >= 2) {
    uint16_t half;
    memcpy(&half, from, 2);
    sum = sw_sum_add(sum, half);
    from += 2;
    length -= 2;
  }
  uint32_t blocks = (uintptr_t)from % 4 == 0 ? length / BLOCK : 0;
  if (blocks) sum = sum_blocks(from, blocks, sum);
  from += blocks * BLOCK;
  for (length -= blocks * BLOCK; length >= 4; length -= 4, from += 4) {
    uint32_t word;
    memcpy(&word, from, 4);
    sum = sw_sum_add(sum, word);
  }
  return sw_sum_add(sum, last_word(from, length));
}

uint32_t sw_copy_sum(void *destination, const void *source, uint32_t length, uint32_t sum) {
  uint8_t *to = destination;
  const uint8_t *from = source;
  uint32_t blocks = ((uintptr_t)to | (uintptr_t)from) % 4 == 0 ? length / BLOCK : 0;
  if (blocks) sum = copy_blocks(to, from, blocks, sum);
  to += blocks * BLOCK;
  from += blocks * BLOCK;
  for (length -= blocks * BLOCK; length >= 4; length -= 4, to += 4, from += 4) {
    uint32_t word;
    memcpy(&word, from, 4);
    memcpy(to, &word, 4);
    sum = sw_sum_add(sum, word);
  }
  for (uint32_t i = 0; i < length; i++) to[i] = from[i];
  return sw_sum_add(sum, last_word(from, length));
}

/* A sum in 16 bits; 0xffff is what a right checksum makes of it. */
static uint32_t fold(uint32_t sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  return (sum & 0xffff) + (sum >> 16);
}

/* ---- Frames ------------------------------------------------------------------------------------------------------------ */

/* Where the transport segment of an unfragmented IPv4 datagram lies. */
struct transport {
  uint32_t protocol, at, end;
};

static uint32_t half_at(const uint8_t *at) {
  return (uint32_t)at[0] << 8 | at[1];
}

/* False when it is not all there. */
static bool find_transport(const uint8_t *frame, uint32_t length, struct transport *found) {
  if (length < ETHERNET + IPV4 || half_at(frame + 12) != 0x0800) return false;
  const uint8_t *ip = frame + ETHERNET;
  uint32_t header = (ip[0] & 15u) * 4;
  found->at = ETHERNET + header;
  found->end = ETHERNET + half_at(ip + 2);
  found->protocol = ip[9];
  bool fragment = (half_at(ip + 6) & 0x3fff) != 0; /* an offset, or more to come */
  return ip[0] >> 4 == 4 && header >= IPV4 && found->end >= found->at && found->end <= length && !fragment;
}

/* Offset of the checksum in the headers that have a pseudo header, else 0. */
static uint32_t field_of(const struct transport *of) {
  uint32_t length = of->end - of->at;
  if (of->protocol == TCP && length >= 20) return of->at + 16;
  return of->protocol == UDP && length >= 8 ? of->at + 6 : 0;
}

/* The pseudo header (RFC 9293 §3.1): addresses, protocol, length. Never 0. */
static uint32_t pseudo_sum(const uint8_t *frame, const struct transport *of) {
  uint32_t rest = of->protocol + of->end - of->at;
  return sw_sum(frame + ETHERNET + 12, 8, (rest & 0xff) << 8 | rest >> 8);
}

/* The whole datagram's sum is that of what follows its header, as a right header adds up to 0xffff, which is nothing. */
static uint32_t datagram_sum(const uint8_t *frame, uint32_t length, const struct transport *of, uint32_t sum) {
  if (of->end != length) return sw_sum(frame + of->at, of->end - of->at, 0); /* padded, so it is short */
  return sw_sum_add(sum, ~sw_sum(frame, ETHERNET, 0));
}

bool sw_checksums_ok(const uint8_t *frame, uint32_t length, uint32_t sum) {
  struct transport found;
  if (!find_transport(frame, length, &found)) return false;
  if (fold(sw_sum(frame + ETHERNET, found.at - ETHERNET, 0)) != 0xffff) return false;
  if (found.protocol == ICMP) return fold(sw_sum(frame + found.at, found.end - found.at, 0)) == 0xffff;
  uint32_t field = field_of(&found);
  if (!field || (found.protocol == UDP && half_at(frame + field) == 0)) return false;
  return fold(sw_sum_add(datagram_sum(frame, length, &found, sum), pseudo_sum(frame, &found))) == 0xffff;
}

uint32_t sw_checksum_at(const uint8_t *frame, uint32_t length) {
  struct transport found;
  return find_transport(frame, length, &found) ? field_of(&found) : 0;
}

void sw_checksum_fill(uint8_t *frame, uint32_t length) {
  struct transport found;
  uint32_t field = find_transport(frame, length, &found) ? field_of(&found) : 0;
  if (!field) return;
  frame[field] = frame[field + 1] = 0;
  uint32_t sum = fold(sw_sum(frame + found.at, found.end - found.at, pseudo_sum(frame, &found)));
  uint32_t value = sum == 0xffff && found.protocol == UDP ? 0xffff : ~sum;
  frame[field] = (uint8_t)value;
  frame[field + 1] = (uint8_t)(value >> 8);
}
