/* Printing without stdio, whose printf alone is larger than the network driver. */
#include <stdarg.h>
#include <string.h>

#include "common.h"

static void print_text(const char *text) { board_write(text, (uint32_t)strlen(text)); }

static void print_number(uint32_t value, uint32_t base, uint32_t least) {
  char digits[10];
  uint32_t at = sizeof digits;
  do {
    digits[--at] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0 || sizeof digits - at < least);
  board_write(digits + at, sizeof digits - at);
}

static void print_signed(int32_t value) {
  if (value < 0) print_text("-");
  print_number(value < 0 ? 0u - (uint32_t)value : (uint32_t)value, 10, 1);
}

void console_print(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  for (const char *at = format; *at != 0;) {
    uint32_t plain = (uint32_t)strcspn(at, "%");
    board_write(at, plain);
    at += plain;
    if (*at == 0) break;
    switch (at[1]) {
      case 's': print_text(va_arg(arguments, const char *)); break;
      case 'u': print_number(va_arg(arguments, unsigned), 10, 1); break;
      case 'd': print_signed(va_arg(arguments, int)); break;
      case 'x': print_number(va_arg(arguments, unsigned), 16, 8); break;
      default: print_text("%"); break;
    }
    at += 2;
  }
  va_end(arguments);
}
