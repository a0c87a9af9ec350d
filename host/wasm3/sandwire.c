#include "sandwire.h"

#include <string.h>

/*
 * The calls of sandwire.h that never block. What they hand over lies in the module's scratch region: an address at its beginning,
 * the value of an option or a datagram behind it. Streams are copied straight into and out of their buffers.
 */
enum { PAYLOAD = 32 };

#define SAME(field, offset) _Static_assert(offsetof(struct sw_sockaddr, field) == offset, "it is the module's AddressRecord")
SAME(port, SW_ADDRESS_RECORD_PORT);
SAME(addr, SW_ADDRESS_RECORD_ADDR);
SAME(scope, SW_ADDRESS_RECORD_SCOPE);
_Static_assert(sizeof(struct sw_sockaddr) == SW_ADDRESS_RECORD_SIZE, "it is the module's AddressRecord");

/* ---- Descriptors: the module's in the lower half, above it which of the module's lives it belongs to ----------------------- */

enum { LIFE = 16, LIVES = 0x7fff };

static int life_of(const sw_device *device) {
  return (int)(device->restarts & LIVES);
}

/* The result of a call, if the module lived through it. */
static int result_of(sw_device *device, int32_t result) {
  return sw_engine_trapped(device->engine) ? -SW_ENETRESET : (int)result;
}

static int opened(sw_device *device, int32_t fd) {
  int result = result_of(device, fd);
  return result < 0 ? result : result | life_of(device) << LIFE;
}

/* The module's own number of a descriptor; negative when it is of another life, or none. */
static int inner(const sw_device *device, int fd) {
  if (fd < 0) return -SW_EBADF;
  if (fd >> LIFE != life_of(device) || sw_engine_trapped(device->engine)) return -SW_ENETRESET;
  return fd & 0xffff;
}

/* ---- Memory ---------------------------------------------------------------------------------------------------------------- */

/* `length` octets of the linear memory; NULL when they are not all inside. */
static uint8_t *span(sw_device *device, uint32_t at, uint32_t length) {
  const sw_port *port = &device->port;
  bool inside = at != 0 && length <= port->memory_size && at <= port->memory_size - length;
  return inside ? port->memory + at : NULL;
}

/* The payload part of the scratch region: its address, and its octets in `size`. */
static uint32_t payload(sw_device *device, uint32_t *size) {
  *size = device->scratch_size - PAYLOAD;
  return device->scratch + PAYLOAD;
}

static uint32_t put_address(sw_device *device, const struct sw_sockaddr *address) {
  if (!address) return 0;
  memcpy(device->port.memory + device->scratch, address, sizeof *address);
  return device->scratch;
}

/* Room for an address; what is not filled in has no family. */
static uint32_t address_room(sw_device *device, const struct sw_sockaddr *wanted) {
  static const struct sw_sockaddr none;
  return wanted ? put_address(device, &none) : 0;
}

static void take_address(sw_device *device, struct sw_sockaddr *address) {
  if (address) memcpy(address, device->port.memory + device->scratch, sizeof *address);
}

/* ---- Opening, closing, names ----------------------------------------------------------------------------------------------- */

int sw_socket(sw_device *device, int family, int type, int protocol) {
  return opened(device, sw_raw_socket(device->engine, (uint32_t)family, (uint32_t)type, (uint32_t)protocol));
}

int sw_close(sw_device *device, int fd) {
  int own = inner(device, fd);
  return own < 0 ? own : result_of(device, sw_raw_close(device->engine, (uint32_t)own));
}

int sw_shutdown(sw_device *device, int fd, int how) {
  int own = inner(device, fd);
  return own < 0 ? own : result_of(device, sw_raw_shutdown(device->engine, (uint32_t)own, (uint32_t)how));
}

int sw_bind(sw_device *device, int fd, const struct sw_sockaddr *address) {
  int own = inner(device, fd);
  return own < 0 ? own : result_of(device, sw_raw_bind(device->engine, (uint32_t)own, put_address(device, address)));
}

int sw_listen(sw_device *device, int fd, int backlog) {
  int own = inner(device, fd);
  return own < 0 ? own : result_of(device, sw_raw_listen(device->engine, (uint32_t)own, (uint32_t)backlog));
}

int sw_accept(sw_device *device, int fd, struct sw_sockaddr *peer) {
  int own = inner(device, fd);
  if (own < 0) return own;
  int result = opened(device, sw_raw_accept(device->engine, (uint32_t)own, address_room(device, peer)));
  if (result >= 0) take_address(device, peer);
  return result;
}

int sw_connect(sw_device *device, int fd, const struct sw_sockaddr *address) {
  int own = inner(device, fd);
  return own < 0 ? own : result_of(device, sw_raw_connect(device->engine, (uint32_t)own, put_address(device, address)));
}

int sw_getsockname(sw_device *device, int fd, struct sw_sockaddr *address) {
  int own = inner(device, fd);
  if (own < 0) return own;
  int result = result_of(device, sw_raw_getsockname(device->engine, (uint32_t)own, address_room(device, address)));
  if (result >= 0) take_address(device, address);
  return result;
}

int sw_getpeername(sw_device *device, int fd, struct sw_sockaddr *address) {
  int own = inner(device, fd);
  if (own < 0) return own;
  int result = result_of(device, sw_raw_getpeername(device->engine, (uint32_t)own, address_room(device, address)));
  if (result >= 0) take_address(device, address);
  return result;
}

/* ---- Data ------------------------------------------------------------------------------------------------------------------ */

/* One copy, from C memory into the stream's own buffer, in two pieces where that wraps round. */
static int stream_send(sw_device *device, uint32_t fd, const uint8_t *data, uint32_t length) {
  uint32_t sent = 0;
  while (sent < length) {
    int32_t room = sw_raw_send_room(device->engine, fd);
    if (room <= 0) return sent ? (int)sent : room;
    uint32_t piece = length - sent < (uint32_t)room ? length - sent : (uint32_t)room;
    uint8_t *to = span(device, sw_raw_send_ptr(device->engine, fd), piece);
    if (!to) return -SW_EPROTO;
    memcpy(to, data + sent, piece);
    sw_raw_send_commit(device->engine, fd, piece);
    sent += piece;
  }
  return (int)sent;
}

static int stream_receive(sw_device *device, uint32_t fd, uint8_t *data, uint32_t length) {
  uint32_t received = 0;
  while (received < length) {
    int32_t ready = sw_raw_recv_ready(device->engine, fd);
    if (ready <= 0) return received ? (int)received : ready;
    uint32_t piece = length - received < (uint32_t)ready ? length - received : (uint32_t)ready;
    const uint8_t *from = span(device, sw_raw_recv_ptr(device->engine, fd), piece);
    if (!from) return -SW_EPROTO;
    memcpy(data + received, from, piece);
    sw_raw_recv_release(device->engine, fd, piece);
    received += piece;
  }
  return (int)received;
}

/* Counts are ints. */
static uint32_t countable(size_t length) {
  return length < INT32_MAX ? (uint32_t)length : INT32_MAX;
}

int sw_sendto(sw_device *device, int fd, const void *data, size_t length, int flags, const struct sw_sockaddr *to) {
  int own = inner(device, fd);
  if (own < 0) return own;
  uint32_t size, at = payload(device, &size), piece = countable(length);
  if (length > size) {
    int32_t type = 0;
    int known = sw_getsockopt(device, fd, SW_SOL_SOCKET, SW_SO_TYPE, &type, sizeof type);
    if (known < 0 || type != SW_SOCK_STREAM) return known < 0 ? known : -SW_EMSGSIZE;
    piece = size;
  }
  memcpy(device->port.memory + at, data, piece);
  uint32_t address = put_address(device, to);
  return result_of(device, sw_raw_sendto(device->engine, (uint32_t)own, at, piece, (uint32_t)flags, address));
}

int sw_recvfrom(sw_device *device, int fd, void *data, size_t length, int flags, struct sw_sockaddr *from) {
  int own = inner(device, fd);
  if (own < 0) return own;
  uint32_t size, at = payload(device, &size), room = length < size ? (uint32_t)length : size;
  uint32_t address = address_room(device, from);
  int result = result_of(device, sw_raw_recvfrom(device->engine, (uint32_t)own, at, room, (uint32_t)flags, address));
  if (result < 0) return result;
  memcpy(data, device->port.memory + at, (uint32_t)result < room ? (uint32_t)result : room);
  take_address(device, from);
  return result;
}

int sw_send(sw_device *device, int fd, const void *data, size_t length, int flags) {
  int own = inner(device, fd);
  if (own < 0) return own;
  bool straight = !flags && length > 0;
  int sent = straight ? result_of(device, stream_send(device, (uint32_t)own, data, countable(length))) : -SW_EOPNOTSUPP;
  return sent == -SW_EOPNOTSUPP ? sw_sendto(device, fd, data, length, flags, NULL) : sent;
}

int sw_recv(sw_device *device, int fd, void *data, size_t length, int flags) {
  int own = inner(device, fd);
  if (own < 0) return own;
  bool straight = !flags && length > 0;
  int received = straight ? result_of(device, stream_receive(device, (uint32_t)own, data, countable(length))) : -SW_EOPNOTSUPP;
  return received == -SW_EOPNOTSUPP ? sw_recvfrom(device, fd, data, length, flags, NULL) : received;
}

/* ---- Options, readiness ---------------------------------------------------------------------------------------------------- */

int sw_setsockopt(sw_device *device, int fd, int level, int name, const void *value, size_t length) {
  int own = inner(device, fd);
  if (own < 0) return own;
  uint32_t size, at = payload(device, &size);
  if (length > size) return -SW_EINVAL;
  memcpy(device->port.memory + at, value, length);
  uint32_t octets = (uint32_t)length;
  return result_of(device, sw_raw_setsockopt(device->engine, (uint32_t)own, (uint32_t)level, (uint32_t)name, at, octets));
}

int sw_getsockopt(sw_device *device, int fd, int level, int name, void *value, size_t length) {
  int own = inner(device, fd);
  if (own < 0) return own;
  uint32_t size, at = payload(device, &size), room = length < size ? (uint32_t)length : size;
  int result = result_of(device, sw_raw_getsockopt(device->engine, (uint32_t)own, (uint32_t)level, (uint32_t)name, at, room));
  if (result > 0) memcpy(value, device->port.memory + at, (uint32_t)result < room ? (uint32_t)result : room);
  return result;
}

int sw_ioctl(sw_device *device, int fd, uint32_t request) {
  int own = inner(device, fd);
  return own < 0 ? own : result_of(device, sw_raw_ioctl(device->engine, (uint32_t)own, request));
}

uint32_t sw_ready(sw_device *device, int fd) {
  int own = inner(device, fd);
  if (own == -SW_ENETRESET) return SW_POLLERR;
  if (own < 0) return SW_POLLNVAL;
  uint32_t mask = sw_raw_ready(device->engine, (uint32_t)own);
  return sw_engine_trapped(device->engine) ? SW_POLLERR : mask;
}

int sw_next_event(sw_device *device) {
  return opened(device, sw_raw_next_event(device->engine));
}
