/* With: mac.c rings.c phy.c */
/*
 * The ENET and its PHY on a PC, for the conformance test: written from the reference manual, and strict. Operations that take time on the
 * chip are done at once.
 */
#include "../mock.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "board.h"
#include "bus.h"
#include "checksum.h"
#include "imx6ul.h"
#include "rings.h"

enum { FRAMES = 16, FIFO = 2, ROOM = 2048, PHY = 2 };

struct frame {
  uint8_t octets[ROOM];
  uint32_t length;
  bool damaged;
};

static uint32_t registers[0x400 / 4];
static uint32_t rx_next, tx_next; /* the ENET's own place in its rings */
static struct frame fifo[FIFO]; /* received, and no descriptor for it yet */
static uint32_t fifo_count;
static uint8_t out[FRAMES][ROOM];
static uint32_t out_length[FRAMES], out_first, out_count;
static uint32_t link_speed; /* 0: no cable */
static bool was_down;       /* since the PHY's status was last read: it tells so once (IEEE 802.3, 22.2.4.2.13) */
static uint32_t time_now;

static uint32_t *reg_at(uint32_t at) {
  return &registers[at / 4];
}

/* ---- Addresses on the bus ------------------------------------------------------------------------------------------------- */

enum { OCRAM = 0x00900000 };
#define DDR 0x80000000u

static uint8_t *origin; /* the slot that is at DDR, the lowest: all others are as far from it as in memory */

uint32_t bus_address(const void *memory) {
  const uint8_t *at = memory, *rx = (const uint8_t *)enet_rx, *tx = (const uint8_t *)enet_tx;
  if (at >= rx && at < rx + sizeof enet_rx) return OCRAM + (uint32_t)(at - rx);
  if (at >= tx && at < tx + sizeof enet_tx) return OCRAM + (uint32_t)(sizeof enet_rx + (size_t)(at - tx));
  if (!origin) origin = (uint8_t *)(uintptr_t)at;
  return DDR + (uint32_t)(at - origin);
}

/*
 * A cache as bad as it may be. It holds every line that the core has ever touched, so what the ENET writes is not seen before the line is
 * invalidated; it writes nothing back by itself until the ENET has written to the same line, and then it does at once.
 */
enum { LINES = 2048 };
static uint8_t ddr[LINES][CACHE_LINE];   /* what the ENET sees */
static uint8_t fetched[LINES][CACHE_LINE]; /* what the line was when it came into the cache, or was cleaned */

static uint32_t line_at(uint32_t address) {
  uint32_t line = (address - DDR) / CACHE_LINE;
  assert(line < LINES);
  return line;
}

static uint8_t *core_at(uint32_t line) {
  return origin + line * CACHE_LINE;
}

void cache_clean(const void *memory, uint32_t length) {
  uint32_t address = bus_address(memory);
  for (uint32_t line = line_at(address); line <= line_at(address + length - 1); line++) {
    memcpy(ddr[line], core_at(line), CACHE_LINE);
    memcpy(fetched[line], core_at(line), CACHE_LINE);
  }
}

void cache_invalidate(void *memory, uint32_t length) {
  uint32_t address = bus_address(memory);
  for (uint32_t line = line_at(address); line <= line_at(address + length - 1); line++) {
    memcpy(core_at(line), ddr[line], CACHE_LINE);
    memcpy(fetched[line], ddr[line], CACHE_LINE);
  }
}

/* Dirty lines of a buffer win over what the ENET has written. */
static void write_back(uint32_t address, uint32_t length) {
  for (uint32_t line = line_at(address); line <= line_at(address + length - 1); line++)
    if (memcmp(core_at(line), fetched[line], CACHE_LINE) != 0) memcpy(ddr[line], core_at(line), CACHE_LINE);
}

static uint8_t *buffer_at(uint32_t address) {
  return ddr[line_at(address)] + address % CACHE_LINE;
}

static struct enet_descriptor *descriptor_at(uint32_t address) {
  uint32_t offset = address - OCRAM;
  return offset < sizeof enet_rx ? &enet_rx[offset / 32] : &enet_tx[(offset - sizeof enet_rx) / 32];
}

static uint32_t after(uint32_t address, uint32_t control, uint32_t first) {
  return control & RXBD_W ? first : address + sizeof(struct enet_descriptor);
}

/* ---- The PHY: registers 1, 4 and 5 ----------------------------------------------------------------------------------------- */

static uint32_t phy_register(uint32_t index) {
  if (index == 4) return 0x01e1;
  if (index == 5) return link_speed == 100 ? 0x0181 : 0x0061;
  assert(index == 1);
  uint32_t status = link_speed == 0 ? 0x7809 : was_down ? 0x7829 : 0x782d;
  was_down = false;
  return status;
}

static void manage(uint32_t operation) {
  assert(operation >> 30 == 1 && (operation >> 28 & 3) == 2 && (operation >> 16 & 3) == 2);
  assert(*reg_at(ENET_MSCR) >> 1 & 63);
  bool is_there = (operation >> 23 & 31) == PHY;
  *reg_at(ENET_MMFR) = (operation & 0xffff0000) | (is_there ? phy_register(operation >> 18 & 31) : 0xffff);
  *reg_at(ENET_EIR) |= EIR_MII;
}

/* ---- Transmit --------------------------------------------------------------------------------------------------------------- */

static void leave(struct enet_descriptor *descriptor) {
  uint8_t *frame = buffer_at(descriptor->buffer);
  assert(descriptor->length >= 14 && descriptor->length <= 1522 - FCS);
  if (link_speed == 0) return;
  uint32_t n = (out_first + out_count++) % FRAMES;
  memcpy(out[n], frame, descriptor->length);
  out_length[n] = descriptor->length;
  if (!(descriptor->extended & TXBD_PINS)) return;
  assert((*reg_at(ENET_TACC) & TACC_PROCHK) && (*reg_at(ENET_TFWR) & TFWR_STRFWD));
  uint32_t field = sw_checksum_at(frame, descriptor->length);
  assert(field == 0 || (frame[field] == 0 && frame[field + 1] == 0));
  sw_checksum_fill(out[n], descriptor->length);
}

static void transmit(void) {
  while (*reg_at(ENET_TDAR) && out_count < FRAMES) {
    struct enet_descriptor *descriptor = descriptor_at(tx_next);
    if (!(descriptor->control & TXBD_R)) {
      *reg_at(ENET_TDAR) = 0;
      return;
    }
    assert((descriptor->control & (TXBD_L | TXBD_TC)) == (TXBD_L | TXBD_TC));
    leave(descriptor);
    descriptor->control &= (uint16_t)~TXBD_R;
    if (descriptor->extended & TXBD_INT) *reg_at(ENET_EIR) |= EIR_TXF;
    tx_next = after(tx_next, descriptor->control, *reg_at(ENET_TDSR));
  }
}

uint32_t mock_take(uint8_t *frame, uint32_t room) {
  if (out_count == 0) return 0;
  uint32_t length = out_length[out_first];
  assert(length <= room);
  memcpy(frame, out[out_first], length);
  out_first = (out_first + 1) % FRAMES;
  out_count--;
  transmit();
  return length;
}

/* ---- Receive ----------------------------------------------------------------------------------------------------------------- */

/* Into the buffer of a descriptor that is the ENET's. */
static void store(const struct frame *from, struct enet_descriptor *descriptor) {
  uint32_t limit = *reg_at(ENET_FTRL), most = *reg_at(ENET_RCR) >> RCR_MAX_FL_SHIFT, all = from->length + FCS;
  assert(descriptor->buffer % 64 == 0 && limit <= *reg_at(ENET_MRBR));
  uint32_t kept = all < limit ? all : limit;
  uint8_t *to = buffer_at(descriptor->buffer);
  memcpy(to, from->octets, kept < from->length ? kept : from->length);
  if (kept > from->length) memset(to + from->length, 0xfc, kept - from->length);
  write_back(descriptor->buffer, *reg_at(ENET_MRBR));
  uint32_t flags = RXBD_L | (from->damaged ? RXBD_CR : 0) | (all > most ? RXBD_LG : 0) | (all > limit ? RXBD_TR : 0);
  descriptor->length = (uint16_t)kept;
  descriptor->control = (uint16_t)((descriptor->control & RXBD_W) | flags);
}

static void receive(void) {
  while (*reg_at(ENET_RDAR) && fifo_count) {
    struct enet_descriptor *descriptor = descriptor_at(rx_next);
    if (!(descriptor->control & RXBD_E)) {
      *reg_at(ENET_RDAR) = 0;
      return;
    }
    store(&fifo[0], descriptor);
    if (descriptor->extended & RXBD_INT) *reg_at(ENET_EIR) |= EIR_RXF;
    rx_next = after(rx_next, descriptor->control, *reg_at(ENET_RDSR));
    memmove(&fifo[0], &fifo[1], --fifo_count * sizeof fifo[0]);
  }
}

bool mock_deliver(const uint8_t *frame, uint32_t length, bool damaged) {
  if (link_speed == 0 || !(*reg_at(ENET_ECR) & ECR_ETHEREN)) return false;
  if (fifo_count == FIFO) {
    *reg_at(ENET_IEEE_R_MACERR) = (*reg_at(ENET_IEEE_R_MACERR) + 1) & 0xffff;
    return false;
  }
  struct frame *to = &fifo[fifo_count++];
  *to = (struct frame){.length = length, .damaged = damaged};
  memcpy(to->octets, frame, length);
  receive();
  return true;
}

void mock_cable(bool up, uint32_t speed) {
  link_speed = up ? speed : 0;
  was_down |= !up;
}

/* ---- Registers ---------------------------------------------------------------------------------------------------------------- */

static void control(uint32_t value) {
  if (value & ECR_RESET) {
    memset(registers, 0, sizeof registers);
    fifo_count = out_first = out_count = 0;
    return;
  }
  *reg_at(ENET_ECR) = value;
  if (value & ECR_ETHEREN) {
    assert((value & ECR_EN1588) && (value & ECR_DBSWP));
    return;
  }
  *reg_at(ENET_RDAR) = *reg_at(ENET_TDAR) = 0;
  out_count = out_first = fifo_count = 0;
}

/* What may be written only while the ENET stands still (IMX6ULRM: RCR, TFWR, RDSR, TDSR, MRBR). */
static bool is_setting(uint32_t at) {
  return at == ENET_RCR || at == ENET_TFWR || at == ENET_RDSR || at == ENET_TDSR || at == ENET_MRBR;
}

void bus_write(uint32_t address, uint32_t value) {
  uint32_t at = address - ENET1_BASE;
  if (at >= sizeof registers) return; /* ENET2, which has no PHY of ours */
  bool is_enabled = *reg_at(ENET_ECR) & ECR_ETHEREN;
  assert(!is_setting(at) || !is_enabled);
  switch (at) {
    case ENET_EIR: *reg_at(at) &= ~value; return;
    case ENET_ECR: control(value); return;
    case ENET_MMFR: manage(value); return;
    case ENET_RDAR:
      *reg_at(at) = is_enabled ? RDAR_RDAR : 0;
      receive();
      return;
    case ENET_TDAR:
      *reg_at(at) = is_enabled ? TDAR_TDAR : 0;
      transmit();
      return;
    case ENET_RDSR: rx_next = value; break;
    case ENET_TDSR: tx_next = value; break;
    default: break;
  }
  assert((at != ENET_RDSR && at != ENET_TDSR && at != ENET_MRBR) || value % 64 == 0);
  *reg_at(at) = value;
}

uint32_t bus_read(uint32_t address) {
  uint32_t at = address - ENET1_BASE;
  return at < sizeof registers ? *reg_at(at) : 0;
}

/* ---- What board.c has ------------------------------------------------------------------------------------------------------------ */

void board_write(const char *text, uint32_t length) {
  fwrite(text, 1, length, stderr);
}

/* Time to look at the cable, each time. */
uint32_t board_now(void) {
  return time_now += LINK_PERIOD;
}

void mock_reset(void) {
  memset(registers, 0, sizeof registers);
  out_first = out_count = fifo_count = link_speed = 0;
  was_down = true;
  origin = NULL;
  memset(ddr, 0xee, sizeof ddr);
}
