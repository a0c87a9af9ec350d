#include "mock.h"

#include <string.h>

#include "controller.h"

struct queue {
  struct controller_frame frames[CONTROLLER_FRAMES];
  uint32_t first, count;
};

static struct queue in, out;
static uint32_t lost, speed;
static bool plugged;

static bool put(struct queue *queue, const uint8_t *frame, uint32_t length, bool damaged) {
  if (queue->count == CONTROLLER_FRAMES || length > CONTROLLER_ROOM) return false;
  struct controller_frame *to = &queue->frames[(queue->first + queue->count++) % CONTROLLER_FRAMES];
  to->length = length;
  to->damaged = damaged;
  memcpy(to->octets, frame, length);
  return true;
}

static void drop_first(struct queue *queue) {
  queue->first = (queue->first + 1) % CONTROLLER_FRAMES;
  queue->count--;
}

/* ---- The driver's side ---- */

const struct controller_frame *controller_first(void) {
  return in.count ? &in.frames[in.first] : NULL;
}

void controller_release(void) {
  drop_first(&in);
}

uint32_t controller_lost(void) {
  uint32_t before = lost;
  lost = 0;
  return before;
}

bool controller_cable(uint32_t *at) {
  *at = speed;
  return plugged;
}

bool controller_send(const uint8_t *frame, uint32_t length) {
  return put(&out, frame, length, false);
}

/* ---- The test's side ---- */

void mock_reset(void) {
  in.count = out.count = lost = speed = 0;
  plugged = false;
}

bool mock_deliver(const uint8_t *frame, uint32_t length, bool damaged) {
  if (!plugged) return false;
  bool taken = put(&in, frame, length, damaged);
  if (!taken) lost++;
  return taken;
}

uint32_t mock_take(uint8_t *frame, uint32_t room) {
  if (out.count == 0 || out.frames[out.first].length > room) return 0;
  uint32_t length = out.frames[out.first].length;
  memcpy(frame, out.frames[out.first].octets, length);
  drop_first(&out);
  return length;
}

void mock_cable(bool up, uint32_t at) {
  plugged = up;
  speed = at;
}
