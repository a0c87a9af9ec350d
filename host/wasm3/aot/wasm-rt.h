/*
 * What wasm2c's generated declarations expect of a runtime, as we have it: fixed memory, no threads, no host functions. The names are
 * wasm2c's (wabt 1.0.32). Two ways to compile a module, chosen by host/tools/aot.ts:
 *
 *   many instances (hosts)     every function gets the instance; memory and tables are asked for when it is opened
 *   SW_AOT_STATIC (firmware)   one instance; its memory is the array sw_memory, SW_MEMORY_SIZE octets at an address the linker knows
 */
#ifndef SANDWIRE_AOT_WASM_RT_H
#define SANDWIRE_AOT_WASM_RT_H

/*
 * Static only: octets behind the memory that a field of a record reaches whose address is still inside. Then the address alone is to be
 * checked, once for all fields. The module's pages are longer than the memory it uses, and zero there; so is this.
 */
#define SW_AOT_GUARD 256u

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Linear memory. In firmware nothing of this is used. */
typedef struct {
  uint8_t *data;
  uint32_t size;
  const char *stack_limit; /* the machine's stack may not grow below this */
} wasm_rt_memory_t;

typedef void (*wasm_rt_function_ptr_t)(void);

typedef struct {
  uint32_t func_type;
  wasm_rt_function_ptr_t func;
  void *module_instance;
} wasm_rt_funcref_t;

typedef struct {
  wasm_rt_funcref_t *data;
  uint32_t size;
} wasm_rt_funcref_table_t;

#endif
