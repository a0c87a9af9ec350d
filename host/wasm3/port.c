#include "port.h"

#include <string.h>

#include "checksum.h"

/*
 * The rings are read and written by the module too, which runs in between and never at the same time. What it says is checked
 * before it leads anywhere: a module that has gone wrong garbles its own memory only.
 */

static uint32_t load32(const sw_port *port, uint32_t at) {
  uint32_t value;
  memcpy(&value, port->memory + at, sizeof value);
  return value;
}

static uint32_t load16(const sw_port *port, uint32_t at) {
  uint16_t value;
  memcpy(&value, port->memory + at, sizeof value);
  return value;
}

static void store32(sw_port *port, uint32_t at, uint32_t value) {
  memcpy(port->memory + at, &value, sizeof value);
}

static void store16(sw_port *port, uint32_t at, uint32_t value) {
  uint16_t half = (uint16_t)value;
  memcpy(port->memory + at, &half, sizeof half);
}

static bool is_inside(const sw_port *port, uint32_t at, uint32_t length) {
  return length <= port->memory_size && at <= port->memory_size - length;
}

static bool is_ours(const sw_port *port, uint32_t descriptor) {
  return load16(port, descriptor + SW_DESCRIPTOR_RECORD_STATUS) & SW_OWN;
}

static uint8_t *slot_of(const sw_port *port, uint32_t descriptor) {
  uint32_t at = load32(port, descriptor + SW_DESCRIPTOR_RECORD_BUFFER);
  return is_inside(port, at, port->slot_size) ? port->memory + at : NULL;
}

static void count(sw_port *port, uint32_t field) {
  store32(port, port->record + field, load32(port, port->record + field) + 1);
}

/* ---- The interface ----------------------------------------------------------------------------------------------------- */

bool sw_port_open(sw_port *port, sw_engine *engine, uint32_t index) {
  memset(port, 0, sizeof *port);
  port->memory = sw_engine_memory(engine, &port->memory_size);
  port->record = sw_raw_mac(engine, index);
  if (!is_inside(port, port->record, SW_MAC_RECORD_SIZE)) port->record = 0;
  return port->record != 0;
}

void sw_port_configure(sw_port *port, const uint8_t address[6], uint32_t capabilities) {
  memcpy(port->memory + port->record + SW_MAC_RECORD_ADDRESS, address, 6);
  store32(port, port->record + SW_MAC_RECORD_CAPABILITIES, capabilities);
}

/* Where a ring begins and ends: false when it is not inside the memory. */
static bool find_ring(const sw_port *port, uint32_t ring, uint32_t count, uint32_t *first, uint32_t *end) {
  *first = load32(port, port->record + ring);
  uint32_t slots = load32(port, port->record + count);
  if (slots == 0 || slots > port->memory_size / SW_DESCRIPTOR_RECORD_SIZE) return false;
  *end = *first + slots * SW_DESCRIPTOR_RECORD_SIZE;
  return is_inside(port, *first, slots * SW_DESCRIPTOR_RECORD_SIZE);
}

bool sw_port_reset(sw_port *port) {
  if (port->record == 0 || load32(port, port->record + SW_MAC_RECORD_MAGIC) != SW_ABI_MAC_MAGIC ||
      load32(port, port->record + SW_MAC_RECORD_VERSION) != SW_ABI_VERSION)
    return false;
  if (!find_ring(port, SW_MAC_RECORD_RX_RING, SW_MAC_RECORD_RX_COUNT, &port->rx_first, &port->rx_end)) return false;
  if (!find_ring(port, SW_MAC_RECORD_TX_RING, SW_MAC_RECORD_TX_COUNT, &port->tx_first, &port->tx_end)) return false;
  port->rx = port->rx_first;
  port->tx = port->tx_first;
  port->slot_size = load32(port, port->record + SW_MAC_RECORD_SLOT_SIZE);
  /* Drivers move whole words. */
  if (port->slot_size == 0 || port->slot_size % 4 != 0 || port->slot_size > UINT16_MAX) return false;
  port->verifies = load32(port, port->record + SW_MAC_RECORD_CAPABILITIES) & SW_RX_CSUM;
  return true;
}

void sw_port_link(sw_port *port, bool up, uint32_t speed) {
  store32(port, port->record + SW_MAC_RECORD_LINK, up ? SW_LINK_UP : SW_LINK_DOWN);
  store32(port, port->record + SW_MAC_RECORD_SPEED, speed);
}

/* ---- Receive ----------------------------------------------------------------------------------------------------------- */

uint8_t *sw_port_rx_slot(const sw_port *port) {
  return is_ours(port, port->rx) ? slot_of(port, port->rx) : NULL;
}

void sw_port_rx_done(sw_port *port, uint16_t length, uint16_t status) {
  if (!is_ours(port, port->rx)) return;
  store16(port, port->rx + SW_DESCRIPTOR_RECORD_LENGTH, length);
  store16(port, port->rx + SW_DESCRIPTOR_RECORD_STATUS, status & ~SW_OWN);
  port->rx += SW_DESCRIPTOR_RECORD_SIZE;
  if (port->rx == port->rx_end) port->rx = port->rx_first;
  port->received++;
}

void sw_port_rx_missed(sw_port *port) {
  count(port, SW_MAC_RECORD_RX_MISSED);
}

void sw_port_rx_error(sw_port *port) {
  count(port, SW_MAC_RECORD_RX_ERRORS);
}

bool sw_port_receive(sw_port *port, const uint8_t *frame, uint32_t length) {
  uint8_t *slot = sw_port_rx_slot(port);
  if (length > port->slot_size) {
    sw_port_rx_error(port);
    return false;
  }
  if (!slot) {
    sw_port_rx_missed(port);
    return false;
  }
  uint16_t status = 0;
  if (port->verifies) {
    uint32_t sum = sw_copy_sum(slot, frame, length, 0);
    if (sw_checksums_ok(slot, length, sum)) status = SW_CSUM_OK;
  } else {
    memcpy(slot, frame, length);
  }
  sw_port_rx_done(port, (uint16_t)length, status);
  return true;
}

/* ---- Transmit ---------------------------------------------------------------------------------------------------------- */

uint8_t *sw_port_tx_slot(const sw_port *port, uint16_t *length, uint16_t *status) {
  if (!is_ours(port, port->tx)) return NULL;
  uint32_t octets = load16(port, port->tx + SW_DESCRIPTOR_RECORD_LENGTH);
  *length = (uint16_t)(octets < port->slot_size ? octets : port->slot_size);
  *status = (uint16_t)load16(port, port->tx + SW_DESCRIPTOR_RECORD_STATUS);
  return slot_of(port, port->tx);
}

void sw_port_tx_done(sw_port *port) {
  if (!is_ours(port, port->tx)) return;
  uint32_t status = load16(port, port->tx + SW_DESCRIPTOR_RECORD_STATUS);
  store16(port, port->tx + SW_DESCRIPTOR_RECORD_STATUS, status & ~(uint32_t)SW_OWN);
  port->tx += SW_DESCRIPTOR_RECORD_SIZE;
  if (port->tx == port->tx_end) port->tx = port->tx_first;
  port->sent++;
}

uint8_t *sw_port_transmit(sw_port *port, uint16_t *length) {
  uint16_t status = 0;
  uint8_t *frame = sw_port_tx_slot(port, length, &status);
  if (frame && (status & SW_CSUM_FILL)) sw_checksum_fill(frame, *length);
  return frame;
}

bool sw_port_tx_full(const sw_port *port) {
  for (uint32_t at = port->tx_first; at != port->tx_end; at += SW_DESCRIPTOR_RECORD_SIZE)
    if (!is_ours(port, at)) return false;
  return true;
}
