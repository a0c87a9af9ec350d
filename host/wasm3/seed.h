#ifndef SANDWIRE_SEED_H
#define SANDWIRE_SEED_H

#include <stdint.h>

/*
 * 128 bits from 128 others that do not tell which those were: ChaCha's block function (RFC 8439 §2.3) with the seed as its key.
 * What differs in `purpose` or `number` has nothing to do with each other. `out` may be `seed`.
 */
void sw_seed_derive(uint32_t out[4], const uint32_t seed[4], uint32_t purpose, uint32_t number);

#endif
