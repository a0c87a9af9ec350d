#define _GNU_SOURCE
#include "link.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/*
 * Frames wait where they are until there is room for them: in the kernel until the receive ring has a slot, in the transmit ring
 * until the kernel takes them. So nothing is lost here, and nothing waits in between but what a system call could not take in one
 * go.
 */

enum { PREFIX = 4, LARGEST_TAP = 9216, LARGEST_STREAM = 4096 + 65536 /* QEMU's NET_BUFSIZE */ };

static void end(struct link *link, const char *failure) {
  link->ended = true;
  link->failure = failure;
}

/* What read and write answer when they would have to wait. */
static bool must_wait(ssize_t result) {
  return result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

static uint32_t prefix_at(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* ---- In ------------------------------------------------------------------------------------------------------------------ */

/* Read more of a stream; false when there is no more now. */
static bool fill(struct link *link) {
  size_t kept = link->read_to - link->read_from;
  memmove(link->read_buffer, link->read_buffer + link->read_from, kept);
  link->read_from = 0;
  link->read_to = kept;
  ssize_t result = read(link->in, link->read_buffer + kept, LINK_BUFFER - kept);
  if (result > 0) link->read_to += (size_t)result;
  else if (!must_wait(result)) end(link, result < 0 ? strerror(errno) : NULL);
  return result > 0;
}

/* The next whole frame of a stream, NULL when there is none yet. */
static const uint8_t *next_frame(struct link *link, uint32_t *length) {
  do {
    const uint8_t *at = link->read_buffer + link->read_from;
    size_t available = link->read_to - link->read_from;
    if (available < PREFIX) continue;
    *length = prefix_at(at);
    if (*length > LARGEST_STREAM) {
      end(link, "the other side announced a frame no Ethernet has: it does not speak QEMU's stream protocol");
      return NULL;
    }
    if (available < PREFIX + *length) continue;
    link->read_from += PREFIX + *length;
    return at + PREFIX;
  } while (fill(link));
  return NULL;
}

static const uint8_t *next_from_tap(struct link *link, uint32_t *length) {
  ssize_t result = read(link->in, link->read_buffer, LARGEST_TAP);
  if (result > 0) {
    *length = (uint32_t)result;
    return link->read_buffer;
  }
  if (!must_wait(result)) end(link, result < 0 ? strerror(errno) : NULL);
  return NULL;
}

static bool receive(struct link *link, sw_port *port) {
  bool moved = false;
  while (!link->ended && sw_port_rx_slot(port)) {
    uint32_t length;
    const uint8_t *frame = link->is_stream ? next_frame(link, &length) : next_from_tap(link, &length);
    if (!frame) break;
    if (length > 0) sw_port_receive(port, frame, length);
    moved = true;
  }
  return moved;
}

/* ---- Out ----------------------------------------------------------------------------------------------------------------- */

/* Write what waits; false when some of it goes on waiting. */
static bool flush(struct link *link) {
  while (link->write_from < link->write_to && !link->ended) {
    ssize_t result = write(link->out, link->write_buffer + link->write_from, link->write_to - link->write_from);
    if (result > 0) link->write_from += (size_t)result;
    else if (must_wait(result)) return false;
    else end(link, errno == EPIPE ? NULL : strerror(errno));
  }
  link->write_from = link->write_to = 0;
  return true;
}

static bool put_stream(struct link *link, const uint8_t *frame, uint16_t length) {
  if (LINK_BUFFER - link->write_to < (size_t)PREFIX + length && !flush(link)) return false;
  uint8_t *to = link->write_buffer + link->write_to;
  to[0] = to[1] = 0;
  to[2] = (uint8_t)(length >> 8);
  to[3] = (uint8_t)length;
  memcpy(to + PREFIX, frame, length);
  link->write_to += (size_t)PREFIX + length;
  return true;
}

/* A frame that the kernel does not take is lost, as on a cable; one that has to wait, waits. */
static bool put_tap(struct link *link, const uint8_t *frame, uint16_t length) {
  return !must_wait(write(link->out, frame, length));
}

static bool transmit(struct link *link, sw_port *port) {
  bool moved = false;
  uint16_t length;
  for (const uint8_t *frame; (frame = sw_port_transmit(port, &length)) != NULL; sw_port_tx_done(port)) {
    if (!(link->is_stream ? put_stream(link, frame, length) : put_tap(link, frame, length))) break;
    moved = true;
  }
  if (link->is_stream) flush(link);
  return moved;
}

/* -------------------------------------------------------------------------------------------------------------------------- */

bool link_exchange(struct link *link, sw_port *port) {
  bool received = receive(link, port);
  return transmit(link, port) || received;
}

void link_wait(struct link *link, const sw_port *port, uint32_t ms) {
  uint16_t length, status;
  bool blocked = link->write_from < link->write_to || sw_port_tx_slot(port, &length, &status);
  struct pollfd fds[2] = {{.fd = link->in, .events = sw_port_rx_slot(port) ? POLLIN : 0}, {.fd = link->out, .events = POLLOUT}};
  poll(fds, blocked ? 2 : 1, ms > INT32_MAX ? -1 : (int)ms);
}
