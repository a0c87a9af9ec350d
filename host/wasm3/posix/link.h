/* Where frames come from and go to on a PC. */
#ifndef SANDWIRE_LINK_H
#define SANDWIRE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port.h"

enum { LINK_BUFFER = 1 << 18 };

/*
 * Two descriptors. A stream carries frames each preceded by its length, 32 bits, most significant octet first, as QEMU's -netdev
 * stream does; a TAP device gives and takes a frame at a time.
 */
struct link {
  int in, out;
  bool is_stream;
  bool ended;          /* nothing more will come */
  const char *failure; /* why, or NULL: the other side has closed it in order */
  uint8_t *read_buffer, *write_buffer;
  size_t read_from, read_to; /* what has been read and not handed over */
  size_t write_from, write_to;
};

/* Open a link. NULL, or what is wrong; `error` has room for a line. */
const char *link_tap(struct link *link, const char *name, uint32_t address, uint32_t prefix, char error[256]);
const char *link_stream(struct link *link, const char *where, char error[256]);
const char *link_pipe(struct link *link, char error[256]);

/* Frames both ways, without waiting, as many as the rings take; whether any moved. */
bool link_exchange(struct link *link, sw_port *port);

/* Wait until there is something to read, or room to write where a frame waits for it; `ms` at most, UINT32_MAX: for ever. */
void link_wait(struct link *link, const sw_port *port, uint32_t ms);

#endif
