/*
 * The Internet checksum (RFC 1071) computed by the port, as Ethernet controllers with offload do: IPv4 only, frames without VLAN
 * tags. An interpreted core then touches headers only, and a port that copies sums on the way.
 *
 * A sum is of 16-bit words as they lie in memory, with the carry added in again (RFC 1071 §2(B): the order of the octets does not
 * matter as long as it is one). It stays 0 only as long as everything added is 0.
 */
#ifndef SANDWIRE_CHECKSUM_H
#define SANDWIRE_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Add a word of 32 bits to a sum: for drivers that read a FIFO word by word. Octets of the last word behind the frame are to be
 * 0.
 */
static inline uint32_t sw_sum_add(uint32_t sum, uint32_t word) {
  sum += word;
  return sum + (sum < word);
}

/* Add `length` octets to a sum; of several pieces, each but the last is of even length. */
uint32_t sw_sum(const void *data, uint32_t length, uint32_t sum);

/* The same, and copy them: one pass over the memory. */
uint32_t sw_copy_sum(void *to, const void *from, uint32_t length, uint32_t sum);

/*
 * Whether the IPv4 header and the TCP, UDP or ICMP checksum of a frame are there and right; false for every other frame. `sum` is
 * that of the whole frame, from its first octet on.
 */
bool sw_checksums_ok(const uint8_t *frame, uint32_t length, uint32_t sum);

/* Where the TCP or UDP checksum of a frame is, for controllers that fill it in; 0 where there is none. */
uint32_t sw_checksum_at(const uint8_t *frame, uint32_t length);

/* Fill in the TCP or UDP checksum of a frame; without effect on other frames. */
void sw_checksum_fill(uint8_t *frame, uint32_t length);

#endif
