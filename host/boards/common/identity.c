/* Who this device is, and the secret its sequence numbers and ports are made of. */
#include <string.h>

#include "common.h"
#include "seed.h"

enum { START = 2, CHAIN = 3, ADDRESS = 4 }; /* what derived seeds are for */


static bool is_zero(const void *memory, size_t length) {
  const uint8_t *octets = memory;
  while (length > 0 && octets[length - 1] == 0) length--;
  return length == 0;
}

#define NO_ENTROPY "WARNING: no source of entropy: who has this image can guess this device's sequence numbers\n"
#define NO_ADDRESS "WARNING: no MAC address of its own: every device with this image has the same\n"

/* False when the secret is only the build's. */
static bool choose_secret(uint32_t secret[4], bool is_told) {
  if (is_told && !is_zero(sw_boot.entropy, sizeof sw_boot.entropy)) {
    memcpy(secret, sw_boot.entropy, sizeof sw_boot.entropy);
    return true;
  }
  if (board_entropy(secret)) return true;
  memcpy(secret, build_seed, sizeof build_seed);
  return false;
}

/* False when the address is only the build's. */
static bool choose_address(uint8_t address[6], bool is_told) {
  if (is_told && !is_zero(sw_boot.mac, sizeof sw_boot.mac)) {
    memcpy(address, sw_boot.mac, 6);
    return true;
  }
  if (board_address(address)) return true;
  uint32_t words[4];
  sw_seed_derive(words, build_seed, ADDRESS, 0);
  memcpy(address, words, 6);
  address[0] = (uint8_t)((address[0] & 0xfc) | 2); /* locally administered, of one interface (IEEE 802, 8.2) */
  return false;
}

const char *identify(struct sw_config *config) {
  bool is_told = sw_boot.magic == SW_BOOT_MAGIC;
  uint32_t secret[4];
  bool has_address = choose_address(config->mac, is_told);
  bool has_entropy = choose_secret(secret, is_told);
  for (uint32_t i = 0; i < 4; i++) secret[i] ^= boot_chain[i];
  sw_seed_derive(config->seed, secret, START, 0);
  sw_seed_derive(boot_chain, secret, CHAIN, 0);
  config->address = is_told && sw_boot.address != 0 ? sw_boot.address : 0x0a000002;
  config->prefix = is_told && sw_boot.address != 0 ? sw_boot.prefix : 24;
  config->gateway = is_told ? sw_boot.gateway : 0;
  if (has_entropy) return has_address ? "" : NO_ADDRESS;
  return has_address ? NO_ENTROPY : NO_ENTROPY NO_ADDRESS;
}
