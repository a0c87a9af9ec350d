#include <string.h>

#include "sandwire.h"

/* Addresses and errors as text. */

struct sw_sockaddr sw_inet(uint32_t address, uint16_t port) {
  struct sw_sockaddr made = {.family = SW_AF_INET, .port = port};
  for (int i = 0; i < 4; i++) made.addr[i] = (uint8_t)(address >> (24 - 8 * i));
  return made;
}

uint32_t sw_inet_address(const struct sw_sockaddr *address) {
  const uint8_t *octets = address->addr;
  return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 | octets[3];
}

/* A decimal number up to `most` at *text, which moves behind it; -1 when there is none. */
static int32_t number(const char **text, int32_t most) {
  const char *at = *text;
  int32_t value = 0;
  for (; *at >= '0' && *at <= '9' && value <= most; at++) value = value * 10 + (*at - '0');
  if (at == *text || value > most) return -1;
  *text = at;
  return value;
}

bool sw_inet_parse(const char *text, struct sw_sockaddr *address) {
  uint32_t value = 0;
  for (int i = 0; i < 4; i++) {
    int32_t octet = number(&text, 255);
    if (octet < 0 || (i < 3 && *text++ != '.')) return false;
    value = value << 8 | (uint32_t)octet;
  }
  int32_t port = 0;
  if (*text == ':') {
    text++;
    port = number(&text, 65535);
  }
  if (port < 0 || *text != 0) return false;
  *address = sw_inet(value, (uint16_t)port);
  return true;
}

static char *put_number(char *to, uint32_t value) {
  char digits[5];
  int count = 0;
  do digits[count++] = (char)('0' + value % 10);
  while ((value /= 10) > 0);
  while (count > 0) *to++ = digits[--count];
  return to;
}

char *sw_inet_format(const struct sw_sockaddr *address, char text[SW_INET_TEXT]) {
  char *to = text;
  for (int i = 0; i < 4; i++) {
    to = put_number(to, address->addr[i]);
    *to++ = i < 3 ? '.' : ':';
  }
  *put_number(to, address->port) = 0;
  return text;
}

const char *sw_error_text(int error) {
  switch (error < 0 ? -error : error) {
#define X(name, number, words) \
  case number: return words;
    SW_ERRNOS(X)
#undef X
  case SW_ENETRESET: return "the module has started again, the socket is gone";
  default: return "unknown error";
  }
}
