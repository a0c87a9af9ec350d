/*
 * sw_sum and sw_copy_sum on a Cortex-M3, against the definition, at every alignment: their loop for it is written in assembler.
 * Says what it found through semihosting, and ends the emulator.
 */
#include "checksum.h"

enum { MOST = 300, SYS_WRITE0 = 4, SYS_EXIT = 0x18, ADP_STOPPED = 0x20026 };

void reset(void);

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {(void *)0x20010000, (void *)reset};

static void semihost(uint32_t operation, const void *argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static uint32_t state = 1;
static uint32_t chance(void) {
  state ^= state << 13;
  state ^= state >> 17;
  return state ^= state << 5;
}

/* RFC 1071, a word of 16 bits at a time. */
static uint32_t plain_sum(const uint8_t *from, uint32_t length, uint32_t start) {
  uint32_t sum = (start & 0xffff) + (start >> 16);
  for (uint32_t i = 0; i < length; i++) {
    sum += (uint32_t)from[i] << (i % 2 ? 8 : 0);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return sum;
}

static uint32_t fold(uint32_t sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  return (sum & 0xffff) + (sum >> 16);
}

static _Alignas(4) uint8_t source[MOST + 8], target[MOST + 8];

static bool copies(const uint8_t *from, uint8_t *to, uint32_t length, uint32_t start, uint32_t wanted) {
  for (uint32_t i = 0; i < sizeof target; i++) target[i] = 0xa5;
  if (fold(sw_copy_sum(to, from, length, start)) != wanted) return false;
  for (uint32_t i = 0; i < length; i++)
    if (to[i] != from[i]) return false;
  uint32_t untouched = 0;
  for (uint32_t i = 0; i < sizeof target; i++) untouched += target[i] == 0xa5 && (target + i < to || target + i >= to + length);
  return untouched == sizeof target - length;
}

static bool try_one(uint32_t i) {
  uint32_t mask = i % 3 == 0 ? 0xffffffff : i % 3 == 1 ? 0 : chance(), length = chance() % (MOST + 1), start = chance() & mask;
  for (uint32_t n = 0; n < sizeof source; n++) source[n] = (uint8_t)(i % 3 == 2 ? chance() : mask);
  const uint8_t *from = source + chance() % 4;
  uint32_t wanted = plain_sum(from, length, start);
  return fold(sw_sum(from, length, start)) == wanted && copies(from, target + chance() % 4, length, start, wanted);
}

void reset(void) {
  const char *said = "every sum is right\n";
  for (uint32_t i = 0; i < 3000; i++)
    if (!try_one(i)) said = "a sum is wrong\n";
  semihost(SYS_WRITE0, said);
  semihost(SYS_EXIT, (const void *)ADP_STOPPED);
  for (;;) continue;
}
