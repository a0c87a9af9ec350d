/*
 * The engine that interprets the module: wasm3. Its code is compiled to wasm3's own once; starting over only restores what the module
 * can have changed, its linear memory and its mutable globals.
 *
 *   SW_MEMORY_SIZE   firmware: octets of linear memory, in a section of their own, .linear; hosts leave it out: whole pages, allocated
 *   SW_WASM3_STACK   octets for the interpreter's stack
 *   SW_WASM3_RESERVE firmware: when the heap has less than this left before a call, compiled code is thrown away and made again as needed
 *   SW_WASM3_EAGER   1: compile every function when the module is opened, so that no memory is asked for later
 */
#include "engine.h"

#include <stdlib.h>
#include <string.h>

#include "binary.h"
#include "m3_env.h"
#include "where.h"

#ifndef SW_WASM3_STACK
#define SW_WASM3_STACK 65536
#endif
#ifndef SW_WASM3_EAGER
#define SW_WASM3_EAGER 0
#endif

struct sw_engine {
  IM3Environment environment;
  IM3Runtime runtime;
  IM3Module module;
  IM3Function exports[SW_FN_COUNT];
  int32_t start; /* the module's start function, -1: none */
  void *allocated; /* what holds the linear memory */
  struct sw_trap trap;
  uint32_t dropped; /* how often the code has been thrown away */
};

/* The innermost function of the trap that is on its way, if any. */
static IM3Function trapped_in;

void sw_wasm3_left(IM3Function function);

void sw_wasm3_left(IM3Function function) {
  if (trapped_in == NULL) trapped_in = function;
}

const char *sw_engine_name(void) {
  return "wasm3";
}

/* ---- Exports ---- */

/* Whether a function takes and gives what the border says: words only. */
static bool fits(IM3Function function, enum sw_function as) {
  uint32_t count = m3_GetArgCount(function);
  if (count != sw_function_arity(as) || m3_GetRetCount(function) > 1) return false;
  if (m3_GetRetCount(function) == 1 && m3_GetRetType(function, 0) != c_m3Type_i32) return false;
  for (uint32_t i = 0; i < count; i++) {
    if (m3_GetArgType(function, i) != c_m3Type_i32) return false;
  }
  return true;
}

static bool take_export(sw_engine *engine, const uint8_t *name, uint32_t length, uint32_t index) {
  for (uint32_t i = 0; i < SW_FN_COUNT; i++) {
    const char *wanted = sw_function_name((enum sw_function)i);
    if (strlen(wanted) != length || memcmp(wanted, name, length) != 0) continue;
    engine->exports[i] = &engine->module->functions[index];
    return fits(engine->exports[i], (enum sw_function)i);
  }
  return true;
}

/* wasm3 keeps a few names of a function only; one function may be exported under many. */
static bool find_exports(sw_engine *engine, const uint8_t *wasm, size_t length) {
  struct sw_exports exports = sw_exports_of(wasm, length);
  for (struct sw_export export; sw_next_export(&exports, &export);) {
    if (export.is_function && !take_export(engine, export.name, export.length, export.index)) return false;
  }
  return true;
}

/* ---- The memory image ---- */

/* Controllers with descriptors of their own want frames, so the memory, at cache lines. */
#define ALIGNMENT 64

/* wasm3 wants its header right in front of the memory. */
#ifdef SW_MEMORY_SIZE
extern uint8_t sw_wasm3_linear[];
/* Known to interpreter.c, whose operations have its address in them. */
uint8_t sw_wasm3_linear[ALIGNMENT + SW_MEMORY_SIZE] __attribute__((section(".linear"), aligned(ALIGNMENT)));
#endif

/* Where the linear memory of that many octets is to be, clear; NULL when there is no room. */
static uint8_t *place_memory(sw_engine *engine, size_t *size) {
#ifdef SW_MEMORY_SIZE
  (void)engine;
  if (*size > SW_MEMORY_SIZE) *size = SW_MEMORY_SIZE;
  /* Start-up code leaves it as it was before the reset. */
  memset(sw_wasm3_linear, 0, sizeof sw_wasm3_linear);
  return sw_wasm3_linear + ALIGNMENT;
#else
  engine->allocated = calloc(1, *size + 2 * ALIGNMENT);
  if (engine->allocated == NULL) return NULL;
  return (uint8_t *)(((uintptr_t)engine->allocated + 2 * ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1));
#endif
}

/* A caller writes its arguments before the callee looks whether the stack has room for them. */
#define ARGUMENT_SLOTS 32

/* Give wasm3 the memory that the module asks for, before it would allocate it itself. */
static const char *lay_memory(sw_engine *engine) {
  _Static_assert(sizeof(M3MemoryHeader) <= ALIGNMENT, "the header lies in front of the memory");
  const M3MemoryInfo *pages = &engine->module->memoryInfo;
  if (pages->initPages == 0 || pages->maxPages != pages->initPages) return "the module's memory is not of a fixed size";
  size_t size = (size_t)pages->initPages * d_m3MemPageSize;
  uint8_t *data = place_memory(engine, &size);
  if (data == NULL) return m3Err_mallocFailed;
  IM3Runtime runtime = engine->runtime;
  M3MemoryHeader *header = (M3MemoryHeader *)(void *)data - 1;
  header->runtime = runtime;
  header->maxStack = (m3slot_t *)runtime->stack + runtime->numStackSlots - ARGUMENT_SLOTS;
  header->length = size;
  runtime->memory = (M3Memory){.mallocated = header, .numPages = pages->initPages, .maxPages = pages->maxPages};
  engine->module->memoryImported = true;
  return NULL;
}

/* Fill clear linear memory and the mutable globals as the module says; false when it says so in a way we do not read. */
static bool restore(sw_engine *engine) {
  IM3Module module = engine->module;
  uint32_t size;
  uint8_t *memory = sw_engine_memory(engine, &size);
  uint64_t value;
  for (uint32_t i = 0; i < module->numDataSegments; i++) {
    const M3DataSegment *segment = &module->dataSegments[i];
    if (!sw_constant(segment->initExpr, &value)) return false;
    if ((uint64_t)(uint32_t)value + segment->size > size) return false;
    memcpy(memory + (uint32_t)value, segment->data, segment->size);
  }
  for (uint32_t i = 0; i < module->numGlobals; i++) {
    M3Global *global = &module->globals[i];
    if (global->isMutable && !sw_constant(global->initExpr, &global->i64Value)) return false;
  }
  return true;
}

/* ---- Traps ---- */

static void set_trap(sw_engine *engine, enum sw_function call, M3Result reason) {
  static const char prefix[] = "[trap] ";
  const size_t skipped = sizeof prefix - 1;
  engine->trap.reason = strncmp(reason, prefix, skipped) == 0 ? reason + skipped : reason;
  engine->trap.call = call;
  if (trapped_in == NULL) return;
  sw_where(&engine->trap, trapped_in->numNames > 0 ? trapped_in->names[0] : NULL, (uint32_t)(trapped_in - engine->module->functions));
}

const struct sw_trap *sw_engine_trapped(const sw_engine *engine) {
  return engine->trap.reason == NULL ? NULL : &engine->trap;
}

/* ---- The life of an instance ---- */

static M3Result run_start(sw_engine *engine) {
  trapped_in = NULL;
  engine->module->startFunction = engine->start;
  return m3_RunStart(engine->module);
}

static const char *load(sw_engine *engine, const uint8_t *wasm, size_t length) {
  engine->environment = m3_NewEnvironment();
  if (engine->environment == NULL) return m3Err_mallocFailed;
  engine->runtime = m3_NewRuntime(engine->environment, SW_WASM3_STACK, engine);
  if (engine->runtime == NULL) return m3Err_mallocFailed;
  M3Result result = m3_ParseModule(engine->environment, &engine->module, wasm, (uint32_t)length);
  if (result) return result;
  if ((result = lay_memory(engine))) return result;
  result = m3_LoadModule(engine->runtime, engine->module);
  if (result) return result;
  engine->start = engine->module->startFunction;
  if (!find_exports(engine, wasm, length)) return "an export takes or gives what its host does not know";
  if (SW_WASM3_EAGER && (result = m3_CompileModule(engine->module))) return result;
  return restore(engine) ? run_start(engine) : "a data segment or a global is not a plain number";
}

sw_engine *sw_engine_open(const uint8_t *wasm, size_t length, const char **error) {
  sw_engine *engine = m3_Malloc("sw_engine", sizeof *engine);
  if (engine == NULL) {
    *error = m3Err_mallocFailed;
    return NULL;
  }
  *error = load(engine, wasm, length);
  if (*error == NULL) return engine;
  sw_engine_close(engine);
  return NULL;
}

void sw_engine_start(sw_engine *engine) {
  uint32_t size;
  uint8_t *memory = sw_engine_memory(engine, &size);
  memset(memory, 0, size);
  memset(&engine->trap, 0, sizeof engine->trap);
  restore(engine);
  M3Result result = run_start(engine);
  if (result) set_trap(engine, SW_FN_COUNT, result);
}

uint8_t *sw_engine_memory(sw_engine *engine, uint32_t *size) {
  return m3_GetMemory(engine->runtime, size, 0);
}

bool sw_engine_has(const sw_engine *engine, enum sw_function function) {
  return engine->exports[function] != NULL;
}

/* ---- Compiled code ---- */

static uint32_t octets_of(IM3CodePage page) {
  uint32_t sum = 0;
  for (; page != NULL; page = page->info.next) sum += (uint32_t)(sizeof page->info + page->info.numLines * sizeof page->code[0]);
  return sum;
}

uint32_t sw_engine_code(const sw_engine *engine, uint32_t *dropped) {
  *dropped = engine->dropped;
  return octets_of(engine->runtime->pagesOpen) + octets_of(engine->runtime->pagesFull);
}

/* Throw all of it away, while none of it runs: functions are compiled again when they are called. */
static void drop_code(sw_engine *engine) {
  IM3Runtime runtime = engine->runtime;
  for (uint32_t i = 0; i < engine->module->numFunctions; i++) {
    IM3Function function = &engine->module->functions[i];
    function->compiled = NULL;
    m3_Free(function->constants);
  }
  FreeCodePages(&runtime->pagesOpen);
  FreeCodePages(&runtime->pagesFull);
  runtime->numCodePages = 0;
  engine->dropped++;
}

#ifdef SW_WASM3_RESERVE
uint32_t heap_left(void);

static void make_room(sw_engine *engine) {
  if (heap_left() < SW_WASM3_RESERVE) drop_code(engine);
}
#else
static void make_room(sw_engine *engine) {
  (void)engine;
}
#endif

static M3Result compiled(IM3Function function) {
  return function->compiled ? m3Err_none : CompileFunction(function);
}

uint32_t sw_engine_call(sw_engine *engine, enum sw_function function, const uint32_t *arguments) {
  IM3Function callee = engine->exports[function];
  if (callee == NULL || engine->trap.reason != NULL) return 0;
  const void *pointers[SW_ARGUMENTS];
  uint32_t value = 0;
  const void *values[] = {&value};
  trapped_in = NULL;
  make_room(engine);
  M3Result result = compiled(callee);
  if (!result) {
    uint32_t count = sw_function_arity(function);
    for (uint32_t i = 0; i < count; i++) pointers[i] = &arguments[i];
    result = m3_Call(callee, count, pointers);
  }
  if (!result && m3_GetRetCount(callee) == 1) result = m3_GetResults(callee, 1, values);
  if (result) set_trap(engine, function, result);
  /* What called the function that could not be compiled already takes it for compiled. */
  if (result == m3Err_mallocFailed || result == m3Err_mallocFailedCodePage) drop_code(engine);
  return result ? 0 : value;
}

void sw_engine_close(sw_engine *engine) {
  if (engine->module != NULL && engine->module->runtime == NULL) m3_FreeModule(engine->module);
  if (engine->runtime != NULL) {
    engine->runtime->memory.mallocated = NULL;
    m3_FreeRuntime(engine->runtime);
  }
  free(engine->allocated);
  if (engine->environment != NULL) m3_FreeEnvironment(engine->environment);
  m3_Free(engine);
}
