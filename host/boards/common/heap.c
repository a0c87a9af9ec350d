/*
 * The heap of an interpreter: a fixed piece of memory, a list of free blocks in the order of their addresses, first fit. It has
 * an end that is known when the firmware is linked, it is told how much of it was ever in use, and nothing else in a firmware
 * allocates: a program that uses malloc without an engine that needs it does not link for want of a heap.
 */
#include <stdlib.h>
#include <string.h>

#include "common.h"

/* Before every block; `size` counts it. Free blocks are linked. */
struct block {
  uint32_t size;
  struct block *next;
};

static struct block *free_list;
static bool is_ready;
static uint32_t used, peak;

static void make_ready(void) {
  is_ready = true;
  free_list = (struct block *)(void *)heap_start;
  free_list->size = (uint32_t)(heap_end - heap_start);
  free_list->next = NULL;
}

static uint32_t size_for(size_t octets) { return ((uint32_t)octets + (uint32_t)sizeof(struct block) + 7u) & ~7u; }

void *malloc(size_t octets) {
  if (!is_ready) make_ready();
  if (octets > (size_t)(heap_end - heap_start)) return NULL;
  uint32_t size = size_for(octets);
  struct block **link = &free_list;
  while (*link != NULL && (*link)->size < size) link = &(*link)->next;
  struct block *block = *link;
  if (block == NULL) return NULL;
  if (block->size - size > sizeof(struct block)) {
    struct block *rest = (struct block *)(void *)((uint8_t *)block + size);
    rest->size = block->size - size;
    rest->next = block->next;
    block->size = size;
    *link = rest;
  } else {
    *link = block->next;
  }
  used += block->size;
  if (used > peak) peak = used;
  return block + 1;
}

static bool touches(const struct block *first, const struct block *second) {
  return (const uint8_t *)first + first->size == (const uint8_t *)second;
}

static void join_next(struct block *block) {
  if (block->next == NULL || !touches(block, block->next)) return;
  block->size += block->next->size;
  block->next = block->next->next;
}

void free(void *memory) {
  if (memory == NULL) return;
  struct block *block = (struct block *)memory - 1;
  used -= block->size;
  struct block *before = NULL;
  for (struct block *at = free_list; at != NULL && at < block; at = at->next) before = at;
  block->next = before == NULL ? free_list : before->next;
  if (before == NULL) free_list = block;
  else before->next = block;
  join_next(block);
  if (before != NULL) join_next(before);
}

void *calloc(size_t count, size_t size) {
  size_t octets;
  if (__builtin_mul_overflow(count, size, &octets)) return NULL;
  void *memory = malloc(octets);
  return memory == NULL ? NULL : memset(memory, 0, octets);
}

void *realloc(void *memory, size_t octets) {
  if (memory == NULL) return malloc(octets);
  uint32_t size = ((struct block *)memory - 1)->size - (uint32_t)sizeof(struct block);
  if (octets <= size) return memory;
  void *larger = malloc(octets);
  if (larger == NULL) return NULL;
  memcpy(larger, memory, size);
  free(memory);
  return larger;
}

uint32_t heap_used(void) { return used; }

uint32_t heap_left(void) { return (uint32_t)(heap_end - heap_start) - used; }

uint32_t heap_peak(void) { return peak; }
