/* What the command line says. */
#ifndef SANDWIRE_OPTIONS_H
#define SANDWIRE_OPTIONS_H

#include "device.h"

struct options {
  const char *tap, *stream; /* NULL: not this one */
  bool pipe;
  const char *module; /* the file, NULL where the module is built in */
  struct sw_config config;
  int count; /* what is left for the application */
  char **arguments;
};

/* Read it, fill in what is not said. Ends the program for --help, and with a line on standard error for what is wrong. */
void read_options(struct options *options, int count, char **arguments);

/* Say `what` in one line, and exit with 1. */
_Noreturn void give_up(const char *what);

#endif
