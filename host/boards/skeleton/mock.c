/*
 * The controller of chip.h on a PC, for the conformance test. Write yours from the reference manual, not from the driver: what the driver
 * has misread then shows.
 */
#include "../mock.h"

#include <assert.h>
#include <string.h>

#include "../common/cortex_m.h"
#include "chip.h"

enum { FRAMES = 4, ROOM = 2048 };

static struct {
  uint8_t octets[ROOM];
  uint32_t length;
} rx[FRAMES];
static uint32_t rx_first, rx_count, rx_at;
static uint8_t tx[ROOM];
static uint32_t tx_used, tx_length;
static uint32_t status, wake, control, speed;

void mock_reset(void) {
  rx_first = rx_count = rx_at = tx_used = tx_length = 0;
  status = wake = control = speed = 0;
}

bool mock_deliver(const uint8_t *frame, uint32_t length, bool damaged) {
  if (!(control & MAC_ENABLE) || speed == 0) return false;
  if (damaged) {
    status |= MAC_DAMAGED;
    return true;
  }
  if (rx_count == FRAMES || length > ROOM) {
    status |= MAC_OVERRUN;
    return false;
  }
  uint32_t n = (rx_first + rx_count++) % FRAMES;
  memcpy(rx[n].octets, frame, length);
  rx[n].length = length;
  status |= MAC_RECEIVED;
  return true;
}

uint32_t mock_take(uint8_t *frame, uint32_t room) {
  uint32_t length = tx_length;
  assert(length <= tx_used && length <= room);
  memcpy(frame, tx, length);
  tx_used = tx_length = 0;
  if (length) status |= MAC_SENT;
  return length;
}

void mock_cable(bool up, uint32_t mbit) {
  speed = up ? mbit : 0;
  status |= MAC_CABLE;
}

static uint32_t rx_word(void) {
  uint32_t word = 0;
  assert(rx_count && rx_at + 4 <= ROOM);
  memcpy(&word, rx[rx_first].octets + rx_at, 4);
  rx_at += 4;
  return word;
}

static void rx_drop(void) {
  if (rx_count == 0) return;
  rx_first = (rx_first + 1) % FRAMES;
  rx_count--;
  rx_at = 0;
}

static void tx_word(uint32_t word) {
  assert(tx_length == 0 && tx_used + 4 <= ROOM);
  memcpy(tx + tx_used, &word, 4);
  tx_used += 4;
}

static void set_control(uint32_t value) {
  control = value;
  if (value & MAC_RESET) rx_count = rx_at = tx_used = tx_length = 0;
}

uint32_t mac_get(uint32_t offset) {
  if (offset == MAC_STATUS) return status;
  if (offset == MAC_WAKE) return wake;
  if (offset == MAC_LINK) return speed;
  if (offset == MAC_RX_LENGTH) return rx_count ? rx[rx_first].length : 0;
  if (offset == MAC_RX_DATA) return rx_word();
  return offset == MAC_TX_ROOM && tx_length == 0 ? ROOM : 0;
}

void mac_set(uint32_t offset, uint32_t value) {
  if (offset == MAC_STATUS) status &= ~value;
  if (offset == MAC_WAKE) wake = value;
  if (offset == MAC_CONTROL) set_control(value);
  if (offset == MAC_RX_LENGTH) rx_drop();
  if (offset == MAC_TX_DATA) tx_word(value);
  if (offset == MAC_TX_LENGTH) tx_length = value;
}

void cortex_m_wake_on(uint32_t irq) {
  (void)irq;
}
