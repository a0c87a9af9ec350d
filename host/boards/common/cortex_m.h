/*
 * What all Cortex-M boards share: vectors, faults, reset, and for boards whose interrupts only wake, sleep. Those keep PRIMASK set: a line
 * that becomes pending ends WFI all the same (Armv7-M Architecture Reference Manual, B1.5.19) and no handler ever runs. Drivers look at
 * their controller's own status; nothing is shared between two threads of control, and an event between the last look and WFI
 * is still pending when WFI comes.
 */
#ifndef SANDWIRE_CORTEX_M_H
#define SANDWIRE_CORTEX_M_H

#include <stdbool.h>
#include <stdint.h>

/* Read and write the register at an address. */
static inline volatile uint32_t *reg(uint32_t address) { return (volatile uint32_t *)(uintptr_t)address; }

/* Mask interrupts for good: they end WFI and nothing else. */
void cortex_m_only_wake(void);

/* Let interrupt line `irq` wake the core. */
void cortex_m_wake_on(uint32_t irq);

/* Sleep until a line that may wake is pending, then forget what was pending; lines still asserted are pending again at once. */
void cortex_m_rest(void);

_Noreturn void cortex_m_reset(void);

/*
 * For boards that do take interrupts: an array of handlers in the section `.vectors.irq` follows the vectors of the system, with this for
 * the lines it does not use. SysTick's is the board's own if it has one.
 */
void cortex_m_unexpected(void);
void systick_handler(void);

/* Whether a handler runs. Interrupts do not wake handlers: what they wait for they have to look at again and again. */
static inline bool cortex_m_in_handler(void) {
  uint32_t ipsr;
  __asm__ volatile("mrs %0, ipsr" : "=r"(ipsr));
  return ipsr != 0;
}

#endif
