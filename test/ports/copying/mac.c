/* The whole driver of a controller that only copies: what port.h and checksum.h do for one. */
#include "board.h"
#include "controller.h"

static bool up;

uint32_t mac_capabilities(void) {
  return SW_RX_CSUM | SW_TX_CSUM;
}

static void tell_link(sw_port *port) {
  uint32_t speed;
  up = controller_cable(&speed);
  sw_port_link(port, up, up ? speed : 0);
}

void mac_start(sw_port *port, const uint8_t address[6]) {
  (void)address; /* it receives everything */
  while (controller_first()) controller_release();
  controller_lost();
  tell_link(port);
}

void mac_stop(void) {}

static bool receive(sw_port *port) {
  bool moved = false;
  for (const struct controller_frame *frame; (frame = controller_first()) != NULL; controller_release()) {
    if (frame->damaged) sw_port_rx_error(port);
    else sw_port_receive(port, frame->octets, frame->length);
    moved = true;
  }
  for (uint32_t lost = controller_lost(); lost > 0; lost--) sw_port_rx_missed(port);
  return moved;
}

static bool transmit(sw_port *port) {
  bool moved = false;
  uint16_t length;
  for (const uint8_t *frame; (frame = sw_port_transmit(port, &length)) != NULL; sw_port_tx_done(port)) {
    if (up && !controller_send(frame, length)) break;
    moved = true;
  }
  return moved;
}

bool mac_exchange(sw_port *port) {
  tell_link(port);
  bool received = receive(port);
  return transmit(port) || received;
}
