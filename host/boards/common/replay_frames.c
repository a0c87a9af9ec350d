/* Frames, as the descriptors in linear memory show them: a slot that the module has given to the MAC in a call holds one. */
#include <string.h>

#include "replay.h"

enum { INTERFACES = 4, MAX_SLOTS = 32 };

/* The transmit ring of an interface. */
struct ring {
  uint32_t record;
  uint32_t first, count;
  uint32_t next;  /* where the next frame is expected */
  uint32_t owned; /* which slots the MAC owned before the call, a bit each */
};

static struct ring rings[INTERFACES];
static const uint8_t *memory;
static uint32_t memory_size;

static uint32_t load32(uint32_t at) {
  uint32_t value = 0;
  if (at <= memory_size - sizeof value) memcpy(&value, memory + at, sizeof value);
  return value;
}

static bool owns(const struct ring *ring, uint32_t slot) {
  return load32(ring->first + slot * SW_DESCRIPTOR_RECORD_SIZE + SW_DESCRIPTOR_RECORD_LENGTH) >> 16 & SW_OWN;
}

static void look_at(struct ring *ring) {
  ring->owned = 0;
  for (uint32_t slot = 0; slot < ring->count; slot++)
    if (owns(ring, slot)) ring->owned |= 1u << slot;
}

void frames_look(const uint8_t *linear_memory, uint32_t size) {
  memory = linear_memory;
  memory_size = size;
  for (uint32_t i = 0; i < INTERFACES; i++) look_at(&rings[i]);
}

/* The module has laid out its rings. */
static void find(struct ring *ring) {
  ring->first = load32(ring->record + SW_MAC_RECORD_TX_RING);
  ring->count = load32(ring->record + SW_MAC_RECORD_TX_COUNT);
  if (ring->count > MAX_SLOTS) ring->count = 0;
  ring->next = ring->owned = 0;
}

static void report_frame(uint32_t step, uint32_t interface, const struct ring *ring, uint32_t slot) {
  uint32_t descriptor = ring->first + slot * SW_DESCRIPTOR_RECORD_SIZE;
  uint32_t buffer = load32(descriptor + SW_DESCRIPTOR_RECORD_BUFFER);
  uint32_t length = load32(descriptor + SW_DESCRIPTOR_RECORD_LENGTH) & 0xffff;
  if (buffer > memory_size || length > memory_size - buffer) length = 0;
  report('F', 3, (uint32_t[]){step, interface, length});
  files_write(memory + buffer, length);
}

static void report_ring(uint32_t step, uint32_t interface) {
  struct ring *ring = &rings[interface];
  uint32_t start = ring->next;
  for (uint32_t i = 0; i < ring->count; i++) {
    uint32_t slot = (start + i) % ring->count;
    if ((ring->owned >> slot & 1) != 0 || !owns(ring, slot)) continue;
    report_frame(step, interface, ring, slot);
    ring->next = (slot + 1) % ring->count;
  }
}

void frames_report(uint32_t step, const struct session_entry *entry) {
  if (entry->function == SW_FN_MAC && entry->result != 0 && entry->arguments[0] < INTERFACES)
    rings[entry->arguments[0]].record = entry->result;
  for (uint32_t i = 0; i < INTERFACES; i++) {
    if (entry->function == SW_FN_INIT && rings[i].record != 0) find(&rings[i]);
    report_ring(step, i);
  }
}
