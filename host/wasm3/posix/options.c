#define _GNU_SOURCE
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "sandwire.h"
#include "seed.h"

static const char *program = "sandwire";

static void print_help(bool needs_module) {
  printf("Usage: %s [options]%s [arguments of the application]\n\n"
         "Runs the module as a device on an Ethernet of its own, in C (engine: %s).\n\n"
         "  --tap NAME           a TAP interface: the kernel of this machine is on the other side\n"
         "  --stream WHERE       unix:PATH or HOST:PORT, where somebody listens for QEMU's -netdev stream\n"
         "  --pipe               frames on standard input and output, each after its length in four octets\n"
         "  --address A/PREFIX   the device's address (default 10.0.0.2/24)\n"
         "  --gateway A          its router (default: none)\n"
         "  --mac MAC            its MAC address (default: derived from the seed)\n"
         "  --seed N             everything random follows from this number, the same each time (default: real entropy)\n"
         "  --no-offload         leave checksums to the module\n"
         "  --serve              start the applications inside the module\n"
         "  --help               this text\n",
         program, needs_module ? " MODULE.wasm" : "", sw_engine_name());
}

void give_up(const char *what) {
  fprintf(stderr, "%s: %s\n", program, what);
  exit(1);
}

/* `text` is what an option was given, `hint` what it wants. */
static _Noreturn void refuse(const char *option, const char *text, const char *hint) {
  char line[256];
  snprintf(line, sizeof line, "--%s %s: %s", option, text, hint);
  give_up(line);
}

static uint32_t read_ip(const char *option, const char *text) {
  struct sw_sockaddr address;
  if (strchr(text, ':') || !sw_inet_parse(text, &address)) refuse(option, text, "it is an address such as 10.0.0.1");
  return sw_inet_address(&address);
}

/* "10.0.0.2/24" */
static void read_subnet(struct sw_config *config, const char *text) {
  char copy[32];
  int prefix = 0, behind = 0;
  snprintf(copy, sizeof copy, "%s", text);
  char *slash = strchr(copy, '/');
  bool right = slash && sscanf(slash, "/%2d%n", &prefix, &behind) == 1 && !slash[behind] && prefix >= 1 && prefix <= 30;
  if (!right) refuse("address", text, "it is an address and a prefix of 1 to 30, such as 10.0.0.2/24");
  *slash = 0;
  config->address = read_ip("address", copy);
  config->prefix = (uint32_t)prefix;
}

static void read_mac(struct sw_config *config, const char *text) {
  uint8_t *m = config->mac;
  int behind = 0;
  int count = sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", m, m + 1, m + 2, m + 3, m + 4, m + 5, &behind);
  if (count != 6 || text[behind] || (m[0] & 1)) refuse("mac", text, "it is one station's address, such as 02:00:00:00:00:01");
}

/* Seeds and MAC addresses come from a number as in host/node/seed.ts: the same number makes the same device there. */
static uint32_t spread(uint32_t value) {
  uint32_t mixed = (value ^ value >> 16) * 0x21f0aaad;
  mixed = (mixed ^ mixed >> 15) * 0x735a2d97;
  return mixed ^ mixed >> 15;
}

static void read_seed(uint32_t seed[4], const char *text) {
  char *end;
  errno = 0;
  unsigned long long value = strtoull(text, &end, 10);
  if (*text < '0' || *text > '9' || *end || value > UINT32_MAX) refuse("seed", text, "it is a whole number from 0 to 4294967295");
  seed[0] = (uint32_t)value;
  for (uint32_t i = 1; i < 4; i++) seed[i] = spread((uint32_t)value + i);
}

static void mac_from(uint8_t mac[6], const uint32_t seed[4]) {
  uint32_t low = spread(seed[0] ^ spread(seed[1])), high = spread(seed[2] ^ spread(seed[3] + 1));
  const uint8_t made[6] = {0x02, (uint8_t)high, (uint8_t)(low >> 24), (uint8_t)(low >> 16), (uint8_t)(low >> 8), (uint8_t)low};
  memcpy(mac, made, 6);
}

enum { TAP, STREAM, PIPE, ADDRESS, GATEWAY, MAC, SEED, PLAIN, SERVE, HELP };
static const struct option known[] = {
    {"tap", 1, NULL, TAP},         {"stream", 1, NULL, STREAM},  {"pipe", 0, NULL, PIPE}, {"address", 1, NULL, ADDRESS},
    {"gateway", 1, NULL, GATEWAY}, {"mac", 1, NULL, MAC},        {"seed", 1, NULL, SEED}, {"no-offload", 0, NULL, PLAIN},
    {"serve", 0, NULL, SERVE},     {"help", 0, NULL, HELP},      {NULL, 0, NULL, 0},
};

static bool is_zero(const uint8_t mac[6]) {
  static const uint8_t none[6];
  return memcmp(mac, none, 6) == 0;
}

static void take(struct options *options, int option, const char *text, bool needs_module, bool *seeded) {
  struct sw_config *config = &options->config;
  switch (option) {
    case TAP: options->tap = text; break;
    case STREAM: options->stream = text; break;
    case PIPE: options->pipe = true; break;
    case ADDRESS: read_subnet(config, text); break;
    case GATEWAY: config->gateway = read_ip("gateway", text); break;
    case MAC: read_mac(config, text); break;
    case SEED: read_seed(config->seed, text), *seeded = true; break;
    case PLAIN: config->capabilities = 0; break;
    case SERVE: config->serve = true; break;
    case HELP: print_help(needs_module), exit(0);
    default: exit(1); /* getopt has said why */
  }
}

void read_options(struct options *options, int count, char **arguments) {
  bool needs_module = strcmp(sw_engine_name(), "aot") != 0, seeded = false;
  program = strrchr(arguments[0], '/') ? strrchr(arguments[0], '/') + 1 : arguments[0];
  arguments[0] = (char *)program; /* so getopt names it as we do */
  *options = (struct options){.config = {.address = 0x0a000002, .prefix = 24, .capabilities = SW_RX_CSUM | SW_TX_CSUM}};
  for (int option; (option = getopt_long(count, arguments, "+", known, NULL)) >= 0;)
    take(options, option, optarg, needs_module, &seeded);
  bool one_link = (options->tap != NULL) + (options->stream != NULL) + options->pipe == 1;
  if (!one_link) give_up("one of --tap, --stream, --pipe says where the network is (see --help)");
  if (needs_module && optind == count) give_up("the module's file is missing, such as build/sandwire.default.wasm");
  if (needs_module) options->module = arguments[optind++];
  options->count = count - optind;
  options->arguments = arguments + optind;
  if (!seeded && getrandom(options->config.seed, sizeof options->config.seed, 0) != sizeof options->config.seed)
    give_up("the system gives no entropy: use --seed N where nobody attacks");
  if (is_zero(options->config.mac)) mac_from(options->config.mac, options->config.seed);
}
