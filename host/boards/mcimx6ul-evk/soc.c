/*
 * Pins and clocks of ENET1, in case the boot loader meant ENET2, or none. Values from IMX6ULRM, chapters 18 (CCM) and 32 (IOMUXC), and the
 * board's schematic. An emulator has none of this, and nobody has tried it on the board.
 */
#include <stddef.h>

#include "imx6ul.h"

struct pin {
  uint16_t mux, pad;
  uint8_t mode;
  uint32_t control;
};

#define SION (1u << 4)         /* the pad is an input too, whatever its mode */
#define FAST 0x1b0b0u          /* pull-up 100k, 100 MHz, 48 ohm */
#define CLOCK 0x1b031u         /* the same, fast slew rate, for 50 MHz */

static const struct pin pins[] = {
    {0x074, 0x300, 0, FAST},         /* GPIO1_IO06: ENET1_MDIO */
    {0x078, 0x304, 0, FAST},         /* GPIO1_IO07: ENET1_MDC */
    {0x0c4, 0x350, 0, FAST},         /* ENET1_RX_DATA0 */
    {0x0c8, 0x354, 0, FAST},         /* ENET1_RX_DATA1 */
    {0x0cc, 0x358, 0, FAST},         /* ENET1_RX_EN */
    {0x0d0, 0x35c, 0, FAST},         /* ENET1_TX_DATA0 */
    {0x0d4, 0x360, 0, FAST},         /* ENET1_TX_DATA1 */
    {0x0d8, 0x364, 0, FAST},         /* ENET1_TX_EN */
    {0x0dc, 0x368, 4 | SION, CLOCK}, /* ENET1_TX_CLK: ENET1_REF_CLK1, the 50 MHz of RMII, to the PHY and back */
    {0x0e0, 0x36c, 0, FAST},         /* ENET1_RX_ER */
};

enum { ENET1_REF_CLK1_SELECT_INPUT = 0x574, ENET1_MAC0_MDIO_SELECT_INPUT = 0x578 };

#define GPR1_ENET1_CLK_SEL (1u << 13)    /* 0: RMII clock by the pad */
#define GPR1_ENET1_TX_CLK_DIR (1u << 17) /* 1: we make it */

#define PLL_ENET 0xe0u
#define PLL_ENET_LOCK (1u << 31)
#define PLL_ENET_BYPASS (1u << 16)
#define PLL_ENET_ENET1_EN (1u << 13)
#define PLL_ENET_POWERDOWN (1u << 12)
#define PLL_ENET_ENET1_DIV 3u
#define PLL_ENET_ENET1_50MHZ 1u

static void clock_init(void) {
  *reg32(CCM_BASE + 0x74) |= 3u << 4; /* CCGR3[CG2]: clock for both ENETs */
  volatile uint32_t *pll = reg32(CCM_ANALOG_BASE + PLL_ENET);
  *pll = (*pll & ~(PLL_ENET_POWERDOWN | PLL_ENET_ENET1_DIV)) | PLL_ENET_ENET1_50MHZ | PLL_ENET_ENET1_EN;
  for (uint32_t tries = 100000; tries > 0 && !(*pll & PLL_ENET_LOCK); tries--) continue; /* a millisecond */
  *pll &= ~PLL_ENET_BYPASS;
  volatile uint32_t *gpr1 = reg32(IOMUXC_GPR_BASE + 4);
  *gpr1 = (*gpr1 & ~GPR1_ENET1_CLK_SEL) | GPR1_ENET1_TX_CLK_DIR;
}

void soc_init(void) {
  clock_init();
  for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
    *reg32(IOMUXC_BASE + pins[i].mux) = pins[i].mode;
    *reg32(IOMUXC_BASE + pins[i].pad) = pins[i].control;
  }
  *reg32(IOMUXC_BASE + ENET1_REF_CLK1_SELECT_INPUT) = 2;
  *reg32(IOMUXC_BASE + ENET1_MAC0_MDIO_SELECT_INPUT) = 0;
}
