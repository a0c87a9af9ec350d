/*
 * What all Cortex-M boards share. Interrupts only wake: PRIMASK stays set from reset on, so a line that becomes pending ends WFI (Armv7-M
 * Architecture Reference Manual, B1.5.18) and no handler ever runs. A driver looks at its controller's own status; nothing
 * is shared between two threads of control, and an event between the last look and WFI is still pending when WFI comes.
 */
#ifndef SANDWIRE_CORTEX_M_H
#define SANDWIRE_CORTEX_M_H

#include <stdint.h>

/* Read and write the register at an address. */
static inline volatile uint32_t *reg(uint32_t address) { return (volatile uint32_t *)(uintptr_t)address; }

/* Let interrupt line `irq` wake the core. */
void cortex_m_wake_on(uint32_t irq);

/* Sleep until a line that may wake is pending, then forget what was pending; lines still asserted are pending again at once. */
void cortex_m_rest(void);

_Noreturn void cortex_m_reset(void);

#endif
