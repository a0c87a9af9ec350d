#include "bench.h"

struct wire wire_in, wire_out;

uint8_t *wire_room(struct wire *wire) {
  return wire->count == WIRE_FRAMES ? NULL : wire->frame[(wire->head + wire->count) % WIRE_FRAMES];
}

void wire_push(struct wire *wire, uint32_t length) {
  wire->length[(wire->head + wire->count++) % WIRE_FRAMES] = (uint16_t)length;
}

uint8_t *wire_next(const struct wire *wire, uint32_t *length) {
  if (wire->count == 0) return NULL;
  *length = wire->length[wire->head];
  return (uint8_t *)wire->frame[wire->head];
}

void wire_pop(struct wire *wire) {
  wire->head = (wire->head + 1) % WIRE_FRAMES;
  wire->count--;
}
