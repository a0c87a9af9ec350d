/*
 * Zero copies: a frame is written into its slot in the module's linear memory by the ENET's DMA, and read from its slot by it. What
 * happens here is that ownership bits are translated. Both the module's rings and the ENET's go round in order, and of each pair of
 * rings the same slots are given and taken in the same order:
 *
 *     the module's     | core's ...  | given to the ENET ... | core's ...
 *                                    ^ the port's cursor     ^ ahead
 *
 * Slot and descriptor have no fixed pairs: a descriptor gets its buffer each time it is given. So after a reset of the ENET, which
 * begins at its first descriptor again, the module's rings go on where they are.
 */
#include "rings.h"

#include <stddef.h>
#include <string.h>

#include "bus.h"
#include "checksum.h"

/* Descriptors are neither cached nor cleared by start-up code: `ocram` in board.json. */
struct enet_descriptor enet_rx[RING_MOST] __attribute__((section(".ocram.rx"), aligned(64)));
struct enet_descriptor enet_tx[RING_MOST] __attribute__((section(".ocram.tx"), aligned(64)));

struct ring {
  volatile struct enet_descriptor *descriptors;
  uint32_t count;       /* descriptors in use: as many as the module has slots, if there are enough */
  uint32_t give, take;  /* the next to give to the ENET, and to take from it */
  uint32_t outstanding; /* how many it has */
};

static struct ring rx, tx;
static sw_port ahead; /* the port, but its cursors are at the slots to give next */

static void ring_start(struct ring *ring, struct enet_descriptor *descriptors, uint32_t slots) {
  *ring = (struct ring){.descriptors = descriptors, .count = slots < RING_MOST ? slots : RING_MOST};
  for (uint32_t i = 0; i < ring->count; i++) ring->descriptors[i].control = 0;
}

static bool are_aligned(const sw_port *port, uint32_t first, uint32_t end) {
  for (uint32_t at = first; at != end; at += SW_DESCRIPTOR_RECORD_SIZE) {
    uint32_t slot;
    memcpy(&slot, port->memory + at + SW_DESCRIPTOR_RECORD_BUFFER, sizeof slot);
    if (bus_address(port->memory + slot) % CACHE_LINE != 0) return false;
  }
  return true;
}

bool rings_fit(const sw_port *port) {
  return are_aligned(port, port->rx_first, port->rx_end) && are_aligned(port, port->tx_first, port->tx_end);
}

void rings_start(const sw_port *port) {
  ahead = *port;
  ring_start(&rx, enet_rx, (port->rx_end - port->rx_first) / SW_DESCRIPTOR_RECORD_SIZE);
  ring_start(&tx, enet_tx, (port->tx_end - port->tx_first) / SW_DESCRIPTOR_RECORD_SIZE);
}

bool rings_sending(void) {
  return tx.outstanding > 0;
}

bool rings_sending_full(void) {
  return tx.outstanding == tx.count;
}

/* Make a descriptor the ENET's. The control word goes last: from then on the rest is not ours to write. */
static void give(struct ring *ring, const uint8_t *slot, uint32_t length, uint32_t control, uint32_t extended) {
  volatile struct enet_descriptor *to = &ring->descriptors[ring->give];
  bool is_last = ring->give + 1 == ring->count;
  to->length = (uint16_t)length;
  to->buffer = bus_address(slot);
  to->extended = extended;
  to->updated = 0;
  barrier();
  to->control = (uint16_t)(is_last ? control | RXBD_W : control); /* TXBD_W is the same bit */
  ring->give = is_last ? 0 : ring->give + 1;
  ring->outstanding++;
}

static void took(struct ring *ring) {
  ring->take = ring->take + 1 == ring->count ? 0 : ring->take + 1;
  ring->outstanding--;
}

static uint32_t next(uint32_t cursor, uint32_t first, uint32_t end) {
  cursor += SW_DESCRIPTOR_RECORD_SIZE;
  return cursor == end ? first : cursor;
}

/* ---- Receive ----------------------------------------------------------------------------------------------------------- */

/* The ENET hands on the FCS (RCR[CRCFWD] is 0), which is not the module's business. */
static void take_frame(sw_port *port, uint32_t length, uint32_t control) {
  uint8_t *slot = sw_port_rx_slot(port);
  if (slot == NULL || !(control & RXBD_L) || (control & RXBD_ERRORS) || length < FCS || length - FCS > port->slot_size) {
    sw_port_rx_error(port);
    sw_port_rx_done(port, 0, SW_ERROR);
    return;
  }
  cache_invalidate(slot, length);
  barrier();
  length -= FCS;
  bool is_right = sw_checksums_ok(slot, length, sw_sum(slot, length, 0));
  sw_port_rx_done(port, (uint16_t)length, is_right ? SW_CSUM_OK : 0);
}

static void take_frames(sw_port *port) {
  while (rx.outstanding > 0) {
    const volatile struct enet_descriptor *from = &rx.descriptors[rx.take];
    uint32_t control = from->control;
    if (control & RXBD_E) return;
    barrier(); /* nothing of the frame is read before its descriptor says that it is there */
    take_frame(port, from->length, control);
    took(&rx);
  }
}

bool rings_receive(sw_port *port) {
  take_frames(port);
  bool gave = false;
  while (rx.outstanding < rx.count) {
    uint8_t *slot = sw_port_rx_slot(&ahead);
    if (slot == NULL) break;
    cache_invalidate(slot, ahead.slot_size);
    give(&rx, slot, 0, RXBD_E, RXBD_INT);
    ahead.rx = next(ahead.rx, ahead.rx_first, ahead.rx_end);
    gave = true;
  }
  return gave;
}

/* ---- Transmit ---------------------------------------------------------------------------------------------------------- */

/* The field of a checksum that the ENET is to insert has to be 0 (IMX6ULRM, TACC[PROCHK]). */
static uint32_t prepare(uint8_t *slot, uint32_t length) {
  uint32_t at = sw_checksum_at(slot, length);
  if (at == 0) return TXBD_INT;
  slot[at] = slot[at + 1] = 0;
  return TXBD_INT | TXBD_PINS;
}

bool rings_send(sw_port *port) {
  for (; tx.outstanding > 0 && !(tx.descriptors[tx.take].control & TXBD_R); took(&tx)) sw_port_tx_done(port);
  bool gave = false;
  while (tx.outstanding < tx.count) {
    uint16_t length = 0, status = 0;
    uint8_t *slot = sw_port_tx_slot(&ahead, &length, &status);
    if (slot == NULL) break;
    uint32_t extended = status & SW_CSUM_FILL ? prepare(slot, length) : TXBD_INT;
    cache_clean(slot, length);
    give(&tx, slot, length, TXBD_R | TXBD_L | TXBD_TC, extended);
    ahead.tx = next(ahead.tx, ahead.tx_first, ahead.tx_end);
    gave = true;
  }
  return gave;
}
