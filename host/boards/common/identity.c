/* Who this device is, and the secret its sequence numbers and ports are made of. */
#include <string.h>

#include "common.h"
#include "seed.h"

enum { START = 2, CHAIN = 3 }; /* what derived seeds are for */


static bool is_zero(const void *memory, size_t length) {
  const uint8_t *octets = memory;
  while (length > 0 && octets[length - 1] == 0) length--;
  return length == 0;
}

static void choose_secret(uint32_t secret[4], bool is_told) {
  if (is_told && !is_zero(sw_boot.entropy, sizeof sw_boot.entropy)) memcpy(secret, sw_boot.entropy, sizeof sw_boot.entropy);
  else if (!board_entropy(secret)) {
    memcpy(secret, build_seed, sizeof build_seed);
    console_print("WARNING: no source of entropy: this firmware's sequence numbers can be guessed by who has its image\n");
  }
}

static void choose_address(uint8_t address[6], bool is_told) {
  if (is_told && !is_zero(sw_boot.mac, sizeof sw_boot.mac)) memcpy(address, sw_boot.mac, 6);
  else if (!board_address(address)) {
    /* Locally administered, of one interface (IEEE 802, section 8.2), different from build to build. */
    memcpy(address, build_seed, 6);
    address[0] = (uint8_t)((address[0] & 0xfc) | 2);
    console_print("WARNING: no MAC address of its own: every device with this image has the same\n");
  }
}

void identify(struct sw_config *config) {
  bool is_told = sw_boot.magic == SW_BOOT_MAGIC;
  uint32_t secret[4];
  choose_address(config->mac, is_told);
  choose_secret(secret, is_told);
  for (uint32_t i = 0; i < 4; i++) secret[i] ^= boot_chain[i];
  sw_seed_derive(config->seed, secret, START, 0);
  sw_seed_derive(boot_chain, secret, CHAIN, 0);
  config->address = is_told && sw_boot.address != 0 ? sw_boot.address : 0x0a000002;
  config->prefix = is_told && sw_boot.address != 0 ? sw_boot.prefix : 24;
  config->gateway = is_told ? sw_boot.gateway : 0;
}
