/*
 * Registers of the LM3S6965 that this board's files use, by the names of its data sheet (DS-LM3S6965), and what they tell each other.
 */
#ifndef SANDWIRE_LM3S6965_H
#define SANDWIRE_LM3S6965_H

#include <stdbool.h>
#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* The core clock board_init sets up. */
#define SYSTEM_CLOCK 50000000u

/* Interrupt lines (data sheet table 2-9). */
enum { IRQ_UART0 = 5, IRQ_TIMER0A = 19, IRQ_ETHERNET = 42 };

/* ---- System control (chapter 5) ------------------------------------------------------------------------------------------- */

#define RIS REGISTER(0x400fe050)
#define RIS_PLLLRIS (1u << 6)
#define RCC REGISTER(0x400fe060)
#define RCC_MOSCDIS (1u << 0)
#define RCC_OSCSRC (3u << 4) /* 0: the main oscillator */
#define RCC_XTAL (15u << 6)
#define RCC_XTAL_8MHZ (14u << 6)
#define RCC_BYPASS (1u << 11)
#define RCC_PWRDN (1u << 13)
#define RCC_USESYSDIV (1u << 22)
#define RCC_SYSDIV (15u << 23)
#define RCC_SYSDIV_4 (3u << 23)
#define RCGC0 REGISTER(0x400fe100)
#define RCGC0_WDT (1u << 3)
#define RCGC1 REGISTER(0x400fe104)
#define RCGC1_UART0 (1u << 0)
#define RCGC1_TIMER0 (1u << 16)
#define RCGC2 REGISTER(0x400fe108)
#define RCGC2_GPIOA (1u << 0)
#define RCGC2_GPIOF (1u << 5)
#define RCGC2_EMAC0 (1u << 28)
#define RCGC2_EPHY0 (1u << 30)
#define USER_REG0 REGISTER(0x400fe1e0) /* three octets each of the MAC address, NW set: not written */
#define USER_REG1 REGISTER(0x400fe1e4)
#define USER_REG_NW (1u << 31)

/* ---- General-purpose inputs and outputs (chapter 8) ------------------------------------------------------------------------ */

#define GPIOA 0x40004000u
#define GPIOF 0x40025000u
#define GPIOAFSEL(port) REGISTER((port) + 0x420)
#define GPIODEN(port) REGISTER((port) + 0x51c)

/* ---- Timer 0 (chapter 9) ------------------------------------------------------------------------------------------------------ */

#define GPTMCFG REGISTER(0x40030000) /* 0: one timer of 32 bits */
#define GPTMTAMR REGISTER(0x40030004)
#define GPTMTAMR_ONE_SHOT 1u
#define GPTMCTL REGISTER(0x4003000c)
#define GPTMCTL_TAEN 1u
#define GPTMIMR REGISTER(0x40030018)
#define GPTMIMR_TATOIM 1u
#define GPTMRIS REGISTER(0x4003001c)
#define GPTMRIS_TATORIS 1u
#define GPTMICR REGISTER(0x40030024)
#define GPTMTAILR REGISTER(0x40030028)

/* ---- Watchdog (chapter 10) ------------------------------------------------------------------------------------------------- */

#define WDTLOAD REGISTER(0x40000000)
#define WDTVALUE REGISTER(0x40000004)
#define WDTCTL REGISTER(0x40000008)
#define WDTCTL_INTEN 1u /* starts it, and cannot be taken back */
#define WDTICR REGISTER(0x4000000c) /* written: it starts from WDTLOAD again */
#define WDTRIS REGISTER(0x40000010)

/* ---- UART 0 (chapter 12) ------------------------------------------------------------------------------------------------------ */

#define UARTDR REGISTER(0x4000c000)
#define UARTFR REGISTER(0x4000c018)
#define UARTFR_BUSY (1u << 3)
#define UARTFR_RXFE (1u << 4)
#define UARTFR_TXFF (1u << 5)
#define UARTIBRD REGISTER(0x4000c024)
#define UARTFBRD REGISTER(0x4000c028)
#define UARTLCRH REGISTER(0x4000c02c)
#define UARTLCRH_FEN (1u << 4)
#define UARTLCRH_WLEN_8 (3u << 5)
#define UARTCTL REGISTER(0x4000c030)
#define UARTCTL_ENABLE 0x301u /* UARTEN, TXE, RXE */
#define UARTIM REGISTER(0x4000c038)
#define UARTMIS REGISTER(0x4000c040)
#define UARTICR REGISTER(0x4000c044)
#define UART_RX (1u << 4)
#define UART_TX (1u << 5)
#define UART_RT (1u << 6)

/* ---- Ethernet controller (chapter 15) ------------------------------------------------------------------------------------------ */

#define MAC 0x40048000u
#define MACRIS 0x00u /* written: MACIACK */
#define MACIM 0x04u
#define MACRCTL 0x08u
#define MACTCTL 0x0cu
#define MACDATA 0x10u
#define MACIA0 0x14u
#define MACIA1 0x18u
#define MACTHR 0x1cu
#define MACMCTL 0x20u
#define MACMDV 0x24u
#define MACMTXD 0x2cu
#define MACMRXD 0x30u
#define MACNP 0x34u
#define MACTR 0x38u

/* The controller's registers go through these two, so that a test can put its own in their place. */
#ifdef SW_MOCK
uint32_t mac_read(uint32_t offset);
void mac_write(uint32_t offset, uint32_t value);
#else
static inline uint32_t mac_read(uint32_t offset) {
  return REGISTER(MAC + offset);
}
static inline void mac_write(uint32_t offset, uint32_t value) {
  REGISTER(MAC + offset) = value;
}
#endif

/* ---- Between stellaris_enet.c and stellaris_phy.c -------------------------------------------------------------------------------- */

/* What the PHY says of the cable. */
struct phy_link {
  bool up, full_duplex;
  uint32_t speed; /* Mbit/s */
};

/* Let the PHY interrupt when the cable comes or goes. */
void phy_start(void);

/* The cable as it is now; takes the PHY's interrupt back. */
struct phy_link phy_look(void);

#endif
