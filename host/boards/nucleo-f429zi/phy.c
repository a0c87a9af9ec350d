/*
 * The PHY LAN8742A (DS00001989, chapter 4) at address 0 of the management bus. It negotiates by itself after reset. An operation takes 27
 * us, which nobody waits for: it is begun in one call and its end looked for in the next.
 */
#include "chip.h"

enum { ADDRESS = 0, STATUS = 1, SPECIAL = 31 };
#define STATUS_LINK (1u << 2) /* once the link was lost it stays 0 until it has been read */
#define SPECIAL_100 (1u << 3)
#define SPECIAL_FULL (1u << 4)

static enum { IDLE, READING_STATUS, READING_AGAIN, READING_SPECIAL } state;
static uint32_t asked_at;
static bool is_new; /* nothing has been asked for yet */
static struct phy_link known;

static void ask(uint32_t index) {
  eth_set(ETH_MACMIIAR, ADDRESS << MACMIIAR_PA | index << MACMIIAR_MR | MACMIIAR_CR_DIV102 | MACMIIAR_MB);
}

void phy_start(void) {
  known = (struct phy_link){0};
  state = IDLE;
  is_new = true;
}

bool phy_is_busy(void) {
  return state != IDLE;
}

static bool set(struct phy_link *link, struct phy_link now) {
  bool is_same = known.up == now.up && known.speed == now.speed && known.full_duplex == now.full_duplex;
  *link = known = now;
  return !is_same;
}

static bool status_came(uint32_t status, struct phy_link *link) {
  bool is_up = (status & STATUS_LINK) != 0, is_old = !known.up && !is_up && state == READING_STATUS;
  if (is_old || (is_up && !known.up)) {
    state = is_old ? READING_AGAIN : READING_SPECIAL; /* a 0 that was there already tells of the past */
    ask(is_old ? STATUS : SPECIAL);
    return false;
  }
  state = IDLE;
  return is_up ? false : set(link, (struct phy_link){0});
}

static bool answered(uint32_t value, struct phy_link *link) {
  if (state != READING_SPECIAL) return status_came(value, link);
  state = IDLE;
  return set(link, (struct phy_link){.up = true, .full_duplex = (value & SPECIAL_FULL) != 0, .speed = value & SPECIAL_100 ? 100 : 10});
}

bool phy_poll(uint32_t now, struct phy_link *link) {
  if (state == IDLE && (is_new || now - asked_at >= LINK_PERIOD)) {
    asked_at = now;
    is_new = false;
    state = READING_STATUS;
    ask(STATUS);
  }
  bool has_changed = false;
  while (state != IDLE && !(eth_get(ETH_MACMIIAR) & MACMIIAR_MB)) has_changed |= answered(eth_get(ETH_MACMIIDR) & 0xffff, link);
  return has_changed;
}
