/* mps2-an385 as QEMU has it: start-up, a timer, and the way out by semihosting. No interrupts, no clocks to set. */
#include <string.h>

#include "bench.h"

/* CMSDK APB timer 0 (Arm DDI 0479, section 4.2), counts down at the 25 MHz of the system clock. */
#define TIMER_CTRL (*(volatile uint32_t *)0x40000000)
#define TIMER_VALUE (*(volatile uint32_t *)0x40000004)
#define TIMER_RELOAD (*(volatile uint32_t *)0x40000008)

/* Operations of Arm semihosting. */
enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20 };
enum { ADP_STOPPED_APPLICATION_EXIT = 0x20026 };

extern uint32_t stack_top[], data_start[], data_end[], data_image[], bss_start[], bss_end[];

int main(void);

static void semihost(uint32_t operation, const void *argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void machine_print(const char *text) { semihost(SYS_WRITE0, text); }

_Noreturn void machine_exit(int code) {
  const uint32_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, (uint32_t)code};
  semihost(SYS_EXIT_EXTENDED, block);
  for (;;) continue;
}

uint32_t machine_ticks(void) { return 0u - TIMER_VALUE; }

_Noreturn static void fault(void) {
  machine_print("fault\n");
  machine_exit(2);
}

_Noreturn static void reset(void) {
  memcpy(data_start, data_image, (size_t)((uint8_t *)data_end - (uint8_t *)data_start));
  memset(bss_start, 0, (size_t)((uint8_t *)bss_end - (uint8_t *)bss_start));
  TIMER_RELOAD = 0xffffffff;
  TIMER_VALUE = 0xffffffff;
  TIMER_CTRL = 1;
  machine_exit(main());
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))stack_top, reset, fault, fault, fault, fault, fault, NULL, NULL, NULL, NULL, fault, fault, NULL, fault, fault,
};

/* What newlib's longjmp, assert and malloc would need is not there on purpose: nothing of that kind may be linked. */
