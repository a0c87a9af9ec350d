#include "device.h"

#include <string.h>

#include "seed.h"

enum { RESTART = 1 }; /* what a derived seed is for */

enum { SCRATCH_LEAST = 256 }; /* config.ts allows no smaller one */

/* Where calls find their arguments: false when that is not inside the memory. */
static bool find_scratch(sw_device *device) {
  uint32_t memory = device->port.memory_size;
  device->scratch = sw_raw_scratch(device->engine);
  device->scratch_size = sw_raw_scratch_size(device->engine);
  bool inside = device->scratch_size <= memory && device->scratch <= memory - device->scratch_size;
  return inside && device->scratch_size >= SCRATCH_LEAST;
}

/* From the clean memory image to a stack with its address. */
static const char *power_on(sw_device *device) {
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
  if (sw_engine_trapped(engine)) return "the module trapped while it started";
  if (device->host.started) device->host.started(device->host.context, &device->port);
  return NULL;
}

const char *sw_device_start(sw_device *device, sw_engine *engine, const struct sw_host *host, const struct sw_config *config) {
  memset(device, 0, sizeof *device);
  device->engine = engine;
  device->host = *host;
  device->config = *config;
  return power_on(device);
}

/* A new secret, as the sequence numbers and ports of the life before have been seen: its connections must not meet these. */
static void restart(sw_device *device) {
  struct sw_host *host = &device->host;
  if (host->trapped) host->trapped(host->context, sw_engine_trapped(device->engine));
  device->restarts++;
  sw_seed_derive(device->config.seed, device->config.seed, RESTART, host->now(host->context));
  sw_engine_start(device->engine);
  power_on(device);
}

uint32_t sw_device_poll(sw_device *device) {
  struct sw_host *host = &device->host;
  if (!sw_engine_trapped(device->engine)) host->exchange(host->context, &device->port);
  uint32_t wait = sw_raw_poll(device->engine, host->now(host->context));
  if (sw_engine_trapped(device->engine)) {
    restart(device);
    return 0;
  }
  uint32_t before = device->port.received;
  bool moved = host->exchange(host->context, &device->port);
  if (device->port.received != before) return 0;
  /* The module waits for room in the transmit ring: so does the host, which wakes up when there is some. */
  return wait == 0 && !moved && sw_port_tx_full(&device->port) ? 1 : wait;
}

void sw_device_run(sw_device *device) {
  for (;;) {
    uint32_t wait = sw_device_poll(device);
    if (wait) device->host.wait(device->host.context, wait);
  }
}
