/* Letters on the console, for tests: only when who started the device has asked for them. */
#include "common.h"

/* The module's receive cursor, as the layout of this build tells it; 0 when it does not. */
extern const uint32_t build_rx_cursor;

/* Spoil the module's memory, so that the module itself leaves it at the next frame: an index into the ring that is far too large. */
static void inject_trap(sw_device *device) {
  uint32_t size;
  uint8_t *memory = sw_engine_memory(device->engine, &size);
  if (build_rx_cursor == 0) console_print("this module's layout is not known\n");
  else *(uint32_t *)(void *)(memory + build_rx_cursor) = 0x08000000;
}

static uint32_t counter(sw_device *device, uint32_t index) {
  uint32_t size;
  const uint8_t *memory = sw_engine_memory(device->engine, &size);
  uint32_t at = sw_raw_stats(device->engine) + (SW_DROP_COUNT + index) * 4;
  return at + 4 <= size ? *(const uint32_t *)(const void *)(memory + at) : 0;
}

static void print_statistics(sw_device *device) {
  console_print("up %u ms, restarts %u, ", (unsigned)board_now(), (unsigned)device->restarts);
  console_print("looked %u times, ", (unsigned)loop_looks);
  console_print("frames in %u, out %u, ", (unsigned)counter(device, SW_COUNTER_FRAMES_IN),
                (unsigned)counter(device, SW_COUNTER_FRAMES_OUT));
  console_print("heap %u of %u, at most %u, ", (unsigned)heap_used(), (unsigned)(heap_end - heap_start), (unsigned)heap_peak());
  uint32_t dropped, code = sw_engine_code(device->engine, &dropped);
  console_print("code %u, dropped %u times, ", (unsigned)code, (unsigned)dropped);
  console_print("stack at most %u of %u\n", (unsigned)stack_peak(), (unsigned)(stack_end - stack_start));
}

bool console_obey(sw_device *device) {
  int letter = board_read();
  if (letter < 0) return false;
  if (sw_boot.magic != SW_BOOT_MAGIC || (sw_boot.flags & SW_BOOT_CONSOLE) == 0) return true;
  switch (letter) {
    case 't': inject_trap(device); break;
    case 's': print_statistics(device); break;
    case 'r': board_reset();
    default: console_print("t: trap the module, s: statistics, r: reset\n"); break;
  }
  return true;
}
