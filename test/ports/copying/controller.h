/* A controller as simple as one can be: two queues of frames, and three registers. */
#ifndef CONTROLLER_H
#define CONTROLLER_H

#include <stdbool.h>
#include <stdint.h>

enum { CONTROLLER_FRAMES = 16, CONTROLLER_ROOM = 2048 };

struct controller_frame {
  uint32_t length;
  bool damaged;
  uint8_t octets[CONTROLLER_ROOM];
};

/* Frames that have come, in order; frames that found no room since the last look; the cable. */
const struct controller_frame *controller_first(void);
void controller_release(void);
uint32_t controller_lost(void);
bool controller_cable(uint32_t *speed);

/* False when it cannot take a frame now. */
bool controller_send(const uint8_t *frame, uint32_t length);

#endif
