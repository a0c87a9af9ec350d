/*
 * The LM3S6965 evaluation board: clock, time, sleep, console, identity. Time is SysTick's, which counts on while the core sleeps and
 * interrupts three times a second to count its own rounds; deadlines are timer 0's. Nothing ticks.
 */
#include "board.h"
#include "chip.h"

const char board_name[] = "lm3s6965evb";

/* ---- Processor ------------------------------------------------------------------------------------------------------------------ */

static void interrupts_off(void) {
  __asm__ volatile("cpsid i" ::: "memory");
}

/* What is pending is taken before the next line. */
static void interrupts_on(void) {
  __asm__ volatile("cpsie i\n isb" ::: "memory");
}

/* Returns when an interrupt is pending, also while they are off. */
static void wait_for_interrupt(void) {
  __asm__ volatile("dsb\n wfi" ::: "memory");
}

static bool in_handler(void) {
  uint32_t ipsr;
  __asm__ volatile("mrs %0, ipsr" : "=r"(ipsr));
  return ipsr != 0;
}

/* ---- Clock: 8 MHz crystal, PLL of 200 MHz, divided by 4 (data sheet §5.4) ------------------------------------------------------------ */

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

/* ---- Time --------------------------------------------------------------------------------------------------------------------------- */

enum { TICKS_PER_MS = SYSTEM_CLOCK / 1000, ROUND_MS = 335 }; /* a round is as many milliseconds as fit into SysTick's 24 bits */

static volatile uint32_t rounds;
static volatile bool timer_event;

static void start_time(void) {
  STRELOAD = ROUND_MS * TICKS_PER_MS - 1;
  STCURRENT = 0;
  STCTRL = STCTRL_ENABLE | STCTRL_INTEN | STCTRL_CLK_SRC;
  GPTMCTL = 0;
  GPTMCFG = 0;
  GPTMTAMR = GPTMTAMR_ONE_SHOT;
  GPTMICR = GPTMIMR_TATOIM;
  GPTMIMR = GPTMIMR_TATOIM;
}

void systick_handler(void) {
  rounds++;
}

static void timer_interrupt(void) {
  GPTMICR = GPTMIMR_TATOIM;
  timer_event = true;
}

uint32_t board_now(void) {
  for (;;) {
    uint32_t round = rounds, left = STCURRENT;
    bool turned = (INTCTRL & INTCTRL_PENDSTSET) != 0 || round != rounds;
    if (!turned) return round * ROUND_MS + (ROUND_MS * TICKS_PER_MS - 1 - left) / TICKS_PER_MS;
  }
}

/* ---- Sleep -------------------------------------------------------------------------------------------------------------------------- */

static volatile bool console_event;

static void set_deadline(uint32_t ms) {
  const uint32_t longest = 60000; /* in 32 bits of cycles; who asked for more is woken early and sleeps again */
  timer_event = false;
  GPTMTAILR = (ms < longest ? ms : longest) * TICKS_PER_MS;
  GPTMCTL = GPTMCTL_TAEN;
}

static void clear_deadline(void) {
  GPTMCTL = 0;
  GPTMICR = GPTMIMR_TATOIM;
}

void board_sleep(uint32_t ms) {
  if (ms == 0) return;
  if (ms != UINT32_MAX) set_deadline(ms);
  interrupts_off(); /* what is pending still ends WFI, so nothing falls between the look and the sleep */
  while (!mac_event && !console_event && !timer_event) {
    wait_for_interrupt();
    interrupts_on();
    interrupts_off();
  }
  timer_event = false;
  console_event = false;
  interrupts_on();
  if (ms != UINT32_MAX) clear_deadline();
}

/* ---- Console: 115200 8N1 ------------------------------------------------------------------------------------------------------------- */

static void start_console(void) {
  GPIOAFSEL(GPIOA) |= 3; /* PA0 and PA1: U0RX, U0TX */
  GPIODEN(GPIOA) |= 3;
  UARTCTL = 0;
  UARTIBRD = 27; /* 50 MHz / (16 * 115200) = 27 + 8/64 */
  UARTFBRD = 8;
  UARTLCRH = UARTLCRH_WLEN_8 | UARTLCRH_FEN;
  UARTICR = UART_RX | UART_TX | UART_RT;
  UARTIM = UART_RX | UART_RT;
  UARTCTL = UARTCTL_ENABLE;
}

/* Masked until it has been dealt with: received characters by board_read, room for more by wait_for_room. */
static void console_interrupt(void) {
  UARTIM = 0;
  console_event = true;
}

/* Sleep until half the transmit FIFO is empty. A handler, which cannot be interrupted, looks again and again. */
static void wait_for_room(void) {
  if (in_handler()) return;
  interrupts_off();
  UARTICR = UART_TX;
  UARTIM = UART_TX;
  if (UARTFR & UARTFR_TXFF) wait_for_interrupt();
  interrupts_on();
  UARTIM = UART_RX | UART_RT;
}

void board_write(const char *text, uint32_t length) {
  for (uint32_t i = 0; i < length; i++) {
    while (UARTFR & UARTFR_TXFF) wait_for_room();
    UARTDR = (uint8_t)text[i];
  }
}

int board_read(void) {
  if (!(UARTFR & UARTFR_RXFE)) return (int)(UARTDR & 0xff);
  UARTICR = UART_RX | UART_RT;
  UARTIM = UART_RX | UART_RT;
  return -1;
}

/* ---- Identity, start, end -------------------------------------------------------------------------------------------------------------- */

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
  start_clock();
  RCGC1 = RCGC1_UART0 | RCGC1_TIMER0;
  RCGC2 = RCGC2_GPIOA | RCGC2_GPIOF | RCGC2_EMAC0 | RCGC2_EPHY0;
  (void)RCGC2; /* three cycles until the clocks run */
  (void)RCGC2;
  GPIOAFSEL(GPIOF) |= 3 << 2; /* PF2 and PF3: the lamps of the socket, LED1 and LED0 */
  GPIODEN(GPIOF) |= 3 << 2;
  start_console();
  start_time();
  EN0 = 1u << IRQ_UART0 | 1u << IRQ_TIMER0A;
  EN1 = 1u << (IRQ_ETHERNET - 32);
}

_Noreturn void board_reset(void) {
  for (uint32_t looks = 0; looks < 500000 && (UARTFR & UARTFR_BUSY); looks++) continue; /* what was said is to be read: 16 characters, 1.4 ms */
  APINT = APINT_SYSRESREQ;
  for (;;) wait_for_interrupt();
}

/* ---- Interrupts ------------------------------------------------------------------------------------------------------------------------ */

void cortex_m_unexpected(void);

/* Follows the 16 vectors of the processor. */
__attribute__((section(".vectors.irq"), used)) void (*const board_vectors[IRQ_COUNT])(void) = {
    [0 ... IRQ_UART0 - 1] = cortex_m_unexpected,
    [IRQ_UART0] = console_interrupt,
    [IRQ_UART0 + 1 ... IRQ_TIMER0A - 1] = cortex_m_unexpected,
    [IRQ_TIMER0A] = timer_interrupt,
    [IRQ_TIMER0A + 1 ... IRQ_ETHERNET - 1] = cortex_m_unexpected,
    [IRQ_ETHERNET] = mac_interrupt,
    [IRQ_ETHERNET + 1 ... IRQ_COUNT - 1] = cortex_m_unexpected,
};
