/* With: lan9118.c */
/*
 * The LAN9118 as its data sheet describes it, for the conformance test of ports on a PC: what the driver does to its registers comes
 * here.
 */
#include "../mock.h"

#include <assert.h>
#include <string.h>

#include "../common/cortex_m.h"
#include "lan9118.h"

enum { RX_WORDS = 2640, RX_FRAMES = 176, TX_OCTETS = 4608, LONGEST = 2048, SMALLEST = 60 };
enum { CRC_ERROR = 1 << 1, SENT_FRAMES = 64 };

static uint32_t int_sts, int_en, irq_cfg, dropped, control, csr_data, mii_data, phy_events, phy_mask;
static uint32_t rx[RX_WORDS], rx_head, rx_used;
static uint32_t rx_status[RX_FRAMES], rx_status_head, rx_status_used;
static uint8_t sent[SENT_FRAMES][LONGEST];
static uint32_t sent_length[SENT_FRAMES], sent_head, sent_used;
static uint32_t tx_words, tx_length; /* words of the present frame that have come, and its octets */
static bool is_transmitting, is_plugged, was_down;
static uint32_t cable_speed;

static void reset_registers(void) {
  int_sts = int_en = irq_cfg = dropped = csr_data = mii_data = phy_events = phy_mask = 0;
  control = 1u << 18; /* promiscuous until told otherwise */
  rx_head = rx_used = rx_status_head = rx_status_used = tx_words = 0;
  is_transmitting = false;
  was_down = true;
}

void mock_reset(void) {
  reset_registers();
  sent_head = sent_used = cable_speed = 0;
  is_plugged = false;
}

/* ---- Receiver ---------------------------------------------------------------------------------------------------------- */

bool mock_deliver(const uint8_t *frame, uint32_t length, bool damaged) {
  uint32_t words = (length + FCS + 3) / 4;
  if (!(control & MAC_CR_RXEN) || !is_plugged) return false; /* nobody listens */
  if (rx_used + words > RX_WORDS || rx_status_used == RX_FRAMES) {
    dropped++;
    int_sts |= INT_RXDF;
    return false;
  }
  for (uint32_t word = 0; word < words; word++) {
    uint32_t value = 0xffffffff; /* what stands for the FCS */
    uint32_t rest = length > word * 4 ? length - word * 4 : 0;
    memcpy(&value, frame + word * 4, rest < 4 ? rest : 4);
    rx[(rx_head + rx_used++) % RX_WORDS] = value;
  }
  uint32_t errors = damaged ? RX_STATUS_ERROR | CRC_ERROR : 0;
  rx_status[(rx_status_head + rx_status_used++) % RX_FRAMES] = (length + FCS) << 16 | errors;
  int_sts |= INT_RSFL;
  return true;
}

static uint32_t pop_word(void) {
  assert(rx_used > 0);
  uint32_t word = rx[rx_head];
  rx_head = (rx_head + 1) % RX_WORDS;
  rx_used--;
  return word;
}

static uint32_t pop_status(void) {
  assert(rx_status_used > 0);
  uint32_t status = rx_status[rx_status_head];
  rx_status_head = (rx_status_head + 1) % RX_FRAMES;
  rx_status_used--;
  return status;
}

/* ---- Transmitter ------------------------------------------------------------------------------------------------------- */

static uint32_t tx_room(void) {
  uint32_t octets = 0;
  for (uint32_t i = 0; i < sent_used; i++) octets += (sent_length[(sent_head + i) % SENT_FRAMES] + 11) & ~3u;
  return octets < TX_OCTETS && sent_used < SENT_FRAMES ? TX_OCTETS - octets : 0;
}

/* Command A, command B, the frame's words (3.12). */
static void push_word(uint32_t word) {
  assert(is_transmitting);
  if (tx_words == 0) {
    tx_length = word & 0x7ff;
    assert(word == (TX_A_FIRST | TX_A_LAST | tx_length) && tx_length > 0 && tx_length + 8 <= tx_room());
  } else if (tx_words == 1) {
    assert((word & 0x7ff) == tx_length);
  } else {
    memcpy(sent[(sent_head + sent_used) % SENT_FRAMES] + (tx_words - 2) * 4, &word, 4);
  }
  if (++tx_words - 2 != (tx_length + 3) / 4) return;
  sent_length[(sent_head + sent_used++) % SENT_FRAMES] = tx_length;
  tx_words = 0;
}

uint32_t mock_take(uint8_t *frame, uint32_t room) {
  if (sent_used == 0 || !(control & MAC_CR_TXEN)) return 0;
  uint32_t length = sent_length[sent_head], padded = length < SMALLEST ? SMALLEST : length;
  assert(padded <= room);
  memset(frame, 0, padded);
  memcpy(frame, sent[sent_head], length);
  sent_head = (sent_head + 1) % SENT_FRAMES;
  sent_used--;
  int_sts |= INT_TDFA;
  return padded;
}

/* ---- PHY --------------------------------------------------------------------------------------------------------------- */

static void tell_phy(void) {
  if (phy_events & phy_mask) int_sts |= INT_PHY;
  else int_sts &= ~INT_PHY;
}

void mock_cable(bool up, uint32_t speed) {
  if (!up) was_down = true;
  is_plugged = up;
  cable_speed = speed;
  phy_events |= up ? PHY_INT_AUTONEG_DONE : PHY_INT_LINK_DOWN;
  tell_phy();
}

static uint32_t phy_register(uint32_t index) {
  uint32_t value;
  switch (index) {
    case PHY_BSR: /* the link's bit stays low until it was read */
      value = is_plugged ? PHY_BSR_AUTONEG_DONE | (was_down ? 0 : PHY_BSR_LINK) : 0;
      was_down = !is_plugged;
      return value;
    case PHY_ANAR: return 0x01e1;
    case PHY_ANLPAR: return cable_speed == 100 ? 0x01e1 : 0x0061;
    case PHY_INTERRUPT_SOURCE:
      value = phy_events;
      phy_events = 0;
      tell_phy();
      return value;
    default: return 0;
  }
}

static void transact(uint32_t access) {
  uint32_t index = access >> 6 & 31;
  assert((access >> 11 & 31) == 1);
  if (!(access & MII_ACC_WRITE)) mii_data = phy_register(index);
  else if (index == PHY_INTERRUPT_MASK) phy_mask = mii_data;
  tell_phy();
}

/* ---- Registers --------------------------------------------------------------------------------------------------------- */

static void csr(uint32_t command) {
  uint32_t index = command & 0xff;
  bool is_read = (command & MAC_CSR_CMD_READ) != 0;
  assert(command & MAC_CSR_CMD_BUSY);
  if (is_read) csr_data = index == MAC_CR ? control : index == MII_DATA ? mii_data : 0;
  else if (index == MAC_CR) control = csr_data;
  else if (index == MII_DATA) mii_data = csr_data;
  else if (index == MII_ACC) transact(csr_data);
}

uint32_t mock_get(uint32_t offset) {
  uint32_t value;
  switch (offset) {
    case RX_DATA_FIFO: return pop_word();
    case RX_STATUS_FIFO: return pop_status();
    case IRQ_CFG: return irq_cfg;
    case INT_STS: return int_sts;
    case INT_EN: return int_en;
    case RX_FIFO_INF: return rx_status_used << 16 | rx_used * 4;
    case TX_FIFO_INF: return tx_room();
    case RX_DROP:
      value = dropped;
      dropped = 0;
      return value;
    case MAC_CSR_DATA: return csr_data;
    default: return 0; /* what is busy for no time */
  }
}

void mock_set(uint32_t offset, uint32_t value) {
  switch (offset) {
    case TX_DATA_FIFO: push_word(value); break;
    case IRQ_CFG: irq_cfg = value; break;
    case INT_STS: int_sts &= ~value | INT_PHY; break; /* the PHY's bit follows the PHY */
    case INT_EN: int_en = value; break;
    case RX_CFG:
      if (value & RX_CFG_RX_DUMP) rx_used = rx_status_used = 0;
      break;
    case TX_CFG: is_transmitting = (value & TX_CFG_TX_ON) != 0; break;
    case HW_CFG:
      if (value & HW_CFG_SRST) reset_registers();
      break;
    case MAC_CSR_CMD: csr(value); break;
    case MAC_CSR_DATA: csr_data = value; break;
    default: break;
  }
}

void cortex_m_wake_on(uint32_t irq) {
  assert(irq == LAN9118_IRQ);
}
