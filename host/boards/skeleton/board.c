/*
 * A board: clock, time, sleep, console, identity. Everything here is asked for by host/boards/board.h. Keep the functions, replace what
 * is in them.
 */
#include "board.h"

#include "../common/cortex_m.h"
#include "chip.h"

#define TICKS_PER_MS 48000u

/* The name in board.json; the console's first line begins with it. */
const char board_name[] = "skeleton";

/*
 * First thing in main. Start the clock; let the pins of console and Ethernet be theirs; start timer and UART; say which lines wake the
 * core. Rule: interrupts only wake: no handler ever runs, a pending line ends WFI all the same.
 */
void board_init(void) {
  cortex_m_only_wake();
  *reg(TIMER + TIMER_STATUS) = 1;
  cortex_m_wake_on(IRQ_TIMER);
  cortex_m_wake_on(IRQ_UART);
}

/*
 * Milliseconds since power-on. Rule: they go on over the counter's end and wrap only at 32 bits; so a counter of ticks is looked at
 * more often than it goes round (here every 89 s), and whole milliseconds are taken out of what has passed.
 */
uint32_t board_now(void) {
  static uint32_t milliseconds, counted;
  uint32_t whole = (*reg(TIMER + TIMER_COUNT) - counted) / TICKS_PER_MS;
  milliseconds += whole;
  counted += whole * TICKS_PER_MS;
  return milliseconds;
}

/* Rule: true as long as there is something to do that an exchange or the console has not seen. */
static bool is_wanted(void) {
  return (*reg(TIMER + TIMER_STATUS) & 1) || (*reg(UART + UART_STATUS) & UART_RX_READY) ||
         (mac_get(MAC_STATUS) & mac_get(MAC_WAKE)) || mac_get(MAC_RX_LENGTH);
}

/*
 * Sleep for `ms` at most. Rule: what comes between the last look at the MAC and WFI ends the sleep at once; cortex_m_rest has this, as
 * lines stay pending. Returning early is allowed, returning late costs the network its round-trip times. Never a loop that only looks.
 */
void board_sleep(uint32_t ms) {
  const uint32_t longest = 60000;
  *reg(TIMER + TIMER_COMPARE) = *reg(TIMER + TIMER_COUNT) + (ms < longest ? ms : longest) * TICKS_PER_MS;
  *reg(TIMER + TIMER_STATUS) = 1;
  while (ms > 0 && !is_wanted()) cortex_m_rest();
  board_now();
}

/* To the console. May wait until the UART takes the next character. Also called from the fault handler: needs no interrupt. */
void board_write(const char *text, uint32_t length) {
  for (; length > 0; length--, text++) {
    while (!(*reg(UART + UART_STATUS) & UART_TX_READY)) continue;
    *reg(UART + UART_DATA) = (uint8_t)*text;
  }
}

/* A character from the console, or -1: never waits. */
int board_read(void) {
  return *reg(UART + UART_STATUS) & UART_RX_READY ? (int)(*reg(UART + UART_DATA) & 0xff) : -1;
}

/*
 * 128 bits nobody can guess, from the chip's random number generator. Rule: false rather than something that can be guessed (a serial
 * number, the time): the firmware then warns on its console and takes the seed of its build.
 */
bool board_entropy(uint32_t words[4]) {
  (void)words;
  return false;
}

/* The board's own MAC address, from fuses or an EEPROM. Rule: false rather than one that another board has too. */
bool board_address(uint8_t address[6]) {
  (void)address;
  return false;
}

/* Start over, as at power-on: the whole chip where it can. */
_Noreturn void board_reset(void) {
  cortex_m_reset();
}
