/* With: stellaris_enet.c stellaris_phy.c */
/*
 * The Ethernet controller as its data sheet describes it, for the conformance test of ports on a PC: what the driver does to its
 * registers comes here.
 */
#include "../mock.h"

#include <assert.h>
#include <string.h>

#include "../common/cortex_m.h"
#include "chip.h"

enum { RXINT = 1, TXER = 2, TXEMP = 4, FOV = 8, RXER = 16, PHYINT = 64, FIFO_SIZE = 2048, FRAMES = 31 };
enum { RXEN = 1, BADCRC = 8, RSTFIFO = 16, TXEN = 1, START = 1, WRITE = 2, NEWTX = 1, SMALLEST = 60 };

static uint32_t status, mask, rctl, tctl, phy_data, phy_interrupts;
static uint8_t rx[FIFO_SIZE], tx[FIFO_SIZE];
static uint32_t rx_head, rx_used, rx_left; /* octets in the FIFO, and of the frame that is being read */
static uint32_t frames, tx_used;
static bool tx_requested, cable_up, cable_was_down;
static uint32_t cable_speed;

static void reset_receiver(void) {
  rx_head = rx_used = rx_left = frames = 0;
}

void mock_reset(void) {
  reset_receiver();
  status = mask = tctl = phy_data = phy_interrupts = tx_used = cable_speed = 0;
  rctl = BADCRC;
  tx_requested = cable_up = false;
  cable_was_down = true;
}

/* ---- Receive FIFO ------------------------------------------------------------------------------------------------------ */

static void push(const uint8_t *octets, uint32_t length) {
  for (uint32_t i = 0; i < length; i++) rx[(rx_head + rx_used++) % FIFO_SIZE] = octets[i];
}

static uint32_t length_at_head(void) {
  return rx[rx_head] | (uint32_t)rx[(rx_head + 1) % FIFO_SIZE] << 8;
}

/* Frames begin at words. */
static uint32_t rounded(uint32_t length) {
  return (length + 3) & ~3u;
}

static uint32_t pop_word(void) {
  assert(rx_used >= 4);
  if (rx_left == 0) rx_left = rounded(length_at_head());
  uint32_t word = 0;
  for (uint32_t i = 0; i < 4; i++) word |= (uint32_t)rx[(rx_head + i) % FIFO_SIZE] << 8 * i;
  rx_head = (rx_head + 4) % FIFO_SIZE;
  rx_used -= 4;
  rx_left -= 4;
  if (rx_left == 0 && frames > 0) frames--;
  return word;
}

bool mock_deliver(const uint8_t *frame, uint32_t length, bool damaged) {
  static const uint8_t fcs[8];
  if (!(rctl & RXEN) || !cable_up) return false; /* nobody listens */
  if (damaged && (rctl & BADCRC)) {
    status |= RXER;
    return true;
  }
  uint32_t occupied = length + 6;
  if (frames == FRAMES || rx_used + rounded(occupied) > FIFO_SIZE) {
    status |= FOV;
    return false;
  }
  uint8_t head[2] = {(uint8_t)occupied, (uint8_t)(occupied >> 8)};
  push(head, sizeof head);
  push(frame, length);
  push(fcs, rounded(occupied) - 2 - length);
  frames++;
  status |= RXINT;
  return true;
}

/* ---- Transmit FIFO ----------------------------------------------------------------------------------------------------- */

/* The FIFO holds one frame until it is out. */
static void push_word(uint32_t word) {
  assert(!tx_requested && tx_used + 4 <= FIFO_SIZE);
  for (uint32_t i = 0; i < 4; i++) tx[tx_used++] = (uint8_t)(word >> 8 * i);
}

uint32_t mock_take(uint8_t *frame, uint32_t room) {
  if (!tx_requested || !(tctl & TXEN)) return 0;
  uint32_t length = (tx[0] | (uint32_t)tx[1] << 8) + 14, padded = length < SMALLEST ? SMALLEST : length;
  assert(length + 2 <= tx_used && padded <= room);
  memset(frame, 0, padded);
  memcpy(frame, tx + 2, length);
  tx_used = 0;
  tx_requested = false;
  status |= TXEMP;
  return padded;
}

/* ---- PHY --------------------------------------------------------------------------------------------------------------- */

void mock_cable(bool up, uint32_t speed) {
  if (!up) cable_was_down = true;
  cable_up = up;
  cable_speed = speed;
  phy_interrupts |= 0x0004; /* MR17: LSCHG_INT */
  status |= PHYINT;
}

/* MR1's link bit stays low until it was read. */
static uint32_t phy_status(void) {
  uint32_t link = cable_up && !cable_was_down ? 0x0024 : 0;
  cable_was_down = !cable_up;
  return 0x7849 | link;
}

static uint32_t phy_register(uint32_t index) {
  uint32_t seen = phy_interrupts;
  switch (index) {
  case 1:
    return phy_status();
  case 17:
    phy_interrupts &= ~0xffu;
    return seen;
  case 18:
    return 0x0800 | (cable_speed == 100 ? 0x0400 : 0);
  default:
    return 0;
  }
}

static void transact(uint32_t control) {
  uint32_t index = control >> 3;
  if (control & WRITE) phy_interrupts = index == 17 ? phy_data & 0xff00 : phy_interrupts;
  else phy_data = phy_register(index);
}

/* ---- Registers --------------------------------------------------------------------------------------------------------- */

uint32_t mac_read(uint32_t offset) {
  switch (offset) {
  case MACRIS:
    return status;
  case MACIM:
    return mask;
  case MACDATA:
    return pop_word();
  case MACMRXD:
    return phy_data;
  case MACNP:
    return frames;
  case MACTR:
    return tx_requested ? NEWTX : 0;
  default:
    return 0;
  }
}

static void acknowledge(uint32_t bits) {
  status &= ~bits;
  if (bits & TXER) tx_used = 0;
}

void mac_write(uint32_t offset, uint32_t value) {
  switch (offset) {
  case MACRIS:
    acknowledge(value);
    break;
  case MACIM:
    mask = value;
    break;
  case MACRCTL:
    rctl = value;
    if (value & RSTFIFO) reset_receiver();
    break;
  case MACTCTL:
    tctl = value;
    break;
  case MACDATA:
    push_word(value);
    break;
  case MACMTXD:
    phy_data = value;
    break;
  case MACMCTL:
    transact(value);
    break;
  case MACTR:
    tx_requested = tx_requested || (value & NEWTX);
    break;
  default:
    break;
  }
}

void cortex_m_wake_on(uint32_t irq) {
  (void)irq;
}
