/*
 * ST's Nucleo-144 with STM32F429ZI (UM1974 has its pins, RM0090 the chip): clock, time, sleep, console on the ST-LINK's USB, identity.
 * Nobody has tried this on hardware yet; QEMU's netduinoplus2 runs it without Ethernet.
 */
#include "board.h"

#include "../common/cortex_m.h"
#include "chip.h"
#include "seed.h"

const char board_name[] = "nucleo-f429zi";

/* ---- Clock: 8 MHz from the ST-LINK, or else 16 MHz of the chip's own; PLL to 168 MHz (RM0090, chapters 3 and 6) -------------- */

#define FLASH_ACR 0x40023c00u
#define FLASH_ACR_5WS_CACHED (5u | 1u << 8 | 1u << 9 | 1u << 10)
#define RCC_CR 0x40023800u
#define RCC_CR_HSEON (1u << 16)
#define RCC_CR_HSERDY (1u << 17)
#define RCC_CR_HSEBYP (1u << 18)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_PLLCFGR 0x40023804u
#define PLLCFGR_N336_P2_Q7 (336u << 6 | 7u << 24)
#define PLLCFGR_HSE_M8 (1u << 22 | 8u)
#define PLLCFGR_HSI_M16 16u
#define RCC_CFGR 0x40023808u
#define CFGR_PLL_APB1_4_APB2_2 (2u | 5u << 10 | 4u << 13)
#define CFGR_SWS (3u << 2)
#define CFGR_SWS_PLL (2u << 2)
#define LOOKS 100000u /* some milliseconds, where microseconds are expected */

static bool becomes(uint32_t address, uint32_t mask, uint32_t value) {
  for (uint32_t looks = 0; looks < LOOKS; looks++)
    if ((*reg(address) & mask) == value) return true;
  return false;
}

static void start_clock(void) {
  *reg(RCC_CR) |= RCC_CR_HSEBYP;
  *reg(RCC_CR) |= RCC_CR_HSEON;
  bool is_exact = becomes(RCC_CR, RCC_CR_HSERDY, RCC_CR_HSERDY);
  *reg(RCC_PLLCFGR) = PLLCFGR_N336_P2_Q7 | (is_exact ? PLLCFGR_HSE_M8 : PLLCFGR_HSI_M16);
  *reg(RCC_CR) |= RCC_CR_PLLON;
  becomes(RCC_CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY);
  *reg(FLASH_ACR) = FLASH_ACR_5WS_CACHED;
  *reg(RCC_CFGR) = CFGR_PLL_APB1_4_APB2_2;
  becomes(RCC_CFGR, CFGR_SWS, CFGR_SWS_PLL);
}

/* ---- Pins (RM0090, chapter 8; UM1974, tables of connectors) -------------------------------------------------------------------- */

#define RCC_AHB1RSTR 0x40023810u
#define RCC_AHB1ENR 0x40023830u
#define AHB1_GPIO_A_B_C_D_G (1u << 0 | 1u << 1 | 1u << 2 | 1u << 3 | 1u << 6)
#define AHB1_ETHMAC (1u << 25)
#define AHB1_ETHMAC_TX_RX (3u << 26)
#define RCC_AHB2ENR 0x40023834u
#define AHB2_RNG (1u << 6)
#define RCC_APB1ENR 0x40023840u
#define APB1_TIM2 (1u << 0)
#define APB1_USART3 (1u << 18)
#define RCC_APB2ENR 0x40023844u
#define APB2_SYSCFG (1u << 14)
#define SYSCFG_PMC 0x40013804u
#define PMC_MII_RMII_SEL (1u << 23)

enum { USART = 7, ETHERNET = 11 };

static void set_field(uint32_t address, uint32_t width, uint32_t index, uint32_t value) {
  uint32_t mask = ((1u << width) - 1) << width * index;
  *reg(address) = (*reg(address) & ~mask) | value << width * index;
}

/* Give a pin to a peripheral: MODER 2, OSPEEDR 3, AFR. */
static void use_pin(char port, uint32_t pin, uint32_t function) {
  uint32_t gpio = 0x40020000u + 0x400u * (uint32_t)(port - 'A');
  set_field(gpio + 0x08, 2, pin, 3);
  set_field(gpio + 0x20 + pin / 8 * 4, 4, pin % 8, function);
  set_field(gpio + 0x00, 2, pin, 2);
}

static void start_pins(void) {
  static const char rmii[][2] = {{'A', 1}, {'A', 2}, {'A', 7}, {'B', 13}, {'C', 1}, {'C', 4}, {'C', 5}, {'G', 11}, {'G', 13}};
  *reg(RCC_AHB1ENR) |= AHB1_GPIO_A_B_C_D_G;
  *reg(RCC_APB2ENR) |= APB2_SYSCFG;
  (void)*reg(RCC_APB2ENR);
  for (uint32_t i = 0; i < sizeof rmii / sizeof rmii[0]; i++) use_pin(rmii[i][0], (uint32_t)rmii[i][1], ETHERNET);
  use_pin('D', 8, USART);
  use_pin('D', 9, USART);
  /* RMII is chosen while the controller is held in reset and has no clock (9.2.2). */
  *reg(RCC_AHB1RSTR) |= AHB1_ETHMAC;
  *reg(SYSCFG_PMC) |= PMC_MII_RMII_SEL;
  *reg(RCC_AHB1ENR) |= AHB1_ETHMAC | AHB1_ETHMAC_TX_RX;
  (void)*reg(RCC_AHB1ENR);
  *reg(RCC_AHB1RSTR) &= ~AHB1_ETHMAC;
}

/* ---- Time: TIM2 counts microseconds in 32 bits (chapter 18) ---------------------------------------------------------------------- */

#define TIM2 0x40000000u
#define TIM_CR1 0x00u
#define TIM_DIER 0x0cu
#define TIM_SR 0x10u
#define TIM_EGR 0x14u
#define TIM_CNT 0x24u
#define TIM_PSC 0x28u
#define TIM_ARR 0x2cu
#define TIM_CCR1 0x34u
#define TIM_CC1 (1u << 1)

static void start_time(void) {
  *reg(TIM2 + TIM_PSC) = 84 - 1; /* timers of APB1 run at 84 MHz */
  *reg(TIM2 + TIM_ARR) = UINT32_MAX;
  *reg(TIM2 + TIM_EGR) = 1;
  *reg(TIM2 + TIM_DIER) = TIM_CC1;
  *reg(TIM2 + TIM_CR1) = 1;
  cortex_m_wake_on(IRQ_TIM2);
}

uint32_t board_now(void) {
  static uint32_t milliseconds, counted;
  uint32_t whole = (*reg(TIM2 + TIM_CNT) - counted) / 1000;
  milliseconds += whole;
  counted += whole * 1000;
  return milliseconds;
}

/* ---- Console: USART3, 115200 8N1 (chapter 30) -------------------------------------------------------------------------------------- */

#define USART3 0x40004800u
#define USART_SR 0x00u
#define USART_CAME (1u << 5 | 1u << 3) /* RXNE, or ORE: one came too many */
#define USART_TC (1u << 6)
#define USART_TXE (1u << 7)
#define USART_DR 0x04u
#define USART_BRR 0x08u
#define USART_CR1 0x0cu
#define USART_CR1_ON (1u << 2 | 1u << 3 | 1u << 5 | 1u << 13) /* RE, TE, RXNEIE, UE */

static void start_console(void) {
  *reg(USART3 + USART_BRR) = (42000000u + 57600u) / 115200u;
  *reg(USART3 + USART_CR1) = USART_CR1_ON;
  cortex_m_wake_on(IRQ_USART3);
}

/* Sleep until there is room, but a handler, which no interrupt wakes, looks again and again. */
static void wait_for_room(void) {
  if (cortex_m_in_handler()) return;
  *reg(USART3 + USART_CR1) = USART_CR1_ON | USART_TXE;
  cortex_m_rest();
  *reg(USART3 + USART_CR1) = USART_CR1_ON;
}

void board_write(const char *text, uint32_t length) {
  for (; length > 0; length--, text++) {
    while (!(*reg(USART3 + USART_SR) & USART_TXE)) wait_for_room();
    *reg(USART3 + USART_DR) = (uint8_t)*text;
  }
}

/* Reading DR behind SR takes both bits back. */
int board_read(void) {
  return *reg(USART3 + USART_SR) & USART_CAME ? (int)(*reg(USART3 + USART_DR) & 0xff) : -1;
}

/* ---- Sleep --------------------------------------------------------------------------------------------------------------------------- */

static bool is_wanted(void) {
  uint32_t events = eth_get(ETH_DMAIER) & ~(DMASR_NIS | DMASR_AIS);
  return (*reg(TIM2 + TIM_SR) & TIM_CC1) || (*reg(USART3 + USART_SR) & USART_CAME) || (eth_get(ETH_DMASR) & events);
}

/* No interrupt tells of the cable: it is looked at between two sleeps. */
void board_sleep(uint32_t ms) {
  uint32_t longest = phy_is_busy() ? 1 : LINK_PERIOD;
  if (ms == 0) return;
  *reg(TIM2 + TIM_CCR1) = *reg(TIM2 + TIM_CNT) + (ms < longest ? ms : longest) * 1000;
  *reg(TIM2 + TIM_SR) = ~TIM_CC1;
  while (!is_wanted()) cortex_m_rest(); /* returns at once when something has come since */
}

/* ---- Identity, start, end ------------------------------------------------------------------------------------------------------------ */

#define RNG_CR 0x50060800u
#define RNG_CR_RNGEN (1u << 2)
#define RNG_SR 0x50060804u
#define RNG_SR_DRDY (1u << 0)
#define RNG_SR_ERRORS (1u << 1 | 1u << 2 | 1u << 5 | 1u << 6)
#define RNG_DR 0x50060808u

/* Chapter 24: the first word after power-on is not to be used, nor one that equals the one before. */
bool board_entropy(uint32_t words[4]) {
  *reg(RCC_AHB2ENR) |= AHB2_RNG;
  (void)*reg(RCC_AHB2ENR);
  *reg(RNG_CR) = RNG_CR_RNGEN;
  uint32_t last = 0;
  for (uint32_t i = 0; i < 5; i++) {
    if (!becomes(RNG_SR, RNG_SR_DRDY, RNG_SR_DRDY) || (*reg(RNG_SR) & RNG_SR_ERRORS)) return false;
    uint32_t word = *reg(RNG_DR);
    if (word == last) return false;
    if (i > 0) words[i - 1] = word;
    last = word;
  }
  return true;
}

/* Made of the chip's unique number (39.1): locally administered (IEEE 802, 8.2), the same after every start. */
bool board_address(uint8_t address[6]) {
  const uint32_t id = 0x1fff7a10u;
  uint32_t words[4] = {*reg(id), *reg(id + 4), *reg(id + 8), 0};
  sw_seed_derive(words, words, 0x4d4143, 0);
  address[0] = 2;
  for (uint32_t i = 1; i < 6; i++) address[i] = (uint8_t)(words[i / 4] >> i % 4 * 8);
  return true;
}

void board_init(void) {
  cortex_m_only_wake();
  start_clock();
  start_pins();
  *reg(RCC_APB1ENR) |= APB1_TIM2 | APB1_USART3;
  (void)*reg(RCC_APB1ENR);
  start_time();
  start_console();
}

_Noreturn void board_reset(void) {
  becomes(USART3 + USART_SR, USART_TC, USART_TC); /* the last word is to be read */
  cortex_m_reset();
}
