/* A device as a program on a PC: the module, an engine, a link. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "application.h"
#include "link.h"
#include "options.h"

static uint32_t now(void *context) {
  (void)context;
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint32_t)((uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000);
}

static void started(void *context, sw_port *port) {
  (void)context;
  sw_port_link(port, true, 1000);
}

/* Without its link a device is over. */
static void check(const struct link *link) {
  if (!link->ended) return;
  if (link->failure) give_up(link->failure);
  exit(0);
}

static bool exchange(void *context, sw_port *port) {
  struct link *link = context;
  bool moved = link_exchange(link, port);
  if (!moved) check(link);
  return moved;
}

static struct sw_device device;

static void rest(void *context, uint32_t ms) {
  if (device.stopped) poll(NULL, 0, (int)ms); /* frames wait, too */
  else link_wait(context, &device.port, ms);
}

static void trapped(void *context, const struct sw_trap *trap) {
  (void)context;
  const char *call = sw_function_name(trap->call);
  fprintf(stderr, "the module trapped in %s() at %s: %s; it starts again\n", call, trap->where, trap->reason);
}

static uint8_t *read_file(const char *path, size_t *length) {
  char line[512];
  FILE *file = fopen(path, "rb");
  uint8_t *content = NULL;
  if (file && fseek(file, 0, SEEK_END) == 0 && ftell(file) >= 0) {
    *length = (size_t)ftell(file);
    content = malloc(*length + 1);
  }
  if (content && (rewind(file), fread(content, 1, *length, file) == *length)) {
    fclose(file);
    return content;
  }
  snprintf(line, sizeof line, "%s: %s (npm run build makes build/sandwire.default.wasm)", path, strerror(errno));
  give_up(line);
}

static void open_link(struct link *link, const struct options *options) {
  char line[256];
  const char *error;
  const struct sw_config *config = &options->config;
  if (options->tap) error = link_tap(link, options->tap, config->address, config->prefix, line);
  else if (options->stream) error = link_stream(link, options->stream, line);
  else error = link_pipe(link, line);
  if (error) give_up(error);
}

__attribute__((weak)) int sw_application(sw_device *with, int count, char **arguments) {
  if (count > 0) {
    fprintf(stderr, "%s: no application takes this argument\n", arguments[0]);
    return 1;
  }
  sw_device_run(with);
  return 0;
}

int main(int count, char **arguments) {
  struct options options;
  struct link link;
  size_t length = 0;
  read_options(&options, count, arguments);
  uint8_t *wasm = options.module ? read_file(options.module, &length) : NULL;
  const char *error = NULL;
  sw_engine *engine = sw_engine_open(wasm, length, &error);
  if (!engine) give_up(error);
  open_link(&link, &options);
  struct sw_host host = {now, started, exchange, rest, trapped, &link};
  error = sw_device_start(&device, engine, &host, &options.config);
  if (error) give_up(error);
  return sw_application(&device, options.count, options.arguments);
}
