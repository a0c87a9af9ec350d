/*
 * The driver of an Ethernet controller that copies frames, in four calls. One with descriptors and DMA of its own gives it the slots'
 * addresses instead: see mcimx6ul-evk. Rules for all of it: no waiting, no memory but what is here, and nothing of a frame is
 * believed: the module does that.
 */
#include "board.h"

#include "../common/cortex_m.h"
#include "checksum.h"
#include "chip.h"

#include <string.h>

enum { SHORTEST = 14, LONGEST = 1518 };

/*
 * What this driver takes off the module. Checksums belong here as long as the core, not the controller, copies: SW_RX_CSUM since receive
 * verifies while it copies, SW_TX_CSUM since sw_port_transmit fills them in. SW_PAD only when the controller pads to 60 octets.
 */
uint32_t mac_capabilities(void) {
  return SW_RX_CSUM | SW_TX_CSUM;
}

/* Rule: the module is told the truth about the cable, also at the start; without a cable it sends nothing and waits. */
static void tell_link(sw_port *port) {
  uint32_t speed = mac_get(MAC_LINK);
  sw_port_link(port, speed != 0, speed);
}

/*
 * Start the controller with this address: reset it, receive unicast, broadcast and multicast. Rule: called again after the module has
 * started again, and perhaps after a reset that the controller has not noticed, so it assumes nothing and leaves no old frame.
 */
void mac_start(sw_port *port, const uint8_t address[6]) {
  mac_set(MAC_WAKE, 0);
  mac_set(MAC_CONTROL, MAC_RESET);
  mac_set(MAC_STATUS, ~0u);
  mac_set(MAC_ADDRESS_LOW, (uint32_t)address[0] | (uint32_t)address[1] << 8 | (uint32_t)address[2] << 16 | (uint32_t)address[3] << 24);
  mac_set(MAC_ADDRESS_HIGH, (uint32_t)address[4] | (uint32_t)address[5] << 8);
  tell_link(port);
  mac_set(MAC_CONTROL, MAC_ENABLE);
  cortex_m_wake_on(IRQ_MAC);
}

/*
 * The module's memory is about to be restored: touch it no more until mac_start. Rule: when this returns, no DMA is under way. A driver
 * that copies is not running now, so it only stops the receiver.
 */
void mac_stop(void) {
  mac_set(MAC_WAKE, 0);
  mac_set(MAC_CONTROL, 0);
}

/* `length` octets from the FIFO to the slot, summed on the way: the last word's octets behind the frame are not. Their sum. */
static uint32_t copy_in(uint8_t *to, uint32_t length) {
  uint32_t sum = 0;
  for (; length >= 4; length -= 4, to += 4) {
    uint32_t word = mac_get(MAC_RX_DATA);
    memcpy(to, &word, 4);
    sum = sw_sum_add(sum, word);
  }
  if (length == 0) return sum;
  uint32_t last = mac_get(MAC_RX_DATA) & ~(~0u << 8 * length);
  memcpy(to, &last, length);
  return sw_sum_add(sum, last);
}

/* Rule: whatever is wrong with a frame, it leaves the FIFO and is counted; one bad frame must not stop those behind it. */
static void receive(sw_port *port, uint8_t *slot, uint32_t length) {
  if (length < SHORTEST || length > port->slot_size) {
    sw_port_rx_error(port);
  } else {
    uint32_t sum = copy_in(slot, length);
    sw_port_rx_done(port, (uint16_t)length, sw_checksums_ok(slot, length, sum) ? SW_CSUM_OK : 0);
  }
  mac_set(MAC_RX_LENGTH, 0);
}

/* Rule: in the order of the ring, and only into slots that are the port's; frames without a slot stay in the FIFO, which is a buffer more. */
static bool receive_all(sw_port *port) {
  bool moved = false;
  uint32_t length;
  uint8_t *slot;
  for (; (length = mac_get(MAC_RX_LENGTH)) && (slot = sw_port_rx_slot(port)); moved = true) receive(port, slot, length);
  return moved;
}

/* Rule: a frame is given back with sw_port_tx_done when its octets have been copied, or, with DMA, when it has been sent. */
static bool transmit(sw_port *port) {
  uint16_t length;
  const uint8_t *frame = sw_port_transmit(port, &length);
  if (!frame || mac_get(MAC_TX_ROOM) < (length + 3u)) return false;
  for (uint32_t at = 0; at < length && length <= LONGEST; at += 4) {
    uint32_t word = 0, count = length - at < 4 ? length - at : 4;
    memcpy(&word, frame + at, count);
    mac_set(MAC_TX_DATA, word);
  }
  if (length >= SHORTEST && length <= LONGEST) mac_set(MAC_TX_LENGTH, length);
  sw_port_tx_done(port);
  return true;
}

/*
 * Move what can be moved, both ways, without waiting; whether anything was. Rule: what has happened is taken back before it is looked
 * at, so that what happens meanwhile wakes the core; room in the transmit FIFO wakes it only while a frame waits for it.
 */
bool mac_exchange(sw_port *port) {
  uint32_t happened = mac_get(MAC_STATUS);
  mac_set(MAC_STATUS, happened);
  if (happened & MAC_OVERRUN) sw_port_rx_missed(port);
  if (happened & MAC_DAMAGED) sw_port_rx_error(port);
  if (happened & MAC_CABLE) tell_link(port);
  bool moved = receive_all(port);
  while (transmit(port)) moved = true;
  uint16_t length, status;
  bool waits = sw_port_tx_slot(port, &length, &status) != NULL;
  mac_set(MAC_WAKE, MAC_RECEIVED | MAC_OVERRUN | MAC_DAMAGED | MAC_CABLE | (waits ? MAC_SENT : 0));
  return moved;
}
