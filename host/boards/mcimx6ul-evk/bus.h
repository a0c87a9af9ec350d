/*
 * Between the core and what else is on the bus: registers, barriers, caches. The ENET is a bus master that does not look into the
 * core's caches, and the core reorders its accesses to memory. So memory that both touch follows these rules (ARMv7-A manual, A3.8
 * and B2.2):
 *
 * - Descriptors lie in on-chip RAM, which start.S maps as normal memory without caches: no line of theirs is ever stale. Their last
 *   store, which gives the buffer away, comes behind a barrier, as normal memory has no order of its own.
 * - Frame slots lie in the module's linear memory, which is cached like all the rest of the DDR: the module reads headers over and
 *   over. Each slot has its cache lines to itself (CONFIG_SLOT_ALIGN, and the linear memory begins at a line).
 *     given for receiving: invalidated, so that no dirty line is written back over what the ENET is about to write;
 *     received: invalidated again, as the core may have fetched lines by speculation meanwhile;
 *     given for sending: cleaned, so that memory has what the core has written.
 * - A register write that makes the ENET look at descriptors (RDAR, TDAR) comes behind a DSB: what it looks for has reached memory.
 *
 * An emulator has no caches and shows no mistake in this. The mock of the conformance test has, the worst there can be.
 */
#ifndef SANDWIRE_BUS_H
#define SANDWIRE_BUS_H

#include <stdint.h>

#define CACHE_LINE 64u /* Cortex-A7 TRM, 6.1: of the L1 data cache and of the L2 */

#ifdef SW_MOCK

/* On a PC the controller is a function that obeys register accesses, and has a memory of its own behind a cache (mock.c). */
uint32_t bus_read(uint32_t address);
void bus_write(uint32_t address, uint32_t value);
uint32_t bus_address(const void *memory);
void cache_clean(const void *memory, uint32_t length);
void cache_invalidate(void *memory, uint32_t length);
static inline void barrier(void) {}

#else

static inline uint32_t bus_read(uint32_t address) {
  return *(volatile const uint32_t *)(uintptr_t)address;
}

static inline void bus_write(uint32_t address, uint32_t value) {
  *(volatile uint32_t *)(uintptr_t)address = value;
}

/* The memory is mapped where it is. */
static inline uint32_t bus_address(const void *memory) {
  return (uint32_t)(uintptr_t)memory;
}

/* Everything before has been done, caches included, before anything behind is begun. */
static inline void barrier(void) {
  __asm__ volatile("dsb sy" ::: "memory");
}

/* DCCMVAC: write lines back to the point of coherency, which is where bus masters read. */
static inline void cache_clean(const void *memory, uint32_t length) {
  uint32_t at = (uint32_t)(uintptr_t)memory & ~(CACHE_LINE - 1), end = (uint32_t)(uintptr_t)memory + length;
  __asm__ volatile("" ::: "memory");
  for (; at < end; at += CACHE_LINE) __asm__ volatile("mcr p15, 0, %0, c7, c10, 1" ::"r"(at) : "memory");
}

/* DCIMVAC: forget lines, dirty ones too, so they must hold nothing else. */
static inline void cache_invalidate(void *memory, uint32_t length) {
  uint32_t at = (uint32_t)(uintptr_t)memory & ~(CACHE_LINE - 1), end = (uint32_t)(uintptr_t)memory + length;
  for (; at < end; at += CACHE_LINE) __asm__ volatile("mcr p15, 0, %0, c7, c6, 1" ::"r"(at) : "memory");
}

#endif

#endif
