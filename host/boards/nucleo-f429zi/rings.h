/* The module's rings and the controller's, side by side: the controller's buffers are the slots. */
#ifndef SANDWIRE_STM32_RINGS_H
#define SANDWIRE_STM32_RINGS_H

#include "chip.h"
#include "port.h"

/* As many slots as the controller can be given at once, in each direction. */
#define RING_MOST 16u

extern struct eth_descriptor eth_rx[RING_MOST], eth_tx[RING_MOST];

/* The controller stands still: begin at the first descriptors and the port's cursors. */
void rings_start(const sw_port *port);

/* Take frames that have come, give free slots; whether any has been given: write DMARPDR. */
bool rings_receive(sw_port *port);

/* Take slots that have been sent, give those that are to be; whether any has been given: write DMATPDR. */
bool rings_send(sw_port *port);

/* The controller holds as many slots to be sent as it can. */
bool rings_sending_full(void);

#endif
