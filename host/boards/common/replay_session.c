/* Reads a session, with a buffer of one KiB, in the order of the file. */
#include <string.h>

#include "replay.h"

enum { VERSION = 1, TAG_CHECKPOINT = 0x7e, TAG_END = 0x7f, TAG_TRAPPED = 0x80, MAX_FUNCTIONS = 0x7e };
enum { HEADER_FIXED = 64, HASH = 32, PROFILE = 16, NAME = 32 };

static uint8_t buffer[1024];
static uint32_t at, end;
/* Of everything that was taken from the buffer before `summed`. */
static uint32_t crc, summed;
static bool is_short;

static uint8_t *memory;
static uint32_t memory_size;
static uint8_t functions[MAX_FUNCTIONS];
static uint32_t function_count;
static uint32_t steps;

static const char too_short[] = "the session is cut off";

/* ---- Octets and numbers: behind the end there are zeros, and is_short ----------------------------------------------------- */

static void sum_up(void) {
  crc = replay_crc32(buffer + summed, at - summed, crc);
  summed = at;
}

static bool fill(void) {
  if (at < end) return true;
  sum_up();
  at = summed = 0;
  end = files_read(buffer, sizeof buffer);
  if (end == 0) is_short = true;
  return end > 0;
}

static void take(uint8_t *to, uint32_t length) {
  while (length > 0 && fill()) {
    uint32_t part = end - at < length ? end - at : length;
    memcpy(to, buffer + at, part);
    at += part;
    to += part;
    length -= part;
  }
  memset(to, 0, length);
}

static uint32_t take_u8(void) {
  if (at == end && !fill()) return 0;
  return buffer[at++];
}

static uint32_t take_u32(void) {
  uint32_t value;
  take((uint8_t *)&value, sizeof value);
  return value;
}

static uint32_t take_number(void) {
  uint32_t value = 0;
  for (uint32_t shift = 0; shift < 35; shift += 7) {
    uint32_t octet = take_u8();
    value |= (octet & 0x7f) << shift;
    if (octet < 0x80) break;
  }
  return value;
}

/* ---- The header ---------------------------------------------------------------------------------------------------------- */

/* The number that function has in this firmware, SW_FN_COUNT when it has none. */
static uint32_t function_named(const char *name, uint32_t arity) {
  for (uint32_t function = 0; function < SW_FN_COUNT; function++) {
    if (strcmp(name, sw_function_name(function)) != 0) continue;
    return sw_function_arity(function) == arity ? function : SW_FN_COUNT;
  }
  return SW_FN_COUNT;
}

static const char *read_functions(void) {
  for (uint32_t i = 0; i < function_count; i++) {
    char name[NAME] = "";
    uint32_t arity = take_u8(), length = take_u8();
    if (length >= sizeof name) return "the session calls a function with a very long name";
    take((uint8_t *)name, length);
    /* Those that this firmware does not know must not be called; that shows in the step that does. */
    functions[i] = (uint8_t)function_named(name, arity);
  }
  return is_short ? too_short : NULL;
}

const char *session_open(const uint8_t module_hash[32], uint8_t *linear_memory, uint32_t size) {
  uint8_t magic[5], hash[HASH], profile[PROFILE];
  take(magic, sizeof magic);
  if (memcmp(magic, "SWSN", 4) != 0) return "this is no session of Sandwire";
  if (magic[4] != VERSION) return "the session has another version than this firmware";
  function_count = take_u8();
  uint32_t length = take_u8();
  length |= take_u8() << 8;
  take_u32();
  memory = linear_memory;
  memory_size = take_u32();
  take(hash, sizeof hash);
  take(profile, sizeof profile);
  if (memcmp(hash, module_hash, sizeof hash) != 0) return "the session was recorded with another module than this firmware's";
  if (memory_size > size) return "the session is about more memory than this firmware has";
  if (function_count > MAX_FUNCTIONS || length < HEADER_FIXED) return "the session's header makes no sense";
  return read_functions();
}

uint32_t session_memory_size(void) { return memory_size; }

/* ---- Records -------------------------------------------------------------------------------------------------------------- */

static const char *read_writes(void) {
  uint32_t address = 0;
  for (uint32_t count = take_number(); count > 0 && !is_short; count--) {
    uint32_t gap = take_number(), words = take_number();
    if (gap > memory_size / 4 || words > memory_size / 4) return "the session writes outside the memory";
    address += gap * 4;
    if (address + words * 4 > memory_size) return "the session writes outside the memory";
    take(memory + address, words * 4);
    address += words * 4;
  }
  return is_short ? too_short : NULL;
}

static const char *read_step(uint32_t tag, struct session_entry *entry, session_written *written) {
  uint32_t index = tag & ~(uint32_t)TAG_TRAPPED;
  entry->trapped = (tag & TAG_TRAPPED) != 0;
  if (index >= function_count || functions[index] == SW_FN_COUNT) return "the session calls what this firmware's module does not have";
  entry->function = functions[index];
  const char *error = read_writes();
  if (error != NULL) return error;
  written();
  for (uint32_t i = 0; i < sw_function_arity(entry->function); i++) entry->arguments[i] = take_number();
  entry->result = entry->trapped ? 0 : take_number();
  steps++;
  return is_short ? too_short : NULL;
}

static const char *read_end(struct session_entry *entry) {
  if (take_number() != steps) return "the session has not as many steps as it says";
  entry->result = take_u32();
  sum_up();
  uint32_t is = crc, said = take_u32();
  if (is_short) return too_short;
  if (is != said) return "the session is damaged: its checksum is wrong";
  return NULL;
}

const char *session_next(struct session_entry *entry, session_written *written) {
  uint32_t tag = take_u8();
  if (is_short) return too_short;
  entry->kind = tag == TAG_CHECKPOINT ? SESSION_CHECKPOINT : tag == TAG_END ? SESSION_END : SESSION_STEP;
  if (entry->kind == SESSION_STEP) return read_step(tag, entry, written);
  if (entry->kind == SESSION_END) return read_end(entry);
  entry->result = take_u32();
  return is_short ? too_short : NULL;
}
