/* An application in C outside of the module: the same as application.ts, on the socket calls. */
#include "outside.h"

#include <string.h>

#include "bench.h"

#define ADDRESS_OFFSET 0u
#define WORD_OFFSET 32u
#define MAX_FD 32

static sw_engine *engine;
static uint8_t *memory;
static uint32_t scratch;
/* The port of the application that a descriptor belongs to. */
static uint16_t role[MAX_FD];
static bool listener[MAX_FD];

static uint8_t *at(uint32_t address) { return memory + address; }

static int32_t set(uint32_t fd, uint32_t level, uint32_t name, uint32_t value) {
  memcpy(at(scratch + WORD_OFFSET), &value, 4);
  return sw_raw_setsockopt(engine, fd, level, name, scratch + WORD_OFFSET, 4);
}

static bool serve(uint16_t number) {
  const int32_t fd = sw_raw_socket(engine, SW_AF_INET, SW_SOCK_STREAM, 0);
  uint8_t *address = at(scratch + ADDRESS_OFFSET);
  const uint16_t family = SW_AF_INET;
  if (fd < 0 || fd >= MAX_FD) return false;
  memset(address, 0, SW_ADDRESS_RECORD_SIZE);
  memcpy(address + SW_ADDRESS_RECORD_FAMILY, &family, 2);
  memcpy(address + SW_ADDRESS_RECORD_PORT, &number, 2);
  set((uint32_t)fd, SW_SOL_SOCKET, SW_SO_RCVBUF, BUFFER);
  set((uint32_t)fd, SW_SOL_SOCKET, SW_SO_SNDBUF, BUFFER);
  role[fd] = number;
  listener[fd] = true;
  return sw_raw_bind(engine, (uint32_t)fd, scratch + ADDRESS_OFFSET) == 0 && sw_raw_listen(engine, (uint32_t)fd, 4) == 0;
}

static void write_all(uint32_t fd) {
  for (int32_t room = sw_raw_send_room(engine, fd); room > 0; room = sw_raw_send_room(engine, fd)) {
    memcpy(at(sw_raw_send_ptr(engine, fd)), source + source_total % PATTERN, (uint32_t)room);
    source_total += (uint32_t)room;
    sw_raw_send_commit(engine, fd, (uint32_t)room);
  }
}

static void accept_all(uint32_t fd) {
  for (int32_t client = sw_raw_accept(engine, fd, 0); client >= 0; client = sw_raw_accept(engine, fd, 0)) {
    role[client] = role[fd];
    listener[client] = false;
    if (role[fd] == PORT_SOURCE) write_all((uint32_t)client);
  }
}

/* Copies what has come to the sink; false at the end of the stream. */
static bool read_all(uint32_t fd) {
  for (;;) {
    const int32_t ready = sw_raw_recv_ready(engine, fd);
    if (ready <= 0) return ready == -SW_EAGAIN;
    memcpy(sink + sink_length, at(sw_raw_recv_ptr(engine, fd)), (uint32_t)ready);
    sink_length += (uint32_t)ready;
    sw_raw_recv_release(engine, fd, (uint32_t)ready);
  }
}

static void answer(uint32_t fd) {
  const uint32_t start = sink_length;
  const bool open = read_all(fd);
  const bool whole = sink_length - start >= 4 && memcmp(sink + sink_length - 4, "\r\n\r\n", 4) == 0;
  if (open && !whole) return;
  if (whole) {
    memcpy(at(sw_raw_send_ptr(engine, fd)), response, RESPONSE);
    sw_raw_send_commit(engine, fd, RESPONSE);
  }
  sw_raw_close(engine, fd);
}

bool outside_run(void) {
  bool any = false;
  for (int32_t fd = sw_raw_next_event(engine); fd >= 0; fd = sw_raw_next_event(engine)) {
    any = true;
    if (listener[fd]) accept_all((uint32_t)fd);
    else if (role[fd] == PORT_SOURCE) write_all((uint32_t)fd);
    else if (role[fd] == PORT_SERVER) answer((uint32_t)fd);
    else if (!read_all((uint32_t)fd)) sw_raw_close(engine, (uint32_t)fd);
  }
  return any;
}

int outside_start(sw_engine *of) {
  uint32_t size;
  engine = of;
  memory = sw_engine_memory(of, &size);
  scratch = sw_raw_scratch(engine);
  return serve(PORT_SINK) && serve(PORT_SOURCE) && serve(PORT_SERVER) ? 0 : -1;
}
