/*
 * The PHY inside the LM3S6965, behind the MAC's management registers (data sheet §15.3.1.4 and §15.5). It negotiates by itself after
 * reset; it is only asked, and asked only when it has interrupted.
 */
#include "chip.h"

#define MACMCTL_START 1u
#define MACMCTL_WRITE 2u
#define MACMCTL_REGADR 3u /* from this bit on */

enum { MR1 = 1, MR17 = 17, MR18 = 18 };
#define MR1_LINK 0x0004u
#define MR17_ANEGCOMP_IE 0x0100u
#define MR17_LSCHG_IE 0x0400u
#define MR18_RATE 0x0400u
#define MR18_DPLX 0x0800u

/* A transaction takes 64 cycles of at most 2.5 MHz, 1280 of ours. The loop ends also when the MAC does not answer. */
static void transact(uint32_t control) {
  mac_write(MACMCTL, control | MACMCTL_START);
  for (uint32_t looks = 0; looks < 2000 && (mac_read(MACMCTL) & MACMCTL_START); looks++) continue;
}

static uint32_t phy_read(uint32_t index) {
  transact(index << MACMCTL_REGADR);
  return mac_read(MACMRXD) & 0xffff;
}

static void phy_write(uint32_t index, uint32_t value) {
  mac_write(MACMTXD, value);
  transact(index << MACMCTL_REGADR | MACMCTL_WRITE);
}

void phy_start(void) {
  mac_write(MACMDV, SYSTEM_CLOCK / 2 / 2500000 - 1); /* MDC = clock / (2 * (MACMDV + 1)), at most 2.5 MHz */
  phy_write(MR17, MR17_LSCHG_IE | MR17_ANEGCOMP_IE);
}

struct phy_link phy_look(void) {
  (void)phy_read(MR17);          /* reading clears what it interrupted for */
  uint32_t latched = phy_read(MR1); /* LINK low stays low until it was read */
  uint32_t state = phy_read(MR1);
  /* A PHY's MR1 also says what it can do and is never 0. It is 0 in QEMU, which has no PHY: the cable is always there. */
  if ((latched | state) == 0) return (struct phy_link){.up = true, .full_duplex = true, .speed = 100};
  uint32_t diagnostic = phy_read(MR18);
  return (struct phy_link){
      .up = (state & MR1_LINK) != 0,
      .full_duplex = (diagnostic & MR18_DPLX) != 0,
      .speed = diagnostic & MR18_RATE ? 100 : 10,
  };
}
