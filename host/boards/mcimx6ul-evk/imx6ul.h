/* Where things are in the i.MX 6UltraLite. Names are those of the reference manual (IMX6ULRM, chapter 2: memory maps). */
#ifndef SANDWIRE_IMX6UL_H
#define SANDWIRE_IMX6UL_H

#include <stdint.h>

#define GICD_BASE 0x00a01000u /* interrupt distributor, and */
#define GICC_BASE 0x00a02000u /* CPU interface of the Cortex-A7 (its TRM, chapter 8) */
#define UART1_BASE 0x02020000u
#define ENET2_BASE 0x020b4000u
#define WDOG1_BASE 0x020bc000u
#define CCM_BASE 0x020c4000u
#define CCM_ANALOG_BASE 0x020c8000u
#define IOMUXC_BASE 0x020e0000u
#define IOMUXC_GPR_BASE 0x020e4000u
#define ENET1_BASE 0x02188000u
#define OCOTP_BASE 0x021bc000u
#define SCTR_BASE 0x021dc000u

/* Interrupts (chapter 3): numbers of the GIC, whose first 32 are the core's own. */
#define VIRTUAL_TIMER_IRQ 27u
#define UART1_IRQ (32u + 26u)
#define ENET1_IRQ (32u + 118u)
#define ENET2_IRQ (32u + 120u)

static inline volatile uint32_t *reg32(uint32_t address) {
  return (volatile uint32_t *)(uintptr_t)address;
}

static inline volatile uint16_t *reg16(uint32_t address) {
  return (volatile uint16_t *)(uintptr_t)address;
}

/* Clocks and pins that the boot loader may have left otherwise. */
void soc_init(void);

/* The PHY has no interrupt line: somebody looks at it this often, so nobody sleeps longer. */
#define LINK_PERIOD 250u /* ms */

#endif
