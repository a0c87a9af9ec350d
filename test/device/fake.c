/* A device whose engine traps when told, with a clock that stands until told: what device.c makes of it. */
#include <string.h>

#include "sandwire.h"

enum { RECORD = 64, RINGS = 128, SLOTS = 192, SCRATCH = 4096, MEMORY = 8192 };

struct sw_engine {
  struct sw_trap trap;
  uint8_t memory[MEMORY];
  uint32_t seed[4];
  int32_t fatal; /* the function that traps, -1: none */
};

static struct sw_engine engine;
static sw_device device;
static uint32_t time_now, told, exchanged, opened;

const char *fake_name(uint32_t function);
void fake_open(int32_t fatal);
void fake_fatal(int32_t function);
void fake_advance(uint32_t ms);
uint32_t fake_poll(void);
int32_t fake_socket(void);
uint32_t fake_ready(int32_t fd);
int32_t fake_close(int32_t fd);
uint32_t fake_told(void);
uint32_t fake_restarts(void);
uint32_t fake_exchanged(void);
void fake_seed(uint32_t *seed);
const char *fake_failure(void);

uint8_t *sw_engine_memory(sw_engine *of, uint32_t *size) {
  *size = MEMORY;
  return of->memory;
}

void sw_engine_start(sw_engine *of) {
  memset(&of->trap, 0, sizeof of->trap);
  memset(of->memory, 0, MEMORY);
}

bool sw_engine_has(const sw_engine *of, enum sw_function function) {
  (void)of;
  return function != SW_FN_SERVE;
}

const struct sw_trap *sw_engine_trapped(const sw_engine *of) {
  return of->trap.reason ? &of->trap : NULL;
}

static void lay_out_rings(uint32_t *memory) {
  uint32_t *record = memory + RECORD / 4;
  record[SW_MAC_RECORD_MAGIC / 4] = SW_ABI_MAC_MAGIC;
  record[SW_MAC_RECORD_VERSION / 4] = SW_ABI_VERSION;
  record[SW_MAC_RECORD_RX_RING / 4] = RINGS;
  record[SW_MAC_RECORD_TX_RING / 4] = RINGS + SW_DESCRIPTOR_RECORD_SIZE;
  record[SW_MAC_RECORD_RX_COUNT / 4] = record[SW_MAC_RECORD_TX_COUNT / 4] = 1;
  record[SW_MAC_RECORD_SLOT_SIZE / 4] = 1536;
  memory[RINGS / 4] = memory[RINGS / 4 + 4] = SLOTS;
}

uint32_t sw_engine_call(sw_engine *of, enum sw_function function, const uint32_t *arguments) {
  if (of->trap.reason) return 0;
  if ((int32_t)function == of->fatal) {
    of->trap = (struct sw_trap){.reason = "unreachable executed", .call = function};
    return 0;
  }
  switch (function) {
    case SW_FN_MAC: return RECORD;
    case SW_FN_INIT: memcpy(of->seed, arguments, 16), lay_out_rings((uint32_t *)(void *)of->memory); return 0;
    case SW_FN_SCRATCH: return SCRATCH;
    case SW_FN_SCRATCH_SIZE: return 1024;
    case SW_FN_SOCKET: return opened++;
    case SW_FN_READY: return SW_POLLOUT;
    case SW_FN_POLL: return 5000;
    default: return 0;
  }
}

static uint32_t now(void *context) {
  (void)context;
  return time_now;
}

static bool exchange(void *context, sw_port *port) {
  (void)context, (void)port;
  exchanged++;
  return false;
}

static void trapped(void *context, const struct sw_trap *trap) {
  (void)context, (void)trap;
  told++;
}

/* NULL behind the last. */
const char *fake_name(uint32_t function) {
  return function < SW_FN_COUNT ? sw_function_name((enum sw_function)function) : NULL;
}

void fake_open(int32_t fatal) {
  static const struct sw_host host = {.now = now, .exchange = exchange, .trapped = trapped};
  static const struct sw_config config = {.address = 0x0a000002, .prefix = 24, .seed = {1, 2, 3, 4}};
  time_now = 0xfffffff0;
  told = exchanged = opened = 0;
  engine.fatal = -1;
  sw_engine_start(&engine);
  sw_device_start(&device, &engine, &host, &config);
  engine.fatal = fatal;
}

void fake_fatal(int32_t function) {
  engine.fatal = function;
}

void fake_advance(uint32_t ms) {
  time_now += ms;
}

uint32_t fake_poll(void) {
  return sw_device_poll(&device);
}

int32_t fake_socket(void) {
  return sw_socket(&device, SW_AF_INET, SW_SOCK_STREAM, 0);
}

uint32_t fake_ready(int32_t fd) {
  return sw_ready(&device, fd);
}

int32_t fake_close(int32_t fd) {
  return sw_close(&device, fd);
}

uint32_t fake_told(void) {
  return told;
}

uint32_t fake_restarts(void) {
  return device.restarts;
}

uint32_t fake_exchanged(void) {
  return exchanged;
}

void fake_seed(uint32_t *seed) {
  memcpy(seed, engine.seed, 16);
}

const char *fake_failure(void) {
  return device.failure;
}
