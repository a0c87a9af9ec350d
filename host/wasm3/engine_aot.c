/*
 * The engine that is the module itself, translated to C by wasm2c (host/tools/aot.ts). Compiled once for each module.
 *
 *   SW_AOT_STATIC    firmware: one instance, whose memory is the array sw_memory of SW_MEMORY_SIZE octets
 *   SW_AOT_STACK     hosts: octets of the machine's stack a call may use
 */
#include "engine.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "module.h"
#include "trap.h"
#include "where.h"

#ifndef SW_AOT_STACK
#define SW_AOT_STACK (512 * 1024)
#endif

#ifdef SW_AOT_STATIC
/* At a cache line, for controllers with descriptors of their own; where it lies is the linker script's matter. */
uint8_t sw_memory[SW_MEMORY_SIZE + SW_AOT_GUARD] __attribute__((section(".linear"), aligned(64)));
#endif

struct sw_engine {
#ifndef SW_AOT_STATIC
  Z_sandwire_instance_t instance;
#endif
  jmp_buf trapped; /* where a trap goes */
  struct sw_trap trap;
};

#ifdef SW_AOT_STATIC
#define INSTANCE(engine)
#define INSTANCE_AND(engine)
#define SW_PER_THREAD
#else
#define INSTANCE(engine) &(engine)->instance
#define INSTANCE_AND(engine) &(engine)->instance,
#define SW_PER_THREAD _Thread_local
#endif

/* The instance that runs: the module calls nobody, so there is one at a time. */
static SW_PER_THREAD sw_engine *running;

const char *sw_engine_name(void) {
  return "aot";
}

/* ---- Traps ---- */

static const char *const reasons[] = {
    [SW_TRAP_UNREACHABLE] = "unreachable executed",
    [SW_TRAP_BOUNDS] = "out of bounds memory access",
    [SW_TRAP_DIVISION] = "integer divide by zero",
    [SW_TRAP_INT_OVERFLOW] = "integer overflow",
    [SW_TRAP_INVALID_CONVERSION] = "invalid conversion to integer",
    [SW_TRAP_ELEMENT] = "undefined element",
    [SW_TRAP_NULL] = "null table element",
    [SW_TRAP_SIGNATURE] = "indirect call type mismatch",
    [SW_TRAP_STACK] = "stack overflow",
};

_Noreturn void sw_aot_trap(enum sw_aot_reason reason, uint32_t function) {
  running->trap.reason = reasons[reason];
  sw_where(&running->trap, sw_aot_name(function), function);
  longjmp(running->trapped, 1);
}

_Noreturn void sw_aot_out_of_bounds(uint32_t function) {
  sw_aot_trap(SW_TRAP_BOUNDS, function);
}

_Noreturn void sw_aot_unreachable(uint32_t function) {
  sw_aot_trap(SW_TRAP_UNREACHABLE, function);
}

_Noreturn void sw_aot_bad_call(const wasm_rt_funcref_table_t *table, uint32_t index, uint32_t function) {
  if (index >= table->size) sw_aot_trap(SW_TRAP_ELEMENT, function);
  sw_aot_trap(table->data[index].func == NULL ? SW_TRAP_NULL : SW_TRAP_SIGNATURE, function);
}

const struct sw_trap *sw_engine_trapped(const sw_engine *engine) {
  return engine->trap.reason == NULL ? NULL : &engine->trap;
}

/* ---- The life of an instance ---- */

/* Before anything of the module runs. */
static void enter(sw_engine *engine, enum sw_function call) {
  running = engine;
  engine->trap.call = call;
#ifndef SW_AOT_STATIC
  SW_AOT_MEMORY(&engine->instance).stack_limit = (const char *)__builtin_frame_address(0) - SW_AOT_STACK;
#endif
}

uint8_t *sw_engine_memory(sw_engine *engine, uint32_t *size) {
#ifdef SW_AOT_STATIC
  (void)engine;
  *size = SW_MEMORY_SIZE;
  return sw_memory;
#else
  *size = SW_AOT_MEMORY(&engine->instance).size;
  return SW_AOT_MEMORY(&engine->instance).data;
#endif
}

/* What the module begins with; its memory is clear. */
static void fill(sw_engine *engine) {
  enter(engine, SW_FN_COUNT);
  if (setjmp(engine->trapped) == 0) sw_aot_start(INSTANCE(engine));
}

void sw_engine_start(sw_engine *engine) {
  uint32_t size;
  uint8_t *memory = sw_engine_memory(engine, &size);
#ifdef SW_AOT_STATIC
  size += SW_AOT_GUARD;
#endif
  memset(memory, 0, size);
  memset(&engine->trap, 0, sizeof engine->trap);
  fill(engine);
}

#ifdef SW_AOT_STATIC
sw_engine *sw_engine_open(const uint8_t *wasm, size_t length, const char **error) {
  static sw_engine only;
  (void)wasm;
  (void)length;
  sw_engine_start(&only);
  *error = only.trap.reason;
  return *error == NULL ? &only : NULL;
}

void sw_engine_close(sw_engine *engine) {
  (void)engine;
}
#else
sw_engine *sw_engine_open(const uint8_t *wasm, size_t length, const char **error) {
  sw_engine *engine = calloc(1, sizeof *engine);
  uint32_t size = sw_aot_pages * 65536;
  uint8_t *data = calloc(1, size);
  (void)wasm;
  (void)length;
  *error = "memory allocation failed";
  if (engine != NULL && data != NULL) {
    SW_AOT_MEMORY(&engine->instance) = (wasm_rt_memory_t){data, size, NULL};
    fill(engine);
    *error = engine->trap.reason;
    if (*error == NULL) return engine;
  }
  free(data);
  free(engine);
  return NULL;
}

void sw_engine_close(sw_engine *engine) {
  free(SW_AOT_MEMORY(&engine->instance).data);
  free(engine);
}
#endif

uint32_t sw_engine_code(const sw_engine *engine, uint32_t *dropped) {
  (void)engine;
  *dropped = 0;
  return 0;
}

bool sw_engine_has(const sw_engine *engine, enum sw_function function) {
  (void)engine;
  return sw_aot_has(function);
}

uint32_t sw_engine_call(sw_engine *engine, enum sw_function function, const uint32_t *arguments) {
  if (engine->trap.reason != NULL) return 0;
  enter(engine, function);
  if (setjmp(engine->trapped) != 0) return 0;
  return sw_aot_call(INSTANCE_AND(engine) function, arguments);
}
