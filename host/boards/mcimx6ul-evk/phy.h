/* The PHY behind the ENET: whether the cable is there, and what the two ends agreed on. Nothing here waits. */
#ifndef SANDWIRE_PHY_H
#define SANDWIRE_PHY_H

#include <stdbool.h>
#include <stdint.h>

struct link {
  bool up;
  bool full_duplex;
  uint32_t speed; /* Mbit/s */
};

/* Look for the PHY anew; the link counts as down until it says otherwise. */
void phy_start(void);

/* Do what is due at `now`, in ms; whether *link has changed. */
bool phy_poll(uint32_t now, struct link *link);

#endif
