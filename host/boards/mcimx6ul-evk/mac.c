/*
 * The ENET as the module's MAC: start, stop, and what is due in each round. Descriptors and slots are rings.c's business, the cable
 * phy.c's.
 *
 * Checksums: the ENET fills in those of what is sent (TACC, TXBD[PINS]). Of what is received they are verified natively, in place:
 * the ENET could (RACC, RXBD[PCR]), but no emulator does, and what cannot be tested is not believed here.
 */
#include "board.h"
#include "bus.h"
#include "enet.h"
#include "imx6ul.h"
#include "phy.h"
#include "rings.h"

enum { LONGEST = 1522 }; /* a frame with an 802.1Q tag and its FCS */

static struct link link; /* what the PHY says */
static struct link mode; /* how the ENET is set */
static bool is_fit;     /* the module's slots can be the ENET's buffers */
static uint32_t wakes;  /* what EIMR is */
static uint16_t missed; /* what IEEE_R_MACERR was */

static void set(enum enet_register at, uint32_t value) {
  bus_write(ENET1_BASE + at, value);
}

static uint32_t get(enum enet_register at) {
  return bus_read(ENET1_BASE + at);
}

uint32_t mac_capabilities(void) {
  return SW_RX_CSUM | SW_TX_CSUM;
}

/*
 * Clearing ETHEREN ends what the DMA is doing and forgets the descriptors (IMX6ULRM, ECR). When the register has been read back, the
 * slots belong to nobody but us.
 */
void mac_stop(void) {
  wakes = 0;
  set(ENET_EIMR, wakes);
  set(ENET_ECR, get(ENET_ECR) & ~ECR_ETHEREN);
  (void)get(ENET_ECR);
  barrier();
}

static void set_filters(const uint8_t *a) {
  set(ENET_PALR, (uint32_t)a[0] << 24 | (uint32_t)a[1] << 16 | (uint32_t)a[2] << 8 | a[3]);
  set(ENET_PAUR, (uint32_t)a[4] << 24 | (uint32_t)a[5] << 16);
  set(ENET_IAUR, 0);
  set(ENET_IALR, 0);
  set(ENET_GAUR, UINT32_MAX); /* all of multicast: the module knows its groups */
  set(ENET_GALR, UINT32_MAX);
}

/* What wakes the core. That something was sent does only where the module may be waiting for room. */
static void choose_events(void) {
  uint32_t now = EIR_RXF | EIR_EBERR | EIR_MII | (rings_sending_full() ? EIR_TXF : 0);
  if (now != wakes) set(ENET_EIMR, now);
  wakes = now;
}

/* Pause frames are not obeyed: any station could keep us from sending. */
static void enable(const sw_port *port) {
  set(ENET_RCR, LONGEST << RCR_MAX_FL_SHIFT | RCR_MII_MODE | RCR_RMII_MODE | (mode.speed == 10 ? RCR_RMII_10T : 0));
  set(ENET_TCR, mode.full_duplex ? TCR_FDEN : 0);
  set(ENET_TFWR, TFWR_STRFWD);
  set(ENET_TACC, TACC_PROCHK);
  set(ENET_RACC, 0);
  set(ENET_FTRL, port->slot_size);
  set(ENET_MRBR, port->slot_size);
  set(ENET_RDSR, bus_address(enet_rx));
  set(ENET_TDSR, bus_address(enet_tx));
  set(ENET_EIR, UINT32_MAX & ~EIR_MII);
  rings_start(port);
  set(ENET_ECR, ECR_DBSWP | ECR_EN1588 | ECR_ETHEREN);
}

static const char unfit[] = "no network: frame slots share cache lines; build the module with CONFIG_SLOT_ALIGN=64\n";

void mac_start(sw_port *port, const uint8_t address[6]) {
  mac_stop();
  set(ENET_ECR, ECR_RESET); /* takes eight clocks */
  for (uint32_t tries = 100; tries > 0 && (get(ENET_ECR) & ECR_RESET); tries--) continue;
  link = (struct link){0};
  mode = (struct link){.up = true, .full_duplex = true, .speed = 100};
  missed = (uint16_t)get(ENET_IEEE_R_MACERR);
  set(ENET_MIBC, 0); /* count */
  set_filters(address);
  sw_port_link(port, false, 0);
  phy_start();
  is_fit = rings_fit(port);
  if (is_fit) enable(port);
  else board_write(unfit, sizeof unfit - 1);
}

/* Mode bits may be written only while the ENET stands still. Frames under way are lost, or sent once more, as on any bad cable. */
static void restart(const sw_port *port) {
  mac_stop();
  enable(port);
}

/* Frames that found no slot for as long as the FIFO had room. */
static void count_missed(sw_port *port) {
  uint16_t now = (uint16_t)get(ENET_IEEE_R_MACERR); /* COUNT has 16 bits and wraps */
  for (; missed != now; missed++) sw_port_rx_missed(port);
}

static void watch_cable(sw_port *port) {
  if (!phy_poll(board_now(), &link)) return;
  if (link.up && (link.speed != mode.speed || link.full_duplex != mode.full_duplex)) {
    mode = link;
    restart(port);
  }
  sw_port_link(port, link.up, link.speed);
}

/* Frames that wait in the ENET's FIFO come as soon as there are descriptors again. */
static void receive(sw_port *port) {
  while (rings_receive(port)) {
    barrier();
    set(ENET_RDAR, RDAR_RDAR);
  }
}

bool mac_exchange(sw_port *port) {
  if (!is_fit) return false;
  watch_cable(port);
  /* Events first: what comes while the rings are gone through makes another, which ends the next sleep at once. */
  uint32_t events = get(ENET_EIR);
  set(ENET_EIR, events & ~EIR_MII);
  if (events & EIR_EBERR) restart(port);
  count_missed(port);
  uint32_t before = port->received + port->sent;
  receive(port);
  bool gave = rings_send(port);
  barrier();
  /* The ENET may clear TDAR without having seen the last descriptor (erratum ERR007885): what is still to be sent is said again. */
  if (gave || (rings_sending() && !get(ENET_TDAR))) set(ENET_TDAR, TDAR_TDAR);
  choose_events();
  return gave || port->received + port->sent != before;
}
