/*
 * The Ethernet controller of the LM3S6965 (data sheet chapter 15): a FIFO of 2 KiB in each direction behind one register, no DMA.
 * Frames are copied by the core, a word at a time, and summed on the way. A received frame stays in the FIFO until a slot is free: the
 * FIFO is 2 KiB more of receive buffer, which a chip with 64 KiB of RAM is glad of.
 */
#include "board.h"
#include "../common/cortex_m.h"
#include "checksum.h"
#include "chip.h"

#include <string.h>

/* MACRIS, MACIACK, MACIM */
#define RXINT (1u << 0)
#define TXER (1u << 1)
#define TXEMP (1u << 2)
#define FOV (1u << 3)
#define RXER (1u << 4)
#define PHYINT (1u << 6)
#define ALL_INTERRUPTS 0x7fu
/* MACRCTL */
#define RXEN (1u << 0)
#define AMUL (1u << 1)
#define BADCRC (1u << 3)
#define RSTFIFO (1u << 4)
/* MACTCTL */
#define TXEN (1u << 0)
#define PADEN (1u << 1)
#define CRC (1u << 2)
#define DUPLEX (1u << 4)
/* MACTHR */
#define THRESH_OFF 0x3fu
/* MACTR */
#define NEWTX (1u << 0)

enum { HEADER = 14, FIFO_SIZE = 2048, LENGTH_AND_FCS = 6 };

static bool overrun; /* the FIFO was too small for what came; it is reset when the whole frames in it have been read */

/* ---- Receive --------------------------------------------------------------------------------------------------------------------- */

/* Data sheet §15.3.1.2: the first half of the first word is the frame's length, with itself and the FCS; the frame follows. */

static void put_word(uint8_t *to, uint32_t word) {
  memcpy(to, &word, sizeof word);
}

/* `count` whole words of the frame from the FIFO to memory, added up. The slot's words lie 2 octets off: the core stores them so. */
static uint32_t read_words(uint8_t *to, uint32_t count, uint64_t sum) {
  for (; count >= 4; count -= 4, to += 16) {
    uint32_t a = mac_read(MACDATA), b = mac_read(MACDATA), c = mac_read(MACDATA), d = mac_read(MACDATA);
    put_word(to, a);
    put_word(to + 4, b);
    put_word(to + 8, c);
    put_word(to + 12, d);
    sum += (uint64_t)a + b + c + d;
  }
  for (; count > 0; count--, to += 4) {
    uint32_t word = mac_read(MACDATA);
    put_word(to, word);
    sum += word;
  }
  sum = (sum & 0xffffffff) + (sum >> 32);
  return sw_sum_add((uint32_t)sum, (uint32_t)(sum >> 32));
}

/* MACNP counts a frame off when all its words have been read, those of the FCS too. */
static void skip_words(uint32_t count) {
  for (; count > 0; count--) (void)mac_read(MACDATA);
}

/* The frame of `length` octets whose first word has been read, into the slot. Its sum, from its first octet on. */
static uint32_t read_frame(uint8_t *slot, uint32_t length, uint32_t first) {
  uint32_t whole = (length + 2) / 4 - 1, odd = (length + 2) % 4;
  slot[0] = (uint8_t)(first >> 16);
  slot[1] = (uint8_t)(first >> 24);
  uint32_t sum = read_words(slot + 2, whole, first & 0xffff0000);
  if (odd) {
    uint32_t last = mac_read(MACDATA) & ~(0xffffffffu << 8 * odd);
    for (uint32_t i = 0; i < odd; i++) slot[length - odd + i] = (uint8_t)(last >> 8 * i);
    sum = sw_sum_add(sum, last);
  }
  skip_words((length + LENGTH_AND_FCS + 3) / 4 - 1 - whole - (odd != 0));
  return sum;
}

/*
 * Start with an empty FIFO (§15.3.1.2: receiver off, then RSTFIFO). What is in it is read first, as QEMU, when it has frames waiting
 * outside a full FIFO, goes on only after the last one was read. The receiver stays off.
 */
static void reset_fifo(void) {
  mac_write(MACRCTL, BADCRC);
  for (uint32_t words = 0; words < 31 * FIFO_SIZE / 4 && mac_read(MACNP) != 0; words++) (void)mac_read(MACDATA);
  mac_write(MACRCTL, BADCRC | RSTFIFO);
}

static void restart_receiver(void) {
  reset_fifo();
  mac_write(MACRCTL, RXEN | AMUL | BADCRC);
  overrun = false;
}

static void receive(sw_port *port, uint8_t *slot) {
  uint32_t first = mac_read(MACDATA), occupied = first & 0xffff, length = occupied - LENGTH_AND_FCS;
  if (occupied < LENGTH_AND_FCS || occupied > FIFO_SIZE) { /* no such frame: where frames begin has been lost */
    sw_port_rx_error(port);
    restart_receiver();
    return;
  }
  if (length < HEADER || length > port->slot_size) {
    sw_port_rx_error(port);
    skip_words((occupied + 3) / 4 - 1);
    return;
  }
  uint32_t sum = read_frame(slot, length, first);
  sw_port_rx_done(port, (uint16_t)length, sw_checksums_ok(slot, length, sum) ? SW_CSUM_OK : 0);
}

/* Frames from the FIFO to free slots; whether any came. */
static bool receive_all(sw_port *port) {
  bool moved = false;
  uint8_t *slot;
  for (; mac_read(MACNP) != 0 && (slot = sw_port_rx_slot(port)); moved = true) receive(port, slot);
  if (overrun && mac_read(MACNP) == 0) restart_receiver();
  return moved;
}

/* ---- Transmit -------------------------------------------------------------------------------------------------------------------- */

/*
 * §15.3.1.2: the first half of the first word is the length of what follows the Ethernet header. The FIFO holds one frame; NEWTX
 * stays set until it is out. Padding and FCS are the controller's.
 */
static void write_frame(const uint8_t *frame, uint32_t length) {
  mac_write(MACDATA, (length - HEADER) | (uint32_t)frame[0] << 16 | (uint32_t)frame[1] << 24);
  const uint8_t *from = frame + 2, *end = frame + length;
  for (uint32_t word; end - from >= 4; from += 4) {
    memcpy(&word, from, sizeof word);
    mac_write(MACDATA, word);
  }
  uint32_t last = 0;
  for (uint32_t i = 0; from + i < end; i++) last |= (uint32_t)from[i] << 8 * i;
  if (from < end) mac_write(MACDATA, last);
  mac_write(MACTR, NEWTX);
}

static bool transmit(sw_port *port) {
  uint16_t length;
  uint8_t *frame = mac_read(MACTR) & NEWTX ? NULL : sw_port_transmit(port, &length);
  if (!frame) return false;
  if (length >= HEADER && length <= FIFO_SIZE - LENGTH_AND_FCS) write_frame(frame, length);
  sw_port_tx_done(port);
  return true;
}

/* ---- The board's side (board.h) ----------------------------------------------------------------------------------------------------- */

static void tell_link(sw_port *port) {
  struct phy_link link = phy_look();
  mac_write(MACTCTL, TXEN | PADEN | CRC | (link.full_duplex ? DUPLEX : 0));
  sw_port_link(port, link.up, link.speed);
}

uint32_t mac_capabilities(void) {
  return SW_RX_CSUM | SW_TX_CSUM | SW_PAD;
}

/* After a reset of the core alone the controller goes on as it was, so nothing is assumed of it. */
void mac_start(sw_port *port, const uint8_t address[6]) {
  mac_write(MACIM, 0);
  mac_write(MACTCTL, 0);
  mac_write(MACRIS, ALL_INTERRUPTS); /* TXER also empties the transmit FIFO */
  mac_write(MACIA0, (uint32_t)address[0] | (uint32_t)address[1] << 8 | (uint32_t)address[2] << 16 | (uint32_t)address[3] << 24);
  mac_write(MACIA1, (uint32_t)address[4] | (uint32_t)address[5] << 8);
  mac_write(MACTHR, THRESH_OFF);
  phy_start();
  tell_link(port);
  restart_receiver();
  cortex_m_wake_on(IRQ_ETHERNET);
}

bool mac_exchange(sw_port *port) {
  uint32_t happened = mac_read(MACRIS) & ALL_INTERRUPTS; /* acknowledged before the look: what comes after it asks again */
  mac_write(MACRIS, happened);
  if (happened & RXER) sw_port_rx_error(port);
  if (happened & FOV) {
    sw_port_rx_missed(port);
    overrun = true;
  }
  if (happened & PHYINT) tell_link(port);
  bool moved = receive_all(port);
  while (transmit(port)) moved = true;
  uint16_t length, status;
  bool more = sw_port_tx_slot(port, &length, &status) != NULL;
  mac_write(MACIM, RXINT | TXER | FOV | RXER | PHYINT | (more ? TXEMP : 0));
  return moved;
}
