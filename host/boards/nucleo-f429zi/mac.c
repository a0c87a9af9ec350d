/* The Ethernet controller of the STM32F429 (RM0090, chapter 33): start, stop, and what is due in each round. */
#include "board.h"

#include <string.h>

#include "../common/cortex_m.h"
#include "rings.h"

static struct phy_link link;
static uint8_t own[6];

/* The controller pads by itself: TDES0[DP] stays 0. */
uint32_t mac_capabilities(void) {
  return SW_RX_CSUM | SW_TX_CSUM | SW_PAD;
}

/* A second write to a register is lost when it comes within four cycles of a clock of 2.5 MHz at the least (ES0206, 2.15.5). */
static void settle(void) {
  for (volatile uint32_t cycles = 0; cycles < 100; cycles++) continue;
}

static void set(uint32_t offset, uint32_t value) {
  eth_set(offset, value);
  settle();
}

/* A reset ends what the DMA is doing; it takes some cycles of the PHY's clock, and without that clock does not end. */
void mac_stop(void) {
  eth_set(ETH_DMABMR, DMABMR_SR);
  for (uint32_t looks = 0; looks < 100000 && (eth_get(ETH_DMABMR) & DMABMR_SR); looks++) continue;
}

static void set_mode(void) {
  set(ETH_MACCR, MACCR_RE | MACCR_TE | (link.full_duplex ? MACCR_DM : 0) | (link.speed == 100 ? MACCR_FES : 0));
}

static void watch_cable(sw_port *port) {
  if (!phy_poll(board_now(), &link)) return;
  if (link.up) set_mode();
  sw_port_link(port, link.up, link.speed);
}

void mac_start(sw_port *port, const uint8_t address[6]) {
  mac_stop();
  memmove(own, address, sizeof own);
  link = (struct phy_link){.full_duplex = true, .speed = 100};
  set(ETH_MACFFR, MACFFR_PAM); /* all of multicast: the module knows its groups */
  set(ETH_MACA0HR, (uint32_t)address[4] | (uint32_t)address[5] << 8);
  set(ETH_MACA0LR, (uint32_t)address[0] | (uint32_t)address[1] << 8 | (uint32_t)address[2] << 16 | (uint32_t)address[3] << 24);
  set(ETH_MMCCR, MMCCR_ROR);
  eth_set(ETH_MMCRIMR, MMC_ALL_MASKED);
  eth_set(ETH_MMCTIMR, MMC_ALL_MASKED);
  eth_set(ETH_DMABMR, DMABMR_AAB | DMABMR_FB | DMABMR_PBL_32);
  rings_start(port);
  eth_set(ETH_DMARDLAR, eth_address(eth_rx));
  eth_set(ETH_DMATDLAR, eth_address(eth_tx));
  set_mode();
  set(ETH_DMAOMR, DMAOMR_RSF | DMAOMR_TSF | DMAOMR_FTF); /* whole frames only: damaged ones take no slot */
  set(ETH_DMAOMR, DMAOMR_RSF | DMAOMR_TSF | DMAOMR_ST | DMAOMR_SR);
  sw_port_link(port, false, 0);
  phy_start();
  watch_cable(port);
  cortex_m_wake_on(IRQ_ETH);
}

/* Reading clears them. */
static void count_losses(sw_port *port) {
  uint32_t lost = eth_get(ETH_DMAMFBOCR);
  for (uint32_t n = (lost & DMAMFBOCR_MFC) + (lost >> DMAMFBOCR_MFA & 0x7ff); n > 0; n--) sw_port_rx_missed(port);
  for (uint32_t n = eth_get(ETH_MMCRFCECR); n > 0; n--) sw_port_rx_error(port);
}

bool mac_exchange(sw_port *port) {
  watch_cable(port);
  /* Events first: what comes while the rings are gone through is another, which ends the next sleep at once. */
  uint32_t events = eth_get(ETH_DMASR) & DMASR_EVENTS;
  eth_set(ETH_DMASR, events);
  if (events & DMASR_FBES) mac_start(port, own); /* the DMA has stopped */
  count_losses(port);
  uint32_t before = port->received + port->sent;
  while (rings_receive(port)) {
    eth_barrier();
    eth_set(ETH_DMARPDR, 0); /* frames that wait in the FIFO come as soon as there are descriptors again */
  }
  bool gave = rings_send(port);
  eth_barrier();
  if (gave) eth_set(ETH_DMATPDR, 0);
  eth_set(ETH_DMAIER, DMASR_NIS | DMASR_RS | DMASR_AIS | DMASR_RBUS | DMASR_FBES | (rings_sending_full() ? DMASR_TS : 0));
  return gave || port->received + port->sent != before;
}
