/*
 * Reading a module's binary format (WebAssembly Core Specification 2.0, section 5), as far as wasm3 does not tell. wasm3 has found the
 * module well-formed before.
 */
#ifndef SANDWIRE_BINARY_H
#define SANDWIRE_BINARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t sw_read_u32(const uint8_t **at) {
  uint32_t value = 0;
  for (uint32_t shift = 0;; shift += 7) {
    uint8_t octet = *(*at)++;
    value |= (uint32_t)(octet & 127) << shift;
    if (octet < 128) return value;
  }
}

static inline int64_t sw_read_signed(const uint8_t **at) {
  uint64_t value = 0;
  for (uint32_t shift = 0;;) {
    uint8_t octet = *(*at)++;
    value |= (uint64_t)(octet & 127) << shift;
    shift += 7;
    if (octet < 128) return (int64_t)(shift < 64 && (octet & 64) ? value | (UINT64_MAX << shift) : value);
  }
}

/* A constant expression: false for what is none of a number. `value` takes eight octets. */
static inline bool sw_constant(const uint8_t *expression, void *value) {
  const uint8_t *at = expression + 1;
  int64_t number;
  switch (*expression) {
    case 0x41: /* i32.const */
    case 0x42: /* i64.const */
      number = sw_read_signed(&at);
      memcpy(value, &number, sizeof number);
      return true;
    case 0x43: /* f32.const */
      memcpy(value, at, 4);
      return true;
    case 0x44: /* f64.const */
      memcpy(value, at, 8);
      return true;
    default:
      return false;
  }
}

/* The entries of the export section that are still to come. */
struct sw_exports {
  const uint8_t *at;
  uint32_t left;
};

struct sw_export {
  const uint8_t *name;
  uint32_t length; /* of the name */
  bool is_function;
  uint32_t index;
};

static inline struct sw_exports sw_exports_of(const uint8_t *wasm, size_t length) {
  const uint8_t *end = wasm + length, *at = wasm + 8;
  while (at < end) {
    uint8_t section = *at++;
    uint32_t octets = sw_read_u32(&at);
    if (section != 7) {
      at += octets;
      continue;
    }
    uint32_t count = sw_read_u32(&at);
    return (struct sw_exports){at, count};
  }
  return (struct sw_exports){0};
}

/* False when there are no more. */
static inline bool sw_next_export(struct sw_exports *exports, struct sw_export *export) {
  if (exports->left == 0) return false;
  exports->left--;
  export->length = sw_read_u32(&exports->at);
  export->name = exports->at;
  exports->at += export->length;
  export->is_function = *exports->at++ == 0;
  export->index = sw_read_u32(&exports->at);
  return true;
}

#endif
