/*
 * The LM3S6965 evaluation board: clock, time, sleep, console, identity. Time is the watchdog's, which here guards nothing: it is the one
 * counter of 32 bits that can be read on the chip and in QEMU. Deadlines are timer 0's. Nothing ticks.
 */
#include "board.h"

#include "../common/cortex_m.h"
#include "chip.h"

const char board_name[] = "lm3s6965evb";

/* ---- Clock: 8 MHz crystal, PLL of 200 MHz, divided by 4 (data sheet §5.4) -------------------------------------------------- */

static void start_clock(void) {
  uint32_t rcc = (RCC | RCC_BYPASS) & ~RCC_USESYSDIV;
  RCC = rcc;
  rcc &= ~(RCC_XTAL | RCC_OSCSRC | RCC_PWRDN | RCC_MOSCDIS);
  rcc |= RCC_XTAL_8MHZ;
  RCC = rcc;
  rcc = (rcc & ~RCC_SYSDIV) | RCC_SYSDIV_4 | RCC_USESYSDIV;
  RCC = rcc;
  /* The PLL locks within 0.5 ms, 6000 cycles of the internal oscillator this runs on. */
  for (uint32_t looks = 0; looks < 32768 && !(RIS & RIS_PLLLRIS); looks++) continue;
  RCC = rcc & ~RCC_BYPASS;
}

/* ---- Time ------------------------------------------------------------------------------------------------------------------ */

#define TICKS_PER_MS (SYSTEM_CLOCK / 1000)

static uint32_t milliseconds, counted;

/* Counts down and goes round in 85 s, without a reset as RESEN stays clear. */
static void start_time(void) {
  WDTLOAD = UINT32_MAX;
  WDTCTL = WDTCTL_INTEN;
  counted = WDTVALUE;
  GPTMCTL = 0;
  GPTMCFG = 0;
  GPTMTAMR = GPTMTAMR_ONE_SHOT;
  GPTMIMR = GPTMRIS_TATORIS;
}

/* It has gone round: a watchdog stands still when nobody takes that back before the next time. */
static void begin_round(void) {
  uint32_t before = WDTVALUE;
  WDTICR = 1;
  counted += WDTVALUE - before;
}

/* Has to be called once a round at least; board_sleep does. */
uint32_t board_now(void) {
  if (WDTRIS) begin_round();
  uint32_t whole = (counted - WDTVALUE) / TICKS_PER_MS;
  milliseconds += whole;
  counted -= whole * TICKS_PER_MS;
  return milliseconds;
}

/* ---- Sleep ----------------------------------------------------------------------------------------------------------------- */

#define LONGEST_MS 80000u /* less than a round; who asked for more is woken early and sleeps again */

/* There is something to do. A frame that waits in the FIFO for a slot has been acknowledged already. */
static bool is_wanted(void) {
  return (GPTMRIS & GPTMRIS_TATORIS) || UARTMIS || (mac_read(MACRIS) & mac_read(MACIM)) || mac_read(MACNP);
}

void board_sleep(uint32_t ms) {
  if (ms == 0) return;
  GPTMTAILR = (ms < LONGEST_MS ? ms : LONGEST_MS) * TICKS_PER_MS;
  GPTMCTL = GPTMCTL_TAEN;
  while (!is_wanted()) cortex_m_rest(); /* returns at once when something has come since */
  GPTMCTL = 0;
  GPTMICR = GPTMRIS_TATORIS;
  board_now();
}

/* ---- Console: 115200 8N1 --------------------------------------------------------------------------------------------------- */

static void start_console(void) {
  GPIOAFSEL(GPIOA) |= 3; /* PA0 and PA1: U0RX, U0TX */
  GPIODEN(GPIOA) |= 3;
  UARTCTL = 0;
  UARTIBRD = 27; /* 50 MHz / (16 * 115200) = 27 + 8/64 */
  UARTFBRD = 8;
  UARTLCRH = UARTLCRH_WLEN_8 | UARTLCRH_FEN;
  UARTIM = UART_RX | UART_RT;
  UARTCTL = UARTCTL_ENABLE;
}

/* Sleep until half the transmit FIFO is empty. */
static void wait_for_room(void) {
  if (cortex_m_in_handler()) return;
  UARTICR = UART_TX;
  UARTIM = UART_RX | UART_RT | UART_TX;
  if (UARTFR & UARTFR_TXFF) cortex_m_rest();
  UARTIM = UART_RX | UART_RT;
}

void board_write(const char *text, uint32_t length) {
  for (; length > 0; length--, text++) {
    while (UARTFR & UARTFR_TXFF) wait_for_room();
    UARTDR = (uint8_t)*text;
  }
}

int board_read(void) {
  UARTICR = UART_RX | UART_RT; /* before the look: what comes after it asks again */
  return UARTFR & UARTFR_RXFE ? -1 : (int)(UARTDR & 0xff);
}

/* ---- Identity, start, end -------------------------------------------------------------------------------------------------- */

/* The chip has no source of entropy. */
bool board_entropy(uint32_t words[4]) {
  (void)words;
  return false;
}

/* The factory writes the address into the user registers (data sheet §7.3.2). */
bool board_address(uint8_t address[6]) {
  uint32_t low = USER_REG0, high = USER_REG1;
  if (((low | high) & USER_REG_NW) || (low | high) == 0 || (low & 1)) return false;
  for (int i = 0; i < 3; i++) {
    address[i] = (uint8_t)(low >> 8 * i);
    address[3 + i] = (uint8_t)(high >> 8 * i);
  }
  return true;
}

void board_init(void) {
  cortex_m_only_wake();
  start_clock();
  RCGC0 |= RCGC0_WDT;
  RCGC1 = RCGC1_UART0 | RCGC1_TIMER0;
  RCGC2 = RCGC2_GPIOA | RCGC2_GPIOF | RCGC2_EMAC0 | RCGC2_EPHY0;
  (void)RCGC2; /* three cycles until the clocks run */
  (void)RCGC2;
  GPIOAFSEL(GPIOF) |= 3 << 2; /* PF2 and PF3: the lamps of the socket, LED1 and LED0 */
  GPIODEN(GPIOF) |= 3 << 2;
  start_console();
  start_time();
  cortex_m_wake_on(IRQ_UART0);
  cortex_m_wake_on(IRQ_TIMER0A);
}

/* What was said is to be read: 16 characters take 1.4 ms. */
_Noreturn void board_reset(void) {
  for (uint32_t looks = 0; looks < 20000 && (UARTFR & UARTFR_BUSY); looks++) continue;
  cortex_m_reset();
}
