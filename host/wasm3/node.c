/* What a program in another language calls: whole numbers only, and one word of memory that says whether the instance has trapped. */
#include <stdlib.h>
#include <string.h>

#include "engine.h"

struct sw_node {
  uint32_t trapped; /* 1 when it has; read without a call */
  uint32_t size;    /* octets of linear memory */
  uint8_t *memory;
  sw_engine *engine;
  uint8_t wasm[]; /* a copy: the engine goes on reading it */
};

const char *sw_node_functions(void);
struct sw_node *sw_node_open(const uint8_t *wasm, uint32_t length, const char **error);
uint32_t sw_node_has(const struct sw_node *node, uint32_t function);
uint32_t sw_node_call(struct sw_node *node, uint32_t function, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e);
void sw_node_start(struct sw_node *node);
const char *sw_node_reason(const struct sw_node *node);
const char *sw_node_where(const struct sw_node *node);
uint8_t *sw_node_memory(const struct sw_node *node);
void sw_node_close(struct sw_node *node);

_Static_assert(SW_ARGUMENTS == 5, "sw_node_call takes as many arguments as the longest call");

/* Which functions go by which numbers in sw_node_has and sw_node_call: the caller compares it with its own. */
const char *sw_node_functions(void) {
  return SW_ABI_FUNCTIONS;
}

struct sw_node *sw_node_open(const uint8_t *wasm, uint32_t length, const char **error) {
  struct sw_node *node = calloc(1, sizeof *node + length);
  *error = "no memory";
  if (node == NULL) return NULL;
  memcpy(node->wasm, wasm, length);
  node->engine = sw_engine_open(node->wasm, length, error);
  if (node->engine == NULL) {
    free(node);
    return NULL;
  }
  node->memory = sw_engine_memory(node->engine, &node->size);
  return node;
}

uint32_t sw_node_has(const struct sw_node *node, uint32_t function) {
  return function < SW_FN_COUNT && sw_engine_has(node->engine, (enum sw_function)function);
}

uint32_t sw_node_call(struct sw_node *node, uint32_t function, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e) {
  uint32_t result = sw_engine_call(node->engine, (enum sw_function)function, (const uint32_t[]){a, b, c, d, e});
  node->trapped = sw_engine_trapped(node->engine) != NULL;
  return result;
}

void sw_node_start(struct sw_node *node) {
  sw_engine_start(node->engine);
  node->trapped = sw_engine_trapped(node->engine) != NULL;
}

const char *sw_node_reason(const struct sw_node *node) {
  const struct sw_trap *trap = sw_engine_trapped(node->engine);
  return trap == NULL ? "" : trap->reason;
}

const char *sw_node_where(const struct sw_node *node) {
  const struct sw_trap *trap = sw_engine_trapped(node->engine);
  return trap == NULL ? "" : trap->where;
}

uint8_t *sw_node_memory(const struct sw_node *node) {
  return node->memory;
}

void sw_node_close(struct sw_node *node) {
  sw_engine_close(node->engine);
  free(node);
}
