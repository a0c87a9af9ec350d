/* What C expects of memory before main: initialised data copied, the rest cleared, and the stack painted to see how deep it goes. */
#include "common.h"

#define PAINT 0x57ac57acu

static void copy_words(uint8_t *to, const uint8_t *from, const uint8_t *end) {
  for (; to < end; to += 4, from += 4) *(uint32_t *)(void *)to = *(const uint32_t *)(const void *)from;
}

static void fill_words(uint8_t *to, const uint8_t *end, uint32_t value) {
  for (; to < end; to += 4) *(volatile uint32_t *)(void *)to = value;
}

_Noreturn void start_c(void) {
  /* Far enough below where we stand: what is above belongs to this function and its callers. */
  fill_words(stack_start, (const uint8_t *)__builtin_frame_address(0) - 128, PAINT);
  copy_words(data_start, data_image, data_end);
  fill_words(bss_start, bss_end, 0);
  main();
  board_reset();
}

uint32_t stack_peak(void) {
  const uint8_t *at = stack_start;
  while (at < stack_end && *(const uint32_t *)(const void *)at == PAINT) at += 4;
  return (uint32_t)(stack_end - at);
}
