/*
 * Sandwire under test, in any engine. The application is inside the module (application.ts), or, with the module as it is shipped, C outside
 * of it (outside.c).
 */
#include <string.h>

#include "bench.h"
#include "checksum.h"
#include "outside.h"

const char stack_name[] = "sandwire";

extern const uint8_t sandwire_module[];
extern const uint32_t sandwire_module_length;

/* What the interpreter has allocated (host/boards/common/heap.c); not there when the engine allocates nothing. */
uint32_t heap_used(void) __attribute__((weak));
static uint32_t heap_at_start;

static sw_engine *engine;
static sw_port port;
static uint32_t scratch;

static _Noreturn void give_up(const char *why) {
  machine_print(why);
  machine_exit(1);
}

/* ---- The driver ---- */

static bool frames_in(void) {
  uint32_t length;
  bool any = false;
  for (uint8_t *frame = wire_next(&wire_in, &length); frame != NULL; frame = wire_next(&wire_in, &length)) {
    if (sw_port_rx_slot(&port) == NULL) break;
    sw_port_receive(&port, frame, length);
    wire_pop(&wire_in);
    any = true;
  }
  return any;
}

static bool frames_out(void) {
  uint16_t length;
  bool any = false;
  for (uint8_t *frame = sw_port_transmit(&port, &length); frame != NULL; frame = sw_port_transmit(&port, &length)) {
    uint8_t *room = wire_room(&wire_out);
    if (room == NULL) break;
    memcpy(room, frame, length);
    wire_push(&wire_out, length);
    sw_port_tx_done(&port);
    any = true;
  }
  return any;
}

/* ---- What main.c calls ---- */

void stack_start(void) {
  const char *error = "cannot open the module\n";
  engine = sw_engine_open(sandwire_module, sandwire_module_length, &error);
  if (engine == NULL || !sw_port_open(&port, engine, 0)) give_up(error);
  if (heap_used) heap_at_start = heap_used();
  sw_port_configure(&port, stack_mac, BENCH_CHECKSUMS_IN_DRIVER ? SW_RX_CSUM | SW_TX_CSUM : 0);
  sw_raw_init(engine, 1, 2, 3, 4);
  if (!sw_port_reset(&port)) give_up("not our module\n");
  sw_port_link(&port, true, 100);
  sw_raw_ifconfig(engine, 0, STACK_ADDRESS, 24, 0);
  scratch = sw_raw_scratch(engine);
  if (BENCH_OUTSIDE ? outside_start(engine) < 0 : sw_raw_serve(engine) < 0) give_up("the application does not start\n");
}

void stack_round(uint32_t now) {
  meter(PART_DRIVER);
  frames_in();
  meter(PART_STACK);
  sw_raw_poll(engine, now);
  if (BENCH_OUTSIDE) {
    meter(PART_APPLICATION);
    const bool worked = outside_run();
    meter(PART_STACK);
    if (worked) sw_raw_poll(engine, now);
  }
  meter(PART_DRIVER);
  frames_out();
  if (sw_engine_trapped(engine)) give_up("the module trapped\n");
}

/* What the application inside the module has read lies in its scratch region, and behind that how much it was. */
void stack_look(void) {
  if (BENCH_OUTSIDE) return;
  uint32_t length;
  memcpy(&length, port.memory + scratch + BUFFER, sizeof length);
  memcpy(sink, port.memory + scratch, length);
  memset(port.memory + scratch + BUFFER, 0, sizeof length);
  sink_length = length;
}

/* Functions are compiled when they are called first: what is allocated after the module was read is code. */
void stack_report(void) {
  if (!heap_used) return;
  print_value("heap.module", heap_at_start);
  print_value("heap.code", heap_used() - heap_at_start);
}
