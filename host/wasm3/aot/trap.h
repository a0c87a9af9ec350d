/* How generated code stops. */
#ifndef SANDWIRE_AOT_TRAP_H
#define SANDWIRE_AOT_TRAP_H

#include "wasm-rt.h"

enum sw_aot_reason {
  SW_TRAP_UNREACHABLE,
  SW_TRAP_BOUNDS,
  SW_TRAP_DIVISION,
  SW_TRAP_INT_OVERFLOW,
  SW_TRAP_INVALID_CONVERSION,
  SW_TRAP_ELEMENT,
  SW_TRAP_NULL,
  SW_TRAP_SIGNATURE,
  SW_TRAP_STACK,
};

/* Kept away from what runs: the compiler takes such a call for nothing that will happen. */
#define SW_COLD __attribute__((cold))

/* `function` is its number in the module. The first two are frequent: one argument less makes every place smaller. */
SW_COLD _Noreturn void sw_aot_out_of_bounds(uint32_t function);
SW_COLD _Noreturn void sw_aot_unreachable(uint32_t function);
SW_COLD _Noreturn void sw_aot_trap(enum sw_aot_reason reason, uint32_t function);

/* A call through the table that cannot be: find out why. */
SW_COLD _Noreturn void sw_aot_bad_call(const wasm_rt_funcref_table_t *table, uint32_t index, uint32_t function);

#endif
