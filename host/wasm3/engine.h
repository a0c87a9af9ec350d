/*
 * What runs the module: an interpreter, or the module itself compiled ahead of time. One implementation is linked into a program:
 * engine_wasm3.c or engine_aot.c. The same calls, the same memory, the same results; that is what `sandwire lockstep` proves.
 */
#ifndef SANDWIRE_ENGINE_H
#define SANDWIRE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Generated from assembly/: enum sw_function (SW_FN_ACCEPT ... SW_FN_COUNT), its names and how many arguments each takes. */
#include "sandwire_abi.h"

/* An instance of the module: its linear memory and what runs it. */
typedef struct sw_engine sw_engine;

/* Why and where the module stopped. It is not run again until sw_engine_start. */
struct sw_trap {
  const char *reason;   /* "out of bounds memory access", "unreachable executed" ... */
  enum sw_function call; /* the exported function that was called */
  char where[48];       /* the function that trapped: its name where the module has names, else "function 117" or "pc 0x1234" */
};

/* "wasm3" or "aot". */
const char *sw_engine_name(void);

/*
 * Make an instance of the module in `wasm`, which must stay where it is; ahead-of-time engines have their module built in and
 * ignore it. NULL when there is no room or the module is not valid; *error then says why. On a device no memory is asked for
 * after this.
 */
sw_engine *sw_engine_open(const uint8_t *wasm, size_t length, const char **error);

/* Give the instance a clean memory image, as at power-on, and forget a trap. Opened instances have been started. */
void sw_engine_start(sw_engine *engine);

/* The linear memory, at the same place as long as the instance lives; *size octets may be touched. */
uint8_t *sw_engine_memory(sw_engine *engine, uint32_t *size);

/* Whether the module exports the function (`serve` is the firmware's own). */
bool sw_engine_has(const sw_engine *engine, enum sw_function function);

/*
 * Call an export with its arguments, as many words as it takes; its result, 0 for none and for one that the module does not export. When
 * the module traps, 0, and sw_engine_trapped says why; a trapped instance is not called, it answers 0.
 */
uint32_t sw_engine_call(sw_engine *engine, enum sw_function function, const uint32_t *arguments);

/* What stopped the module, or NULL while it runs. */
const struct sw_trap *sw_engine_trapped(const sw_engine *engine);

/*
 * Octets of code the engine has made while it ran, and in *dropped how often it threw all of it away for want of memory; both 0 where
 * there is none.
 */
uint32_t sw_engine_code(const sw_engine *engine, uint32_t *dropped);

/* Give everything back. On a device, where nothing is given back, it does nothing. */
void sw_engine_close(sw_engine *engine);

#endif
