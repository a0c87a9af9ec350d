#include "device.h"

#include <string.h>

#include "seed.h"

enum { RESTART = 1 };  /* what a derived seed is for */
enum { SOON = 10000 }; /* a module that has run for so many milliseconds was well */

static uint32_t now(const sw_device *device) {
  return device->host.now(device->host.context);
}

enum { SCRATCH_LEAST = 256 }; /* config.ts allows no smaller one */

/* Where calls find their arguments: false when that is not inside the memory. */
static bool find_scratch(sw_device *device) {
  uint32_t memory = device->port.memory_size;
  device->scratch = sw_raw_scratch(device->engine);
  device->scratch_size = sw_raw_scratch_size(device->engine);
  bool inside = device->scratch_size <= memory && device->scratch <= memory - device->scratch_size;
  return inside && device->scratch_size >= SCRATCH_LEAST;
}

/* From the clean memory image to a stack with its address: NULL, or what is wrong, unless the module has trapped. */
static const char *configure(sw_device *device) {
  const struct sw_config *config = &device->config;
  sw_engine *engine = device->engine;
  if (!sw_port_open(&device->port, engine, 0)) return "the module has no network interface";
  sw_port_configure(&device->port, config->mac, config->capabilities);
  sw_raw_init(engine, config->seed[0], config->seed[1], config->seed[2], config->seed[3]);
  if (!sw_port_reset(&device->port) || !find_scratch(device))
    return "the module has another version of the border: build module and host together";
  if (config->address && sw_raw_ifconfig(engine, 0, config->address, config->prefix, config->gateway) < 0)
    return "the module does not take this address, prefix and gateway";
  if (config->serve && !sw_engine_has(engine, SW_FN_SERVE)) return "the module has no applications to start";
  if (config->serve && sw_raw_serve(engine) < 0) return "the applications inside the module do not start";
  return NULL;
}

static const char *power_on(sw_device *device) {
  const char *failure = configure(device);
  if (sw_engine_trapped(device->engine)) return "the module trapped while it started";
  if (!failure && device->host.started) device->host.started(device->host.context, &device->port);
  return failure;
}

const char *sw_device_start(sw_device *device, sw_engine *engine, const struct sw_host *host, const struct sw_config *config) {
  memset(device, 0, sizeof *device);
  device->engine = engine;
  device->host = *host;
  device->config = *config;
  device->since = now(device) - SOON - 1; /* so that the first trap counts as the first */
  return power_on(device);
}

/* The first time it starts again at once. */
static uint32_t next_pause(uint32_t before) {
  if (before == 0) return 1;
  return before < SW_LONGEST_PAUSE / 2 ? before * 2 : SW_LONGEST_PAUSE;
}

/* The module does not run any more: say so. */
static void stop(sw_device *device) {
  const struct sw_trap *trap = sw_engine_trapped(device->engine);
  bool was_well = now(device) - device->since > SOON;
  device->pause = was_well ? 0 : next_pause(device->pause);
  device->stopped = true;
  device->since = now(device);
  if (trap && device->host.trapped) device->host.trapped(device->host.context, trap);
}

/* A new secret, as the sequence numbers and ports of the life before have been seen: its connections must not meet these. */
static void restart(sw_device *device) {
  device->restarts++;
  device->since = now(device);
  device->stopped = false;
  sw_seed_derive(device->config.seed, device->config.seed, RESTART, device->since);
  sw_engine_start(device->engine);
  device->failure = power_on(device);
  if (device->failure) stop(device);
}

/* Milliseconds until a stopped module may start again; 0: it has. */
static uint32_t stay_stopped(sw_device *device) {
  uint32_t passed = now(device) - device->since;
  if (passed < device->pause) return device->pause - passed;
  restart(device);
  return device->stopped ? device->pause : 0;
}

/* The module waits for room in the transmit ring: so does the host, which wakes up when there is some. */
static uint32_t without_spinning(const sw_device *device, uint32_t wait, bool moved) {
  return wait == 0 && !moved && sw_port_tx_full(&device->port) ? 1 : wait;
}

uint32_t sw_device_poll(sw_device *device) {
  struct sw_host *host = &device->host;
  if (!device->stopped && sw_engine_trapped(device->engine)) stop(device); /* in a call since the last round */
  if (device->stopped) {
    uint32_t pause = stay_stopped(device);
    if (device->stopped) return pause;
  }
  host->exchange(host->context, &device->port);
  uint32_t wait = sw_raw_poll(device->engine, now(device));
  if (sw_engine_trapped(device->engine)) {
    stop(device);
    return device->pause;
  }
  uint32_t before = device->port.received;
  bool moved = host->exchange(host->context, &device->port);
  return device->port.received != before ? 0 : without_spinning(device, wait, moved);
}

void sw_device_run(sw_device *device) {
  for (;;) {
    uint32_t wait = sw_device_poll(device);
    if (wait) device->host.wait(device->host.context, wait);
  }
}
