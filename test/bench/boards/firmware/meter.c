/* Who spends the instructions. */
#include "bench.h"

#define INSTRUCTIONS_PER_TICK 40u
#define TRIALS 4000u

static uint32_t ticks[PART_COUNT], calls[PART_COUNT];
static uint32_t since;
static enum part current;
static bool telling_apart;
static uint32_t cost; /* of TRIALS calls, in ticks */

enum part meter(enum part part) {
  const enum part before = current;
  if (!telling_apart && part != PART_PEER) part = PART_STACK;
  if (part == before) return before;
  const uint32_t now = machine_ticks();
  ticks[before] += now - since;
  calls[before]++;
  since = now;
  current = part;
  return before;
}

static void calibrate(void) {
  const uint32_t start = machine_ticks();
  for (uint32_t i = 0; i < TRIALS; i += 2) {
    meter(PART_STACK);
    meter(PART_PEER);
  }
  cost = machine_ticks() - start;
}

void meter_reset(bool apart) {
  telling_apart = apart;
  current = PART_PEER;
  if (cost == 0) calibrate();
  for (uint32_t i = 0; i < PART_COUNT; i++) ticks[i] = calls[i] = 0;
  since = machine_ticks();
}

uint64_t meter_read(enum part part) {
  const uint64_t all = (uint64_t)ticks[part] * INSTRUCTIONS_PER_TICK;
  const uint64_t own = (uint64_t)calls[part] * cost * INSTRUCTIONS_PER_TICK / TRIALS;
  return all > own ? all - own : 0;
}
