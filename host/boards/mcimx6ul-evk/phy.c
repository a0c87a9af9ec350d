/*
 * The PHY of ENET1 answers to address 2 on the MII management bus (MCIMX6UL-EVK schematic: KSZ8081RNB). The board has one such bus for
 * both controllers, which either of them may drive: we ask ENET1, and where nobody answers, ENET2. An operation takes about 27 us, so it
 * is begun in one call and its end, EIR[MII], wakes the core for another.
 */
#include "phy.h"

#include "bus.h"
#include "enet.h"
#include "imx6ul.h"

enum { ADDRESS = 2 };

/* IEEE 802.3, 22.2.4 and 28.2.4.1: registers every PHY has. It negotiates by itself; a module that restarts does not disturb it. */
enum { STATUS = 1, ADVERTISED = 4, PARTNER = 5 };
#define STATUS_LINK (1u << 2) /* stays 0, once the link was lost, until it is read */
#define STATUS_DONE (1u << 5)
#define ABILITY_100_FULL (1u << 8)
#define ABILITY_100 (1u << 7)
#define ABILITY_10_FULL (1u << 6)
#define NOBODY 0xffffu

/* MMFR: clause 22 frames. MSCR: 66 MHz / ((13 + 1) x 2) = 2.4 MHz, of at most 2.5. */
#define MMFR_READ (1u << 30 | 2u << 28 | 2u << 16)
#define MSCR_MII_SPEED (13u << 1)

static enum { IDLE, READING_STATUS, READING_AGAIN, READING_ADVERTISED, READING_PARTNER } state;
static uint32_t bus;      /* the controller that drives the management bus */
static uint32_t asked_at; /* when STATUS was last asked for */
static bool is_new;       /* nothing has been asked for yet */
static uint32_t advertised;
static struct link known;

static void ask(uint32_t index) {
  bus_write(bus + ENET_EIR, EIR_MII);
  bus_write(bus + ENET_MMFR, MMFR_READ | ADDRESS << 23 | index << 18);
}

static void take_bus(uint32_t controller) {
  bus = controller;
  bus_write(bus + ENET_MSCR, MSCR_MII_SPEED);
  bus_write(bus + ENET_EIR, EIR_MII); /* which that may have caused; it would keep the core awake */
  bus_write(bus + ENET_EIMR, bus_read(bus + ENET_EIMR) | EIR_MII);
}

void phy_start(void) {
  known = (struct link){0};
  state = IDLE;
  is_new = true;
  take_bus(ENET1_BASE);
}

static void begin(uint32_t now) {
  asked_at = now;
  is_new = false;
  state = READING_STATUS;
  ask(STATUS);
}

static bool set(struct link *link, struct link now) {
  bool is_same = known.up == now.up && known.speed == now.speed && known.full_duplex == now.full_duplex;
  known = now;
  *link = now;
  return !is_same;
}

/* The best both ends can do (IEEE 802.3, annex 28B.3). */
static struct link agreed(uint32_t both) {
  bool is_fast = both & (ABILITY_100 | ABILITY_100_FULL);
  bool is_full = is_fast ? both & ABILITY_100_FULL : both & ABILITY_10_FULL;
  return (struct link){.up = true, .full_duplex = is_full, .speed = is_fast ? 100 : 10};
}

static bool status_came(uint32_t status, struct link *link) {
  state = IDLE;
  if (status == NOBODY) {
    take_bus(bus == ENET1_BASE ? ENET2_BASE : ENET1_BASE);
    is_new = true;
    return set(link, (struct link){0});
  }
  if (!(status & STATUS_LINK) || !(status & STATUS_DONE)) return set(link, (struct link){0});
  if (known.up) return false;
  state = READING_ADVERTISED;
  ask(ADVERTISED);
  return false;
}

/* What was asked for has come. */
static bool answered(uint32_t value, struct link *link) {
  switch (state) {
    case READING_STATUS:
      if (known.up || (value & STATUS_LINK)) return status_came(value, link);
      state = READING_AGAIN; /* what is read first tells of the past; while the link was up, that is what we want to know */
      ask(STATUS);
      return false;
    case READING_AGAIN: return status_came(value, link);
    case READING_ADVERTISED:
      advertised = value;
      state = READING_PARTNER;
      ask(PARTNER);
      return false;
    default: state = IDLE; return set(link, agreed(advertised & value));
  }
}

bool phy_poll(uint32_t now, struct link *link) {
  if (is_new || now - asked_at >= LINK_PERIOD) begin(now);
  bool has_changed = false;
  while (state != IDLE && (bus_read(bus + ENET_EIR) & EIR_MII)) {
    bus_write(bus + ENET_EIR, EIR_MII);
    has_changed |= answered(bus_read(bus + ENET_MMFR) & 0xffff, link);
  }
  return has_changed;
}
