/*
 * SMSC LAN9118: an Ethernet controller behind two FIFOs that are read and written word by word.
 */
#include "board.h"
#include "checksum.h"
#include "lan9118.h"

#include "../common/cortex_m.h"

#define FRAMES_PER_ROUND 8u
/* Far more than the hardware takes; what is not there does not hang the firmware. */
#define PATIENCE 100000u

#ifdef SW_MOCK
#define get mock_get
#define set mock_set
#else
static uint32_t get(uint32_t offset) { return *reg(LAN9118 + offset); }

static void set(uint32_t offset, uint32_t value) { *reg(LAN9118 + offset) = value; }
#endif

/* Wait for bits that the hardware clears within microseconds. */
static void until_clear(uint32_t offset, uint32_t bits) {
  for (uint32_t tries = 0; tries < PATIENCE && (get(offset) & bits) != 0; tries++) continue;
}

static uint32_t mac_read(uint32_t index) {
  set(MAC_CSR_CMD, MAC_CSR_CMD_BUSY | MAC_CSR_CMD_READ | index);
  until_clear(MAC_CSR_CMD, MAC_CSR_CMD_BUSY);
  return get(MAC_CSR_DATA);
}

static void mac_write(uint32_t index, uint32_t value) {
  set(MAC_CSR_DATA, value);
  set(MAC_CSR_CMD, MAC_CSR_CMD_BUSY | index);
  until_clear(MAC_CSR_CMD, MAC_CSR_CMD_BUSY);
}

static void until_phy_is_done(void) {
  for (uint32_t tries = 0; tries < PATIENCE && (mac_read(MII_ACC) & MII_ACC_BUSY) != 0; tries++) continue;
}

static uint32_t phy_read(uint32_t index) {
  mac_write(MII_ACC, MII_ACC_PHY | index << 6 | MII_ACC_BUSY);
  until_phy_is_done();
  return mac_read(MII_DATA);
}

static void phy_write(uint32_t index, uint32_t value) {
  mac_write(MII_DATA, value);
  mac_write(MII_ACC, MII_ACC_PHY | index << 6 | MII_ACC_WRITE | MII_ACC_BUSY);
  until_phy_is_done();
}

/* What the two ends have agreed on, into the MAC and the port's record. */
static void follow_link(sw_port *port) {
  phy_read(PHY_INTERRUPT_SOURCE);
  phy_read(PHY_BSR); /* the link's bit latches low: the second reading is the present */
  uint32_t status = phy_read(PHY_BSR);
  bool is_up = (status & PHY_BSR_LINK) != 0 && (status & PHY_BSR_AUTONEG_DONE) != 0;
  uint32_t common = phy_read(PHY_ANAR) & phy_read(PHY_ANLPAR);
  bool is_fast = (common & (PHY_100_FULL | PHY_100_HALF)) != 0;
  bool is_full = (common & (is_fast ? PHY_100_FULL : PHY_10_FULL)) != 0;
  mac_write(MAC_CR, MAC_CR_MCPAS | MAC_CR_TXEN | MAC_CR_RXEN | (is_full ? MAC_CR_FDPX : 0));
  sw_port_link(port, is_up, is_fast ? 100 : 10);
}

/* The controller would pad short frames; QEMU's does not, so the module does, which costs it nothing worth naming. */
uint32_t mac_capabilities(void) { return SW_RX_CSUM | SW_TX_CSUM; }

void mac_start(sw_port *port, const uint8_t address[6]) {
  set(HW_CFG, HW_CFG_SRST);
  until_clear(HW_CFG, HW_CFG_SRST);
  set(HW_CFG, HW_CFG_MBO | HW_CFG_TX_FIF_SZ);
  set(AFC_CFG, 0x006e3740); /* 5.3.21: levels of flow control the data sheet recommends */
  mac_write(ADDRH, (uint32_t)address[5] << 8 | address[4]);
  mac_write(ADDRL, (uint32_t)address[3] << 24 | (uint32_t)address[2] << 16 | (uint32_t)address[1] << 8 | address[0]);
  phy_write(PHY_INTERRUPT_MASK, PHY_INT_AUTONEG_DONE | PHY_INT_LINK_DOWN);
  phy_write(PHY_BCR, PHY_BCR_AUTONEG | PHY_BCR_RESTART);
  set(RX_CFG, 0);
  set(TX_CFG, TX_CFG_TXSAO | TX_CFG_TX_ON);
  set(FIFO_INT, 24 * FIFO_INT_TDFA_LEVEL); /* room for the longest frame, in 64 octets; any received frame */
  set(INT_STS, ~0u);
  set(INT_EN, INT_PHY | INT_RXE | INT_RXDF | INT_RSFF | INT_RSFL);
  set(IRQ_CFG, IRQ_CFG_IRQ_EN | IRQ_CFG_IRQ_POL | IRQ_CFG_IRQ_TYPE);
  follow_link(port);
  cortex_m_wake_on(LAN9118_IRQ);
}

/* Take a frame out of the FIFO into `to`; the sum of its octets. */
static uint32_t read_frame(uint32_t *to, uint32_t length) {
  uint32_t sum = 0;
  uint32_t words = length / 4;
  for (uint32_t i = 0; i < words; i++) {
    uint32_t word = get(RX_DATA_FIFO);
    to[i] = word;
    sum = sw_sum_add(sum, word);
  }
  uint32_t rest = length % 4;
  if (rest == 0) return sum;
  uint32_t last = get(RX_DATA_FIFO) & ((1u << rest * 8) - 1);
  to[words] = last;
  return sw_sum_add(sum, last);
}

static void discard_words(uint32_t count) {
  while (count-- > 0) get(RX_DATA_FIFO);
}

static void receive_frame(sw_port *port, uint8_t *slot) {
  uint32_t status = get(RX_STATUS_FIFO);
  uint32_t length = status >> 16 & 0x3fff;
  uint32_t words = (length + 3) / 4;
  bool is_good = (status & (RX_STATUS_ERROR | RX_STATUS_FILTERED)) == 0 && length > FCS;
  if (!is_good || length - FCS > port->slot_size) {
    discard_words(words);
    sw_port_rx_error(port);
    return;
  }
  length -= FCS;
  uint32_t sum = read_frame((uint32_t *)(void *)slot, length);
  discard_words(words - (length + 3) / 4);
  sw_port_rx_done(port, (uint16_t)length, sw_checksums_ok(slot, length, sum) ? SW_CSUM_OK : 0);
}

static bool receive(sw_port *port) {
  uint32_t count = 0;
  for (; count < FRAMES_PER_ROUND; count++) {
    uint8_t *slot = sw_port_rx_slot(port);
    if (slot == NULL || (get(RX_FIFO_INF) >> 16 & 0xff) == 0) break;
    receive_frame(port, slot);
  }
  return count > 0;
}

static void write_frame(const uint32_t *from, uint32_t length) {
  set(TX_DATA_FIFO, TX_A_FIRST | TX_A_LAST | length);
  set(TX_DATA_FIFO, length);
  for (uint32_t words = (length + 3) / 4; words > 0; words--) set(TX_DATA_FIFO, *from++);
}

static bool send(sw_port *port) {
  uint16_t length, status;
  uint8_t *slot;
  bool moved = false;
  while ((slot = sw_port_tx_slot(port, &length, &status)) != NULL) {
    if ((get(TX_FIFO_INF) & 0xffff) < length + 16u) {
      set(INT_EN, get(INT_EN) | INT_TDFA);
      return moved;
    }
    if (status & SW_CSUM_FILL) sw_checksum_fill(slot, length);
    write_frame((const uint32_t *)(const void *)slot, length);
    sw_port_tx_done(port);
    moved = true;
  }
  return moved;
}

/* 3.13.4: the FIFOs of frames and of their states no longer agree: begin anew with both empty. */
static void recover(sw_port *port) {
  uint32_t control = mac_read(MAC_CR);
  mac_write(MAC_CR, control & ~MAC_CR_RXEN);
  set(RX_CFG, RX_CFG_RX_DUMP);
  until_clear(RX_CFG, RX_CFG_RX_DUMP);
  mac_write(MAC_CR, control | MAC_CR_RXEN);
  sw_port_rx_error(port);
}

bool mac_exchange(sw_port *port) {
  /* Acknowledged before the look: what comes after it asks again. */
  uint32_t events = get(INT_STS);
  set(INT_STS, events);
  if (events & INT_TDFA) set(INT_EN, get(INT_EN) & ~INT_TDFA);
  if (events & INT_PHY) follow_link(port);
  if (events & INT_RXE) recover(port);
  if (events & (INT_RXDF | INT_RSFF))
    for (uint32_t dropped = get(RX_DROP); dropped > 0; dropped--) sw_port_rx_missed(port);
  bool sent = send(port);
  return receive(port) || sent;
}
