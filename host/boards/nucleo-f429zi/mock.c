/* With: mac.c rings.c phy.c */
/*
 * The Ethernet controller and its PHY on a PC, as RM0090 and DS00001989 describe them, for the conformance test. Operations that take time
 * on the chip are done at once.
 */
#include "../mock.h"

#include <assert.h>
#include <string.h>

#include "board.h"
#include "../common/cortex_m.h"
#include "rings.h"

enum { FCS = 4, FIFO = 2048, WAITING = 16, ROOM = 2048, SHORTEST = 60 };

struct frame {
  uint8_t octets[ROOM];
  uint32_t length;
};

static uint32_t registers[0x1060 / 4];
static struct frame fifo[WAITING], out[WAITING]; /* received without a descriptor yet; sent and not yet taken */
static uint32_t fifo_count, fifo_used, fifo_at, out_count;
static uint32_t rx_next, tx_next, link_speed, now;
static bool was_down; /* since the PHY's status was last read */

static uint32_t *at(uint32_t offset) {
  return &registers[offset / 4];
}

/* ---- Addresses: descriptors from DESCRIPTORS on, slots by their distance from the first that was asked for ------------------- */

#define DESCRIPTORS 0x10000000u
#define SLOTS 0x20000000u

static uint8_t *origin;

uint32_t eth_address(const void *memory) {
  const uint8_t *octets = memory, *rx = (const uint8_t *)eth_rx, *tx = (const uint8_t *)eth_tx;
  if (octets >= rx && octets < rx + sizeof eth_rx) return DESCRIPTORS + (uint32_t)(octets - rx);
  if (octets >= tx && octets < tx + sizeof eth_tx) return DESCRIPTORS + (uint32_t)(sizeof eth_rx + (size_t)(octets - tx));
  if (!origin) origin = (uint8_t *)(uintptr_t)octets;
  return SLOTS + (uint32_t)(octets - origin);
}

static uint8_t *slot_at(uint32_t address) {
  return origin + (int32_t)(address - SLOTS);
}

static struct eth_descriptor *descriptor_at(uint32_t address) {
  uint32_t offset = address - DESCRIPTORS;
  assert(offset < sizeof eth_rx + sizeof eth_tx && offset % 16 == 0);
  return offset < sizeof eth_rx ? &eth_rx[offset / 16] : &eth_tx[(offset - sizeof eth_rx) / 16];
}

/* ---- Receive --------------------------------------------------------------------------------------------------------------- */

static void leave_fifo(void) {
  fifo_used -= fifo[0].length + FCS;
  fifo_at = 0;
  memmove(&fifo[0], &fifo[1], --fifo_count * sizeof fifo[0]);
}

/* As much of the oldest frame as goes into one buffer. */
static void fill(struct eth_descriptor *to) {
  struct frame *from = &fifo[0];
  uint32_t all = from->length + FCS, size = to->size & 0x1fff, count = all - fifo_at < size ? all - fifo_at : size;
  assert(size > 0 && size % 4 == 0 && to->buffer % 4 == 0);
  for (uint32_t i = 0; i < count; i++) slot_at(to->buffer)[i] = fifo_at + i < from->length ? from->octets[fifo_at + i] : 0xfc;
  uint32_t status = fifo_at == 0 ? RDES0_FS : 0;
  fifo_at += count;
  if (fifo_at == all) status |= RDES0_LS | all << RDES0_FL;
  to->status = status;
  rx_next = to->size & RDES1_RER ? *at(ETH_DMARDLAR) : rx_next + (uint32_t)sizeof *to;
  if (fifo_at == all) leave_fifo();
  *at(ETH_DMASR) |= DMASR_RS | DMASR_NIS;
}

static void receive(void) {
  while (fifo_count && (*at(ETH_DMAOMR) & DMAOMR_SR)) {
    struct eth_descriptor *to = descriptor_at(rx_next);
    if (!(to->status & DES0_OWN)) {
      *at(ETH_DMASR) |= DMASR_RBUS | DMASR_AIS;
      return;
    }
    fill(to);
  }
}

bool mock_deliver(const uint8_t *frame, uint32_t length, bool damaged) {
  if (link_speed == 0 || !(*at(ETH_MACCR) & MACCR_RE)) return false;
  assert(((*at(ETH_MACCR) & MACCR_FES) != 0) == (link_speed == 100));
  assert(*at(ETH_DMAOMR) & DMAOMR_RSF);
  if (damaged) {
    ++*at(ETH_MMCRFCECR);
    return true;
  }
  if (fifo_count == WAITING || fifo_used + length + FCS > FIFO) {
    *at(ETH_DMAMFBOCR) += 1u << DMAMFBOCR_MFA;
    return false;
  }
  fifo[fifo_count].length = length;
  memcpy(fifo[fifo_count++].octets, frame, length);
  fifo_used += length + FCS;
  receive();
  return true;
}

/* ---- Transmit -------------------------------------------------------------------------------------------------------------- */

static void leave(const struct eth_descriptor *from) {
  uint32_t length = from->size & 0x1fff;
  assert((from->status & (TDES0_FS | TDES0_LS)) == (TDES0_FS | TDES0_LS) && length >= 14 && length <= 1518);
  if (link_speed == 0) return;
  struct frame *to = &out[out_count++];
  memset(to->octets, 0, SHORTEST);
  memcpy(to->octets, slot_at(from->buffer), length);
  to->length = length < SHORTEST ? SHORTEST : length;
}

static void transmit(void) {
  while ((*at(ETH_DMAOMR) & DMAOMR_ST) && (*at(ETH_MACCR) & MACCR_TE) && out_count < WAITING) {
    struct eth_descriptor *from = descriptor_at(tx_next);
    if (!(from->status & DES0_OWN)) return;
    leave(from);
    tx_next = from->status & TDES0_TER ? *at(ETH_DMATDLAR) : tx_next + (uint32_t)sizeof *from;
    if (from->status & TDES0_IC) *at(ETH_DMASR) |= DMASR_TS | DMASR_NIS;
    from->status &= ~DES0_OWN;
  }
}

uint32_t mock_take(uint8_t *frame, uint32_t room) {
  if (out_count == 0) return 0;
  uint32_t length = out[0].length;
  assert(length <= room);
  memcpy(frame, out[0].octets, length);
  memmove(&out[0], &out[1], --out_count * sizeof out[0]);
  transmit();
  return length;
}

/* ---- PHY ------------------------------------------------------------------------------------------------------------------- */

void mock_cable(bool up, uint32_t speed) {
  link_speed = up ? speed : 0;
  was_down |= !up;
}

static uint32_t phy_register(uint32_t index) {
  if (index == 31) return 0x1000 | (link_speed == 100 ? 6u << 2 : 5u << 2);
  assert(index == 1);
  uint32_t status = link_speed == 0 || was_down ? 0x7809 : 0x782d;
  was_down = link_speed == 0;
  return status;
}

static void manage(uint32_t operation) {
  assert((operation & (7u << 2)) == MACMIIAR_CR_DIV102 && !(operation & MACMIIAR_MW) && operation >> MACMIIAR_PA == 0);
  *at(ETH_MACMIIDR) = phy_register(operation >> MACMIIAR_MR & 31);
  *at(ETH_MACMIIAR) = operation & ~MACMIIAR_MB;
}

/* ---- Registers ------------------------------------------------------------------------------------------------------------- */

static void reset(void) {
  memset(registers, 0, sizeof registers);
  fifo_count = fifo_used = fifo_at = out_count = 0;
}

void eth_set(uint32_t offset, uint32_t value) {
  switch (offset) {
    case ETH_DMABMR:
      if (value & DMABMR_SR) reset();
      *at(offset) = value & ~DMABMR_SR;
      return;
    case ETH_DMASR: *at(offset) &= ~value; return;
    case ETH_MACMIIAR: manage(value); return;
    case ETH_DMARPDR: receive(); return;
    case ETH_DMATPDR: transmit(); return;
    case ETH_DMARDLAR: rx_next = value; break;
    case ETH_DMATDLAR: tx_next = value; break;
    default: break;
  }
  assert((offset != ETH_DMARDLAR && offset != ETH_DMATDLAR) || !(*at(ETH_DMAOMR) & (DMAOMR_SR | DMAOMR_ST)));
  *at(offset) = value;
}

/* Reading clears the counters of what was lost. */
uint32_t eth_get(uint32_t offset) {
  uint32_t value = *at(offset);
  if (offset == ETH_DMAMFBOCR || offset == ETH_MMCRFCECR) *at(offset) = 0;
  return value;
}

void mock_reset(void) {
  reset();
  link_speed = 0;
  was_down = true;
  origin = NULL;
}

/* Time to look at the cable, each time. */
uint32_t board_now(void) {
  return now += LINK_PERIOD;
}

void cortex_m_wake_on(uint32_t irq) {
  (void)irq;
}
