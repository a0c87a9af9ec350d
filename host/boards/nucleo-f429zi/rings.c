/*
 * Zero copies: the controller's DMA writes frames into slots and reads them from slots. Both go round in order, so a descriptor gets the
 * slot whose turn it is. `ahead` is the port with its cursors where the next slot is to be given; the port's own are where the
 * next one comes back. Slots are 4-octet aligned and lie in SRAM, which the DMA reaches (RM0090, 2.1: not the CCM).
 *
 * Checksums are verified and filled in natively, in place. The controller could do both, but what nobody has tried is not believed.
 */
#include "rings.h"

#include <stddef.h>

#include "checksum.h"

enum { FCS = 4, SHORTEST = 14, LONGEST = 1518 };

struct eth_descriptor eth_rx[RING_MOST] __attribute__((aligned(16))), eth_tx[RING_MOST] __attribute__((aligned(16)));

struct ring {
  volatile struct eth_descriptor *descriptors;
  uint32_t count;       /* descriptors in use: as many as the module has slots, if there are enough */
  uint32_t give, take;  /* the next to give to the controller, and to take from it */
  uint32_t outstanding; /* how many it has */
};

static struct ring rx, tx;
static sw_port ahead;

static void start(struct ring *ring, struct eth_descriptor *descriptors, uint32_t slots) {
  *ring = (struct ring){.descriptors = descriptors, .count = slots < RING_MOST ? slots : RING_MOST};
  for (uint32_t i = 0; i < RING_MOST; i++) descriptors[i].status = 0;
}

void rings_start(const sw_port *port) {
  ahead = *port;
  start(&rx, eth_rx, (port->rx_end - port->rx_first) / SW_DESCRIPTOR_RECORD_SIZE);
  start(&tx, eth_tx, (port->tx_end - port->tx_first) / SW_DESCRIPTOR_RECORD_SIZE);
}

bool rings_sending_full(void) {
  return tx.outstanding == tx.count;
}

static bool is_last(const struct ring *ring, uint32_t index) {
  return index + 1 == ring->count;
}

/* OWN goes last: from then on the rest is not ours to write. */
static void give(struct ring *ring, const uint8_t *slot, uint32_t size, uint32_t status) {
  volatile struct eth_descriptor *to = &ring->descriptors[ring->give];
  to->buffer = eth_address(slot);
  to->size = size;
  eth_barrier();
  to->status = status | DES0_OWN;
  ring->give = is_last(ring, ring->give) ? 0 : ring->give + 1;
  ring->outstanding++;
}

static void took(struct ring *ring) {
  ring->take = is_last(ring, ring->take) ? 0 : ring->take + 1;
  ring->outstanding--;
}

static uint32_t next(uint32_t cursor, uint32_t first, uint32_t end) {
  cursor += SW_DESCRIPTOR_RECORD_SIZE;
  return cursor == end ? first : cursor;
}

/* ---- Receive ------------------------------------------------------------------------------------------------------------- */

/* A frame longer than a slot goes on in the next: it is counted where it ends. */
static void take_frame(sw_port *port, uint32_t status) {
  const uint8_t *slot = sw_port_rx_slot(port);
  uint32_t length = (status >> RDES0_FL & 0x3fff) - FCS;
  bool is_whole = (status & (RDES0_FS | RDES0_LS | RDES0_ES)) == (RDES0_FS | RDES0_LS);
  if (slot == NULL || !is_whole || length > port->slot_size) {
    if (status & RDES0_LS) sw_port_rx_error(port);
    sw_port_rx_done(port, 0, SW_ERROR);
    return;
  }
  sw_port_rx_done(port, (uint16_t)length, sw_checksums_ok(slot, length, sw_sum(slot, length, 0)) ? SW_CSUM_OK : 0);
}

bool rings_receive(sw_port *port) {
  for (; rx.outstanding > 0 && !(rx.descriptors[rx.take].status & DES0_OWN); took(&rx)) {
    eth_barrier(); /* nothing of the frame is read before its descriptor says that it is there */
    take_frame(port, rx.descriptors[rx.take].status);
  }
  bool gave = false;
  for (uint8_t *slot; rx.outstanding < rx.count && (slot = sw_port_rx_slot(&ahead)); gave = true) {
    give(&rx, slot, port->slot_size | (is_last(&rx, rx.give) ? RDES1_RER : 0), 0);
    ahead.rx = next(ahead.rx, ahead.rx_first, ahead.rx_end);
  }
  return gave;
}

/* ---- Transmit ------------------------------------------------------------------------------------------------------------ */

bool rings_send(sw_port *port) {
  for (; tx.outstanding > 0 && !(tx.descriptors[tx.take].status & DES0_OWN); took(&tx)) sw_port_tx_done(port);
  bool gave = false;
  uint16_t length;
  for (uint8_t *slot; tx.outstanding < tx.count && (slot = sw_port_transmit(&ahead, &length)); gave = true) {
    bool is_frame = length >= SHORTEST && length <= LONGEST;
    uint32_t status = TDES0_IC | TDES0_FS | TDES0_LS | (is_last(&tx, tx.give) ? TDES0_TER : 0);
    give(&tx, slot, is_frame ? length : SHORTEST, status);
    ahead.tx = next(ahead.tx, ahead.tx_first, ahead.tx_end);
  }
  return gave;
}
