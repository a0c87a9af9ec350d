/* What the generated file provides, sandwire_module.c: made by host/tools/aot.ts from a module. */
#ifndef SANDWIRE_AOT_MODULE_H
#define SANDWIRE_AOT_MODULE_H

#include "sandwire_abi.h"
#include "sandwire_module.h"

#ifdef SW_AOT_STATIC
#define SW_AOT_INSTANCE void
#define SW_AOT_INSTANCE_AND
extern uint8_t sw_memory[];
#else
#define SW_AOT_INSTANCE Z_sandwire_instance_t *instance
#define SW_AOT_INSTANCE_AND Z_sandwire_instance_t *instance,
#endif

/* Globals, data, tables as at power-on, and the start function. The memory has been cleared. */
void sw_aot_start(SW_AOT_INSTANCE);

/* Call an export. */
uint32_t sw_aot_call(SW_AOT_INSTANCE_AND enum sw_function function, const uint32_t *arguments);

/* Whether there is such an export. */
bool sw_aot_has(enum sw_function function);

/* What a function is called where the module has names, else NULL. */
const char *sw_aot_name(uint32_t function);

/* Pages of 64 KiB. */
extern const uint32_t sw_aot_pages;

#endif
