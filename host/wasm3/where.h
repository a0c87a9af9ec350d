/* The name of a function for struct sw_trap, without printf: firmware has none. */
#ifndef SANDWIRE_WHERE_H
#define SANDWIRE_WHERE_H

#include <string.h>

#include "engine.h"

/* Its own, of which the end says more when it is long, or else "function 117". */
static inline void sw_where(struct sw_trap *trap, const char *name, uint32_t number) {
  const size_t room = sizeof trap->where - 1;
  char digits[11];
  char *first = &digits[sizeof digits - 1];
  size_t length;
  *first = 0;
  do {
    *--first = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  strcpy(trap->where, name == NULL ? "function " : "");
  if (name == NULL) name = first;
  length = strlen(name);
  strcat(trap->where, length > room ? name + (length - room) : name);
}

#endif
