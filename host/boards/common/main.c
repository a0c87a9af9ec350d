/* The loop of every firmware: the module, its port and the board, until the power goes. */
#include "application.h"
#include "common.h"

static sw_device device;
uint32_t loop_looks;

static uint32_t now(void *context) {
  (void)context;
  return board_now();
}

static bool exchange(void *context, sw_port *port) {
  (void)context;
  loop_looks++;
  return mac_exchange(port);
}

static void wait(void *context, uint32_t ms) {
  (void)context;
  if (!console_obey(&device)) board_sleep(ms);
}

static void started(void *context, sw_port *port) {
  (void)context;
  mac_start(port, device.config.mac);
}

__attribute__((weak)) void mac_stop(void) {}

static void trapped(void *context, const struct sw_trap *trap) {
  (void)context;
  mac_stop();
  report_trap(trap, device.restarts + 1);
}

/* Without a program in C there is only what the module has. */
__attribute__((weak)) int sw_application(sw_device *with, int count, char **arguments) {
  (void)count;
  (void)arguments;
  sw_device_run(with);
  return 0;
}

static void say_who(const struct sw_config *config) {
  const uint8_t *mac = config->mac;
  uint32_t address = config->address;
  console_print("\nsandwire on %s: %s, %s, ", board_name, sw_engine_name(), build_profile);
  console_print("%u.%u.%u.%u/%u, ", (unsigned)(address >> 24), (unsigned)(address >> 16 & 255), (unsigned)(address >> 8 & 255),
                (unsigned)(address & 255), (unsigned)config->prefix);
  char text[18];
  for (uint32_t i = 0; i < 6; i++) {
    text[i * 3] = "0123456789abcdef"[mac[i] >> 4];
    text[i * 3 + 1] = "0123456789abcdef"[mac[i] & 15];
    text[i * 3 + 2] = i < 5 ? ':' : 0;
  }
  console_print("%s\n", text);
}

int main(void) {
  board_init();
  struct sw_config config = {.capabilities = mac_capabilities()};
  const char *warnings = identify(&config);
  say_who(&config);
  console_print("%s", warnings);
  const char *error = NULL;
  sw_engine *engine = sw_engine_open(build_module, build_module_size, &error);
  static const struct sw_host host = {
      .now = now, .exchange = exchange, .wait = wait, .started = started, .trapped = trapped};
  if (engine != NULL) config.serve = sw_engine_has(engine, SW_FN_SERVE);
  if (engine != NULL) error = sw_device_start(&device, engine, &host, &config);
  if (error != NULL) {
    const struct sw_trap *trap = engine == NULL ? NULL : sw_engine_trapped(engine);
    console_print("cannot start: %s%s%s\n", error, trap == NULL ? "" : ": ", trap == NULL ? "" : trap->reason);
    for (;;) board_sleep(UINT32_MAX);
  }
  console_print("serving\n");
  return sw_application(&device, 0, NULL);
}
