#include "seed.h"

#include <string.h>

static uint32_t turn(uint32_t value, int by) {
  return value << by | value >> (32 - by);
}

/* RFC 8439 §2.1 */
static void quarter_round(uint32_t *s, const uint8_t at[4]) {
  uint32_t *a = s + at[0], *b = s + at[1], *c = s + at[2], *d = s + at[3];
  *a += *b, *d = turn(*d ^ *a, 16);
  *c += *d, *b = turn(*b ^ *c, 12);
  *a += *b, *d = turn(*d ^ *a, 8);
  *c += *d, *b = turn(*b ^ *c, 7);
}

void sw_seed_derive(uint32_t out[4], const uint32_t seed[4], uint32_t purpose, uint32_t number) {
  static const uint8_t rounds[8][4] = {{0, 4, 8, 12}, {1, 5, 9, 13}, {2, 6, 10, 14}, {3, 7, 11, 15},
                                       {0, 5, 10, 15}, {1, 6, 11, 12}, {2, 7, 8, 13}, {3, 4, 9, 14}};
  /* "expand 16-byte k", the key twice: ChaCha's own way with keys of 128 bits */
  uint32_t start[16] = {0x61707865, 0x3120646e, 0x79622d36, 0x6b206574}, state[16];
  memcpy(start + 4, seed, 16);
  memcpy(start + 8, seed, 16);
  start[12] = number;
  start[13] = purpose;
  memcpy(state, start, sizeof state);
  for (int i = 0; i < 80; i++) quarter_round(state, rounds[i % 8]);
  for (int i = 0; i < 4; i++) out[i] = state[i] + start[i];
}
