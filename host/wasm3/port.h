/*
 * The port's side of the MAC ring (assembly/driver/mac_ring.ts): what an Ethernet controller's driver needs to move frames
 * between the controller and the slots in the module's linear memory, in ring order. A driver that copies uses these calls; one
 * whose controller has descriptors of its own hands it the slots' addresses, which never change.
 */
#ifndef SANDWIRE_PORT_H
#define SANDWIRE_PORT_H

#include "engine.h"

/* One interface. The fields are the port's own; read them, change them by the calls below. */
typedef struct sw_port {
  uint8_t *memory;      /* the linear memory */
  uint32_t memory_size; /* octets of it that may be touched: nothing the module says leads beyond */
  uint32_t record;      /* where the interface's MacRecord lies in it, 0: there is no such interface */
  uint32_t rx, rx_first, rx_end; /* the receive cursor, and where the ring's descriptors begin and end */
  uint32_t tx, tx_first, tx_end; /* the same of the transmit ring */
  uint32_t slot_size;   /* octets of a slot */
  bool verifies;        /* the port said RX_CSUM */
  uint32_t received, sent; /* frames handed over since sw_port_open, both ways; they wrap */
} sw_port;

/* Find interface `index` of the module. False when the module has no such interface. */
bool sw_port_open(sw_port *port, sw_engine *engine, uint32_t index);

/* Before `init`: the interface's MAC address and what the port does for the module (SW_RX_CSUM, SW_TX_CSUM, SW_PAD). */
void sw_port_configure(sw_port *port, const uint8_t address[6], uint32_t capabilities);

/*
 * After `init`: start at the beginning of the rings. False when module and host were not built for each other. The slots stay
 * where they are as long as the module does: descriptor n of a ring has slot n.
 */
bool sw_port_reset(sw_port *port);

/* Tell the module whether the cable is there, and its speed in Mbit/s. */
void sw_port_link(sw_port *port, bool up, uint32_t speed);

/* Where the next received frame goes, slot_size octets; NULL when the ring is full. */
uint8_t *sw_port_rx_slot(const sw_port *port);

/*
 * A frame of `length` octets (without FCS) lies in that slot. `status`: 0, or SW_CSUM_OK (see checksum.h), or SW_ERROR when it is
 * damaged and its slot was taken already. Without a slot nothing happens.
 */
void sw_port_rx_done(sw_port *port, uint16_t length, uint16_t status);

/* Count a frame that found no slot, and one that arrived damaged or too long. */
void sw_port_rx_missed(sw_port *port);
void sw_port_rx_error(sw_port *port);

/*
 * Copy a frame into the next slot, verifying checksums on the way where the port said RX_CSUM. False, and counted: as an error
 * when it is longer than a slot, else as missed when the ring is full.
 */
bool sw_port_receive(sw_port *port, const uint8_t *frame, uint32_t length);

/* The next frame to send, NULL when there is none. *status has SW_CSUM_FILL where the port fills in the checksum (checksum.h). */
uint8_t *sw_port_tx_slot(const sw_port *port, uint16_t *length, uint16_t *status);

/* That frame is sent, or given up: its slot is the module's again. Without such a frame nothing happens. */
void sw_port_tx_done(sw_port *port);

/* The same as sw_port_tx_slot for ports that copy: the frame with its checksum filled in. */
uint8_t *sw_port_transmit(sw_port *port, uint16_t *length);

/* Every transmit slot waits for the port: the module can send nothing more. */
bool sw_port_tx_full(const sw_port *port);

#endif
