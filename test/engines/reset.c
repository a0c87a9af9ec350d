/*
 * What firmware does at a reset: memory is as the life before has left it. Opens the module in the file it is given and says whether the
 * linear memory is then what a fresh start makes of it.
 */
#include <stdio.h>
#include <string.h>

#include "engine.h"

extern uint8_t sw_wasm3_linear[64 + SW_MEMORY_SIZE];

static uint8_t wasm[1 << 20], opened[SW_MEMORY_SIZE];

int main(int count, char **arguments) {
  const char *error = "no file";
  FILE *file = count == 2 ? fopen(arguments[1], "rb") : NULL;
  size_t length = file ? fread(wasm, 1, sizeof wasm, file) : 0;
  memset(sw_wasm3_linear, 0xa5, sizeof sw_wasm3_linear);
  sw_engine *engine = length ? sw_engine_open(wasm, length, &error) : NULL;
  if (engine == NULL) return puts(error), 2;
  uint32_t size;
  memcpy(opened, sw_engine_memory(engine, &size), SW_MEMORY_SIZE);
  sw_engine_start(engine);
  return memcmp(opened, sw_engine_memory(engine, &size), SW_MEMORY_SIZE) == 0 ? 0 : 1;
}
