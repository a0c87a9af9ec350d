/* The module's rings and the ENET's, side by side: the ENET's buffers are the slots. */
#ifndef SANDWIRE_RINGS_H
#define SANDWIRE_RINGS_H

#include <stdbool.h>

#include "enet.h"
#include "port.h"

/* As many of the module's slots as the ENET can be given at once, in each direction. */
#define RING_MOST 64u

/* The descriptors, which start at a multiple of 64 (RDSR, TDSR). */
extern struct enet_descriptor enet_rx[RING_MOST], enet_tx[RING_MOST];

/* Whether every slot has its cache lines to itself: else neighbours in memory would be lost with them. */
bool rings_fit(const sw_port *port);

/* The ENET stands still, and owns nothing: begin at the first descriptors and the port's cursors. */
void rings_start(const sw_port *port);

/* Take frames that have come, and give back slots the module is done with; whether any has been given: write RDAR. */
bool rings_receive(sw_port *port);

/* Take slots that have been sent, and give those that are to be; whether any has been given: write TDAR. */
bool rings_send(sw_port *port);

/* The ENET has something to send, and as much as it can hold. */
bool rings_sending(void);
bool rings_sending_full(void);

#endif
