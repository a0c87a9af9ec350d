/* Semihosting for AArch32 and AArch64, Arm: the operations' numbers are from its section 7. An emulator or a debugger serves them. */
#include <string.h>

#include "replay.h"

enum {
  SYS_OPEN = 0x01,
  SYS_WRITE = 0x05,
  SYS_READ = 0x06,
  SYS_GET_CMDLINE = 0x15,
  SYS_EXIT = 0x18,
};
enum { MODE_RB = 1, MODE_WB = 5 };
#define ADP_STOPPED_RUN_TIME_ERROR 0x20023u
#define ADP_STOPPED_APPLICATION_EXIT 0x20026u
#define FAILED 0xffffffffu

static uint32_t in_file, out_file;
static uint8_t waiting[512];
static uint32_t used;

/* Both with a 16 bit instruction of the Thumb set: M profile has a breakpoint, the others a supervisor call. */
static uint32_t semihost(uint32_t operation, const void *parameter) {
  register uint32_t r0 __asm("r0") = operation;
  register const void *r1 __asm("r1") = parameter;
#if __ARM_ARCH_PROFILE == 'M'
  __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory", "cc");
#else
  __asm volatile("svc 0xab" : "+r"(r0) : "r"(r1) : "memory", "cc", "lr");
#endif
  return r0;
}

void files_command_line(char *text, uint32_t room) {
  uint32_t block[2] = {(uint32_t)(uintptr_t)text, room};
  if (semihost(SYS_GET_CMDLINE, block) != 0) text[0] = 0;
}

static uint32_t open_file(const char *name, uint32_t mode) {
  return semihost(SYS_OPEN, (uint32_t[3]){(uint32_t)(uintptr_t)name, mode, (uint32_t)strlen(name)});
}

bool files_open(const char *in, const char *out) {
  out_file = open_file(out, MODE_WB);
  in_file = open_file(in, MODE_RB);
  return out_file != FAILED && in_file != FAILED;
}

uint32_t files_read(uint8_t *octets, uint32_t length) {
  uint32_t left = semihost(SYS_READ, (uint32_t[3]){in_file, (uint32_t)(uintptr_t)octets, length});
  return left > length ? 0 : length - left;
}

static void flush(void) {
  if (used > 0) semihost(SYS_WRITE, (uint32_t[3]){out_file, (uint32_t)(uintptr_t)waiting, used});
  used = 0;
}

void files_write(const void *octets, uint32_t length) {
  const uint8_t *at = octets;
  while (length > 0) {
    uint32_t part = sizeof waiting - used < length ? sizeof waiting - used : length;
    memcpy(waiting + used, at, part);
    used += part;
    at += part;
    length -= part;
    if (used == sizeof waiting) flush();
  }
}

_Noreturn void files_exit(bool good) {
  flush();
  for (;;) semihost(SYS_EXIT, (const void *)(uintptr_t)(good ? ADP_STOPPED_APPLICATION_EXIT : ADP_STOPPED_RUN_TIME_ERROR));
}

uint32_t replay_crc32(const uint8_t *octets, uint32_t length, uint32_t before) {
  static uint32_t table[256];
  for (uint32_t octet = 0; table[255] == 0 && octet < 256; octet++) {
    uint32_t crc = octet;
    for (uint32_t bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    table[octet] = crc;
  }
  uint32_t crc = ~before;
  for (uint32_t i = 0; i < length; i++) crc = table[(crc ^ octets[i]) & 255] ^ crc >> 8;
  return ~crc;
}
