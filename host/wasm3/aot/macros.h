/*
 * What the bodies of generated functions are written in. In each of them FN is the number of the function in the module, so that a trap
 * can name it, whatever the compiler has inlined.
 */
#ifndef SANDWIRE_AOT_MACROS_H
#define SANDWIRE_AOT_MACROS_H

#include <stdlib.h>
#include <string.h>

#include "trap.h"

#define SW_LIKELY(x) __builtin_expect(!!(x), 1)
#define SW_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define SW_INLINE static inline __attribute__((always_inline, unused))

/* ---- Functions and traps ---- */

#ifdef SW_AOT_STATIC
#define SW_STACK_CHECK
#else
#define SW_STACK_CHECK \
  if (SW_UNLIKELY((const char *)__builtin_frame_address(0) < SW_AOT_MEMORY(instance).stack_limit)) sw_aot_trap(SW_TRAP_STACK, FN);
#endif

#define FUNC_PROLOGUE(number) \
  enum { FN = number };       \
  SW_STACK_CHECK
#define FUNC_EPILOGUE
#define UNREACHABLE sw_aot_unreachable(FN)
/* In wasm2c's own helpers for floating point, which modules get that use it. */
#define TRAP(reason) (sw_aot_trap(SW_TRAP_##reason, FN), 0)
#define UNLIKELY(x) SW_UNLIKELY(x)

#define CALL_INDIRECT(table, type, id, index, ...)                                                     \
  (SW_LIKELY((index) < (table).size && (table).data[index].func && (table).data[index].func_type == func_types[id]) \
       ? (void)0                                                                                       \
       : sw_aot_bad_call(&(table), index, FN),                                                         \
   ((type)(table).data[index].func)(__VA_ARGS__))

/* ---- Memory: one compare in 32 bits where its size is known at compile time, and the same for near fields (SW_AOT_GUARD) ---- */

#ifdef SW_AOT_STATIC
#define SW_DATA sw_memory
#define SW_OUTSIDE(base, offset, count)               \
  ((offset) <= SW_AOT_GUARD - (count)                 \
       ? SW_UNLIKELY((base) >= SW_MEMORY_SIZE)        \
       : (offset) > SW_MEMORY_SIZE - (count) || SW_UNLIKELY((base) > SW_MEMORY_SIZE - (count) - (offset)))
#define SW_SIZE ((uint64_t)SW_MEMORY_SIZE)
#define SW_OF
#define SW_THIS
#else
#define SW_DATA (memory->data)
#define SW_OUTSIDE(base, offset, count) SW_UNLIKELY((u64)(base) + (offset) + (count) > memory->size)
#define SW_SIZE ((uint64_t)memory->size)
#define SW_OF const wasm_rt_memory_t *memory,
#define SW_THIS &SW_AOT_MEMORY(instance),
#endif

#define SW_LOAD(name, stored, widened, result)                                \
  SW_INLINE result sw_##name(SW_OF u32 base, u32 offset, u32 function) {      \
    stored value;                                                             \
    if (SW_OUTSIDE(base, offset, sizeof value)) sw_aot_out_of_bounds(function); \
    memcpy(&value, SW_DATA + base + offset, sizeof value);                    \
    return (result)(widened)value;                                            \
  }

#define SW_STORE(name, stored, given)                                                 \
  SW_INLINE void sw_##name(SW_OF u32 base, u32 offset, given value, u32 function) {   \
    stored narrowed = (stored)value;                                                  \
    if (SW_OUTSIDE(base, offset, sizeof narrowed)) sw_aot_out_of_bounds(function);    \
    memcpy(SW_DATA + base + offset, &narrowed, sizeof narrowed);                      \
  }

SW_LOAD(i32_load, u32, u32, u32)
SW_LOAD(i64_load, u64, u64, u64)
SW_LOAD(f32_load, f32, f32, f32)
SW_LOAD(f64_load, f64, f64, f64)
SW_LOAD(i32_load8_s, s8, s32, u32)
SW_LOAD(i64_load8_s, s8, s64, u64)
SW_LOAD(i32_load8_u, u8, u32, u32)
SW_LOAD(i64_load8_u, u8, u64, u64)
SW_LOAD(i32_load16_s, s16, s32, u32)
SW_LOAD(i64_load16_s, s16, s64, u64)
SW_LOAD(i32_load16_u, u16, u32, u32)
SW_LOAD(i64_load16_u, u16, u64, u64)
SW_LOAD(i64_load32_s, s32, s64, u64)
SW_LOAD(i64_load32_u, u32, u64, u64)
SW_STORE(i32_store, u32, u32)
SW_STORE(i64_store, u64, u64)
SW_STORE(f32_store, f32, f32)
SW_STORE(f64_store, f64, f64)
SW_STORE(i32_store8, u8, u32)
SW_STORE(i32_store16, u16, u32)
SW_STORE(i64_store8, u8, u64)
SW_STORE(i64_store16, u16, u64)
SW_STORE(i64_store32, u32, u64)

#define i32_load(base, offset) sw_i32_load(SW_THIS base, offset, FN)
#define i64_load(base, offset) sw_i64_load(SW_THIS base, offset, FN)
#define f32_load(base, offset) sw_f32_load(SW_THIS base, offset, FN)
#define f64_load(base, offset) sw_f64_load(SW_THIS base, offset, FN)
#define i32_load8_s(base, offset) sw_i32_load8_s(SW_THIS base, offset, FN)
#define i64_load8_s(base, offset) sw_i64_load8_s(SW_THIS base, offset, FN)
#define i32_load8_u(base, offset) sw_i32_load8_u(SW_THIS base, offset, FN)
#define i64_load8_u(base, offset) sw_i64_load8_u(SW_THIS base, offset, FN)
#define i32_load16_s(base, offset) sw_i32_load16_s(SW_THIS base, offset, FN)
#define i64_load16_s(base, offset) sw_i64_load16_s(SW_THIS base, offset, FN)
#define i32_load16_u(base, offset) sw_i32_load16_u(SW_THIS base, offset, FN)
#define i64_load16_u(base, offset) sw_i64_load16_u(SW_THIS base, offset, FN)
#define i64_load32_s(base, offset) sw_i64_load32_s(SW_THIS base, offset, FN)
#define i64_load32_u(base, offset) sw_i64_load32_u(SW_THIS base, offset, FN)
#define i32_store(base, offset, value) sw_i32_store(SW_THIS base, offset, value, FN)
#define i64_store(base, offset, value) sw_i64_store(SW_THIS base, offset, value, FN)
#define f32_store(base, offset, value) sw_f32_store(SW_THIS base, offset, value, FN)
#define f64_store(base, offset, value) sw_f64_store(SW_THIS base, offset, value, FN)
#define i32_store8(base, offset, value) sw_i32_store8(SW_THIS base, offset, value, FN)
#define i32_store16(base, offset, value) sw_i32_store16(SW_THIS base, offset, value, FN)
#define i64_store8(base, offset, value) sw_i64_store8(SW_THIS base, offset, value, FN)
#define i64_store16(base, offset, value) sw_i64_store16(SW_THIS base, offset, value, FN)
#define i64_store32(base, offset, value) sw_i64_store32(SW_THIS base, offset, value, FN)

/* memory.fill, memory.copy, memory.init: they trap before they write anything. */
SW_INLINE void sw_memory_fill(SW_OF u32 to, u32 value, u32 count, u32 function) {
  if (SW_UNLIKELY((u64)to + count > SW_SIZE)) sw_aot_out_of_bounds(function);
  memset(SW_DATA + to, (int)(u8)value, count);
}

SW_INLINE void sw_memory_copy(SW_OF u32 to, u32 from, u32 count, u32 function) {
  if (SW_UNLIKELY((u64)to + count > SW_SIZE || (u64)from + count > SW_SIZE)) sw_aot_out_of_bounds(function);
  memmove(SW_DATA + to, SW_DATA + from, count);
}

SW_INLINE void sw_memory_init(SW_OF const u8 *segment, u32 length, u32 to, u32 from, u32 count, u32 function) {
  if (SW_UNLIKELY((u64)to + count > SW_SIZE || (u64)from + count > length)) sw_aot_out_of_bounds(function);
  memcpy(SW_DATA + to, segment + from, count);
}

#define memory_fill(to, value, count) sw_memory_fill(SW_THIS to, value, count, FN)
#define memory_copy(to, from, count) sw_memory_copy(SW_THIS to, from, count, FN)
#define memory_init(segment, length, to, from, count) sw_memory_init(SW_THIS segment, length, to, from, count, FN)

/* The memory never grows: modules that could are refused. */
#define memory_size() sw_aot_pages
#define memory_grow(more) ((more) == 0 ? sw_aot_pages : UINT32_MAX)

/* ---- Numbers ---- */

#define SW_DIVISIONS(name, u, s, least)                                                          \
  SW_INLINE u sw_##name##_div_s(u x, u y, u32 function) {                                        \
    if (SW_UNLIKELY(y == 0)) sw_aot_trap(SW_TRAP_DIVISION, function);                            \
    if (SW_UNLIKELY(y == (u)-1 && x == (u)least)) sw_aot_trap(SW_TRAP_INT_OVERFLOW, function);       \
    return (u)((s)x / (s)y);                                                                     \
  }                                                                                              \
  SW_INLINE u sw_##name##_rem_s(u x, u y, u32 function) {                                        \
    if (SW_UNLIKELY(y == 0)) sw_aot_trap(SW_TRAP_DIVISION, function);                            \
    return y == (u)-1 ? 0 : (u)((s)x % (s)y);                                                    \
  }                                                                                              \
  SW_INLINE u sw_##name##_div_u(u x, u y, u32 function) {                                        \
    if (SW_UNLIKELY(y == 0)) sw_aot_trap(SW_TRAP_DIVISION, function);                            \
    return x / y;                                                                                \
  }                                                                                              \
  SW_INLINE u sw_##name##_rem_u(u x, u y, u32 function) {                                        \
    if (SW_UNLIKELY(y == 0)) sw_aot_trap(SW_TRAP_DIVISION, function);                            \
    return x % y;                                                                                \
  }

SW_DIVISIONS(i32, u32, s32, INT32_MIN)
SW_DIVISIONS(i64, u64, s64, INT64_MIN)

#define I32_DIV_S(x, y) sw_i32_div_s(x, y, FN)
#define I64_DIV_S(x, y) sw_i64_div_s(x, y, FN)
#define I32_REM_S(x, y) sw_i32_rem_s(x, y, FN)
#define I64_REM_S(x, y) sw_i64_rem_s(x, y, FN)
/* wasm2c writes one macro for both widths. */
#define DIV_U(x, y) (sizeof(x) == 4 ? sw_i32_div_u((u32)(x), (u32)(y), FN) : sw_i64_div_u(x, y, FN))
#define REM_U(x, y) (sizeof(x) == 4 ? sw_i32_rem_u((u32)(x), (u32)(y), FN) : sw_i64_rem_u(x, y, FN))

#define I32_ROTL(x, y) ((x) << ((y) & 31) | (x) >> (-(y) & 31))
#define I64_ROTL(x, y) ((x) << ((y) & 63) | (x) >> (-(y) & 63))
#define I32_ROTR(x, y) ((x) >> ((y) & 31) | (x) << (-(y) & 31))
#define I64_ROTR(x, y) ((x) >> ((y) & 63) | (x) << (-(y) & 63))
#define I32_CLZ(x) ((x) ? (u32)__builtin_clz(x) : 32)
#define I64_CLZ(x) ((x) ? (u64)__builtin_clzll(x) : 64)
#define I32_CTZ(x) ((x) ? (u32)__builtin_ctz(x) : 32)
#define I64_CTZ(x) ((x) ? (u64)__builtin_ctzll(x) : 64)
#define I32_POPCNT(x) ((u32)__builtin_popcount(x))
#define I64_POPCNT(x) ((u64)__builtin_popcountll(x))

/* ---- What fills a new instance ---- */

#ifdef SW_AOT_STATIC
#define load_data(to, segment, count) memcpy(sw_memory + (to), segment, count)
/* Tables do not change their size. */
#define allocate_table(table, count)           \
  do {                                         \
    static wasm_rt_funcref_t elements[count];  \
    memset(elements, 0, sizeof elements);      \
    *(table) = (wasm_rt_funcref_table_t){elements, count}; \
  } while (0)
#else
#define load_data(to, segment, count) memcpy(SW_AOT_MEMORY(instance).data + (to), segment, count)
#define allocate_table(table, count)                                                                     \
  do {                                                                                                   \
    if ((table)->data == NULL) (table)->data = calloc(count, sizeof *(table)->data);                     \
    memset((table)->data, 0, (count) * sizeof *(table)->data);                                           \
    (table)->size = count;                                                                               \
  } while (0)
#endif

typedef struct {
  uint32_t func_type_index;
  wasm_rt_function_ptr_t func;
  size_t module_offset;
} wasm_elem_segment_expr_t;

SW_INLINE void funcref_table_init(wasm_rt_funcref_table_t *table, const wasm_elem_segment_expr_t *segment, u32 length, u32 to, u32 from,
                                  u32 count, void *instance, const u32 *types) {
  (void)length;
  for (u32 i = 0; i < count; i++) {
    const wasm_elem_segment_expr_t *entry = &segment[from + i];
    table->data[to + i] = (wasm_rt_funcref_t){types[entry->func_type_index], entry->func, instance};
  }
}

#endif
