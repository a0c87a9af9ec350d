/* NXP MCIMX6UL-EVK: console, time, sleep, identity. Interrupts only wake: they are masked, WFI ends when the GIC signals one. */
#include "board.h"

#include "bus.h"
#include "imx6ul.h"

const char board_name[] = "mcimx6ul-evk";

/* ---- Console: UART1, 115200 baud (IMX6ULRM, chapter 55) ---------------------------------------------------------------- */

enum { URXD = 0x00, UTXD = 0x40, UCR1 = 0x80, UCR2 = 0x84, UCR3 = 0x88, UFCR = 0x90, USR1 = 0x94, USR2 = 0x98, UBIR = 0xa4, UBMR = 0xa8 };
#define UCR1_RRDYEN (1u << 9)
#define UCR1_UARTEN (1u << 0)
#define UCR2_IRTS (1u << 14)
#define UCR2_WS (1u << 5)
#define UCR2_TXEN (1u << 2)
#define UCR2_RXEN (1u << 1)
#define UCR2_SRST (1u << 0)
#define UCR3_RXDMUXSEL (1u << 2)
#define UFCR_BY_TWO (4u << 7)
#define USR1_TRDY (1u << 13)
#define USR2_RDR (1u << 0)
#define USR2_TXDC (1u << 3)

static volatile uint32_t *uart(uint32_t at) {
  return reg32(UART1_BASE + at);
}

/* The module clock is 80 MHz: 40 MHz x 16 / (16 x 347) are 115274 baud. */
static void uart_init(void) {
  *uart(UCR1) = 0;
  *uart(UCR2) = UCR2_SRST | UCR2_IRTS | UCR2_WS | UCR2_TXEN | UCR2_RXEN;
  *uart(UCR3) = UCR3_RXDMUXSEL;
  *uart(UFCR) = UFCR_BY_TWO | 2u << 10 | 1u;
  *uart(UBIR) = 15;
  *uart(UBMR) = 347 - 1;
  *uart(UCR1) = UCR1_UARTEN | UCR1_RRDYEN;
}

void board_write(const char *text, uint32_t length) {
  for (uint32_t i = 0; i < length; i++) {
    while (!(*uart(USR1) & USR1_TRDY)) continue; /* 87 us a character when the FIFO of 32 is full */
    *uart(UTXD) = (uint8_t)text[i];
  }
}

int board_read(void) {
  return *uart(USR2) & USR2_RDR ? (int)(*uart(URXD) & 0xff) : -1;
}

/* ---- Time: the core's generic timer (ARMv7-A manual, B8) ---------------------------------------------------------------- */

#define CNTCR_EN 1u
#define CNTV_CTL_ENABLE 1u
#define CNTV_CTL_IMASK 2u

static uint32_t ticks_per_ms;

/* The boot loader has started the system counter and said how fast it is; without one, its 8 MHz from the crystal. */
static void timer_init(void) {
  uint32_t hertz;
  __asm__ volatile("mrc p15, 0, %0, c14, c0, 0" : "=r"(hertz));
  if (hertz == 0) {
    hertz = 8000000;
    __asm__ volatile("mcr p15, 0, %0, c14, c0, 0" ::"r"(hertz));
    *reg32(SCTR_BASE) |= CNTCR_EN;
  }
  ticks_per_ms = hertz / 1000;
}

/* The low half of CNTVCT, which wraps after a minute at the least: nobody sleeps that long. */
static uint32_t ticks(void) {
  uint32_t low, high;
  __asm__ volatile("isb\n mrrc p15, 1, %0, %1, c14" : "=r"(low), "=r"(high)::"memory");
  return low;
}

uint32_t board_now(void) {
  static uint32_t ms, ticks_of_ms;
  uint32_t passed = (ticks() - ticks_of_ms) / ticks_per_ms;
  ms += passed;
  ticks_of_ms += passed * ticks_per_ms;
  return ms;
}

static void timer_set(uint32_t in_ticks, uint32_t control) {
  __asm__ volatile("mcr p15, 0, %0, c14, c3, 0\n mcr p15, 0, %1, c14, c3, 1\n isb" ::"r"(in_ticks), "r"(control) : "memory");
}

/* ---- Sleep ---------------------------------------------------------------------------------------------------------------- */

enum { GICD_CTLR = 0x000, GICD_ISENABLER = 0x100, GICD_IPRIORITYR = 0x400, GICD_ITARGETSR = 0x800, GICC_CTLR = 0x0, GICC_PMR = 0x4 };

static void gic_enable(uint32_t irq) {
  *(volatile uint8_t *)(uintptr_t)(GICD_BASE + GICD_IPRIORITYR + irq) = 0x80;
  if (irq >= 32) *(volatile uint8_t *)(uintptr_t)(GICD_BASE + GICD_ITARGETSR + irq) = 1;
  *reg32(GICD_BASE + GICD_ISENABLER + irq / 32 * 4) = 1u << irq % 32;
}

static void gic_init(void) {
  static const uint8_t wakes[] = {VIRTUAL_TIMER_IRQ, UART1_IRQ, ENET1_IRQ, ENET2_IRQ};
  for (uint32_t i = 0; i < sizeof wakes; i++) gic_enable(wakes[i]);
  *reg32(GICD_BASE + GICD_CTLR) = 1;
  *reg32(GICC_BASE + GICC_PMR) = 0xff;
  *reg32(GICC_BASE + GICC_CTLR) = 1;
}

/*
 * All four interrupts are levels: signalled as long as their device has an event that nobody has cleared. One that came after the
 * last look at the device is signalled still, and WFI does not sleep. Nothing is acknowledged, so nothing has to be ended either.
 */
void board_sleep(uint32_t ms) {
  if (ms == 0) return;
  if (ms > LINK_PERIOD) ms = LINK_PERIOD;
  timer_set(ms * ticks_per_ms, CNTV_CTL_ENABLE);
  __asm__ volatile("dsb sy\n wfi" ::: "memory");
  timer_set(0, CNTV_CTL_IMASK);
}

/* ---- Identity ------------------------------------------------------------------------------------------------------------- */

/* The chip's generator is inside its CAAM, behind descriptor rings of its own; nobody has written that driver yet. */
bool board_entropy(uint32_t words[4]) {
  (void)words;
  return false;
}

/* Fuses MAC_ADDR of ENET1 (IMX6ULRM, OCOTP_MAC0 and OCOTP_MAC1); else what a boot loader has put into PALR and PAUR. */
static uint16_t board_mac_high;
static uint32_t board_mac_low;

bool board_address(uint8_t address[6]) {
  uint32_t high = board_mac_high, low = board_mac_low;
  for (uint32_t i = 0; i < 6; i++) address[i] = (uint8_t)(i < 2 ? high >> (8 - 8 * i) : low >> (40 - 8 * i));
  return (high | low) != 0 && !(address[0] & 1);
}

static void read_address(void) {
  enum { OCOTP_MAC0 = 0x620, OCOTP_MAC1 = 0x630, PALR = 0xe4, PAUR = 0xe8 };
  board_mac_high = (uint16_t)*reg32(OCOTP_BASE + OCOTP_MAC1);
  board_mac_low = *reg32(OCOTP_BASE + OCOTP_MAC0);
  if (board_mac_high != 0 || board_mac_low != 0) return;
  uint32_t palr = *reg32(ENET1_BASE + PALR);
  board_mac_high = (uint16_t)(palr >> 16);
  board_mac_low = palr << 16 | *reg32(ENET1_BASE + PAUR) >> 16;
}

/* ---- Power-on and reset --------------------------------------------------------------------------------------------------- */

void board_init(void) {
  soc_init();
  uart_init();
  timer_init();
  gic_init();
  read_address();
}

/* A watchdog that is told to reset at once: WCR with SRS cleared (IMX6ULRM, WDOG). What is in on-chip RAM stays. */
void board_reset(void) {
  enum { WDE = 1u << 2, WDA = 1u << 5 };
  while (!(*uart(USR2) & USR2_TXDC)) continue; /* the last words leave first */
  *reg16(WDOG1_BASE) = WDA | WDE;
  for (;;) __asm__ volatile("wfi");
}
