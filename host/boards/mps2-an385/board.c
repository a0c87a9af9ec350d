/*
 * The MPS2 board with FPGA image AN385 (Arm DAI 0385): memory map in its section 3.1, interrupts in 3.7. Timers and UART are those
 * of the Cortex-M System Design Kit (Arm DDI 0479), chapter 4; all run at 25 MHz.
 */
#include "board.h"

#include "../common/cortex_m.h"

#define TIMER0 0x40000000u
#define TIMER1 0x40001000u
#define UART0 0x40004000u
#define UART0_RX_IRQ 0u
#define TIMER1_IRQ 9u

/* APB timer, DDI 0479 section 4.4: counts down, reloads at 0. */
#define TIMER_CTRL 0x0u
#define TIMER_CTRL_EN (1u << 0)
#define TIMER_CTRL_IRQEN (1u << 3)
#define TIMER_VALUE 0x4u
#define TIMER_RELOAD 0x8u
#define TIMER_INTSTATUS 0xcu

/* APB UART, DDI 0479 section 4.3. */
#define UART_DATA 0x0u
#define UART_STATE 0x4u
#define UART_STATE_TXFULL (1u << 0)
#define UART_STATE_RXFULL (1u << 1)
#define UART_CTRL 0x8u
#define UART_CTRL_TXEN (1u << 0)
#define UART_CTRL_RXEN (1u << 1)
#define UART_CTRL_RXINTEN (1u << 3)
#define UART_INTSTATUS 0xcu
#define UART_INTSTATUS_RX (1u << 1)
#define UART_BAUDDIV 0x10u

#define TICKS_PER_MS 25000u
#define BAUD 115200u
/* Timer 0 goes round in 171 s: time has to be looked at before. */
#define LONGEST_SLEEP_MS 100000u

const char board_name[] = "mps2-an385";

static uint32_t milliseconds, counted;

void board_init(void) {
  cortex_m_only_wake();
  *reg(TIMER0 + TIMER_RELOAD) = ~0u;
  *reg(TIMER0 + TIMER_CTRL) = TIMER_CTRL_EN;
  counted = *reg(TIMER0 + TIMER_VALUE);
  *reg(UART0 + UART_BAUDDIV) = TICKS_PER_MS * 1000u / BAUD;
  *reg(UART0 + UART_CTRL) = UART_CTRL_TXEN | UART_CTRL_RXEN | UART_CTRL_RXINTEN;
  cortex_m_wake_on(UART0_RX_IRQ);
  cortex_m_wake_on(TIMER1_IRQ);
}

uint32_t board_now(void) {
  uint32_t whole = (counted - *reg(TIMER0 + TIMER_VALUE)) / TICKS_PER_MS;
  milliseconds += whole;
  counted -= whole * TICKS_PER_MS;
  return milliseconds;
}

void board_sleep(uint32_t ms) {
  if (ms == 0) return;
  if (ms > LONGEST_SLEEP_MS) ms = LONGEST_SLEEP_MS;
  *reg(TIMER1 + TIMER_RELOAD) = ms * TICKS_PER_MS;
  *reg(TIMER1 + TIMER_CTRL) = TIMER_CTRL_EN | TIMER_CTRL_IRQEN;
  cortex_m_rest();
  *reg(TIMER1 + TIMER_CTRL) = 0;
  *reg(TIMER1 + TIMER_INTSTATUS) = 1;
  board_now();
}

void board_write(const char *text, uint32_t length) {
  for (; length > 0; length--, text++) {
    while (*reg(UART0 + UART_STATE) & UART_STATE_TXFULL) continue;
    *reg(UART0 + UART_DATA) = (uint8_t)*text;
  }
}

int board_read(void) {
  *reg(UART0 + UART_INTSTATUS) = UART_INTSTATUS_RX;
  return *reg(UART0 + UART_STATE) & UART_STATE_RXFULL ? (int)(*reg(UART0 + UART_DATA) & 0xff) : -1;
}

bool board_entropy(uint32_t words[4]) {
  (void)words;
  return false;
}

bool board_address(uint8_t address[6]) {
  (void)address;
  return false;
}

_Noreturn void board_reset(void) { cortex_m_reset(); }
