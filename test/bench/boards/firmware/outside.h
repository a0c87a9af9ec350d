#ifndef BENCH_OUTSIDE_H
#define BENCH_OUTSIDE_H

#include "port.h"

/* Open the listeners; negative when that fails. */
int outside_start(sw_engine *engine);
/* Attend to all that something happened to; whether there was any. */
bool outside_run(void);

#endif
