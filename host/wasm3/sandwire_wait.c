#include "sandwire.h"

/* The calls of sandwire.h that wait: a call that does not, tried again after each round, with sleep in between. */

struct deadline {
  uint32_t start, ms;
};

static uint32_t now(sw_device *device) {
  return device->host.now(device->host.context);
}

static struct deadline within(sw_device *device, uint32_t ms) {
  return (struct deadline){now(device), ms};
}

static uint32_t left(sw_device *device, const struct deadline *until) {
  if (until->ms == SW_FOREVER) return SW_FOREVER;
  uint32_t passed = now(device) - until->start;
  return passed < until->ms ? until->ms - passed : 0;
}

static uint16_t asked_for(sw_device *device, const struct sw_pollfd *one) {
  return (uint16_t)(sw_ready(device, one->fd) & (one->events | SW_POLLERR | SW_POLLHUP | SW_POLLNVAL));
}

/* A round, then sleep if it says so and none of `fds` is ready. False when the time is up: then look for the last time. */
static bool rest(sw_device *device, const struct deadline *until, const struct sw_pollfd *fds, size_t count) {
  uint32_t due = sw_device_poll(device);
  uint32_t remains = left(device, until);
  uint32_t sleep = due < remains ? due : remains;
  for (size_t i = 0; i < count; i++)
    if (asked_for(device, &fds[i])) sleep = 0;
  if (sleep) device->host.wait(device->host.context, sleep);
  return remains > 0;
}

/* Wait for one descriptor; false when the time is up. */
static bool await(sw_device *device, const struct deadline *until, int fd, uint16_t events) {
  struct sw_pollfd one = {fd, events, 0};
  return rest(device, until, &one, 1);
}

int sw_accept_wait(sw_device *device, int fd, struct sw_sockaddr *peer, uint32_t ms) {
  struct deadline until = within(device, ms);
  for (bool more = true;; more = await(device, &until, fd, SW_POLLIN)) {
    int result = sw_accept(device, fd, peer);
    if (result != -SW_EAGAIN || !more) return result;
  }
}

/* What became of an attempt: 0, its error, -SW_EAGAIN while it goes on. */
static int outcome(sw_device *device, int fd) {
  uint32_t mask = sw_ready(device, fd);
  if (!(mask & (SW_POLLOUT | SW_POLLERR | SW_POLLHUP | SW_POLLNVAL))) return -SW_EAGAIN;
  int32_t error = 0;
  int result = sw_getsockopt(device, fd, SW_SOL_SOCKET, SW_SO_ERROR, &error, sizeof error);
  return result < 0 ? result : -error;
}

int sw_connect_wait(sw_device *device, int fd, const struct sw_sockaddr *address, uint32_t ms) {
  struct deadline until = within(device, ms);
  int result = sw_connect(device, fd, address);
  if (result != -SW_EINPROGRESS && result != -SW_EALREADY) return result;
  for (bool more = true;; more = await(device, &until, fd, SW_POLLOUT)) {
    result = outcome(device, fd);
    if (result != -SW_EAGAIN || !more) return result;
  }
}

int sw_send_all(sw_device *device, int fd, const void *data, size_t length, uint32_t ms) {
  struct deadline until = within(device, ms);
  const uint8_t *from = data;
  size_t sent = 0;
  for (bool more = true;; more = await(device, &until, fd, SW_POLLOUT)) {
    int result = sw_send(device, fd, from + sent, length - sent, 0);
    if (result > 0) sent += (size_t)result;
    if (sent == length) return (int)sent;
    bool failed = result < 0 && result != -SW_EAGAIN;
    if (failed || !more) return sent ? (int)sent : result;
  }
}

int sw_recv_wait(sw_device *device, int fd, void *data, size_t length, uint32_t ms) {
  struct deadline until = within(device, ms);
  for (bool more = true;; more = await(device, &until, fd, SW_POLLIN)) {
    int result = sw_recv(device, fd, data, length, 0);
    if (result != -SW_EAGAIN || !more) return result;
  }
}

int sw_recv_all(sw_device *device, int fd, void *data, size_t length, uint32_t ms) {
  struct deadline until = within(device, ms);
  uint8_t *to = data;
  size_t received = 0;
  while (received < length) {
    int result = sw_recv_wait(device, fd, to + received, length - received, left(device, &until));
    if (result <= 0) return received ? (int)received : result;
    received += (size_t)result;
  }
  return (int)received;
}

int sw_recvfrom_wait(sw_device *device, int fd, void *data, size_t length, struct sw_sockaddr *from, uint32_t ms) {
  struct deadline until = within(device, ms);
  for (bool more = true;; more = await(device, &until, fd, SW_POLLIN)) {
    int result = sw_recvfrom(device, fd, data, length, 0, from);
    if (result != -SW_EAGAIN || !more) return result;
  }
}

int sw_sendto_wait(sw_device *device, int fd, const void *data, size_t length, const struct sw_sockaddr *to, uint32_t ms) {
  struct deadline until = within(device, ms);
  for (bool more = true;; more = await(device, &until, fd, SW_POLLOUT)) {
    int result = sw_sendto(device, fd, data, length, 0, to);
    if (result != -SW_EAGAIN || !more) return result;
  }
}

/* Read to the end of the stream: 0, or what stands in the way. */
static int drain(sw_device *device, int fd, uint32_t ms) {
  struct deadline until = within(device, ms);
  uint8_t waste[64];
  for (;;) {
    int result = sw_recv_wait(device, fd, waste, sizeof waste, left(device, &until));
    if (result <= 0) return result;
  }
}

int sw_close_wait(sw_device *device, int fd, uint32_t ms) {
  int result = sw_shutdown(device, fd, SW_SHUT_WR);
  if (result == 0) result = drain(device, fd, ms);
  int closed = sw_close(device, fd);
  sw_device_poll(device);
  return result < 0 ? result : closed;
}

void sw_sleep(sw_device *device, uint32_t ms) {
  struct deadline until = within(device, ms);
  while (rest(device, &until, NULL, 0)) continue;
}

int sw_poll(sw_device *device, struct sw_pollfd *fds, size_t count, uint32_t ms) {
  struct deadline until = within(device, ms);
  for (;;) {
    bool more = rest(device, &until, fds, count);
    int ready = 0;
    for (size_t i = 0; i < count; i++) {
      fds[i].revents = asked_for(device, &fds[i]);
      if (fds[i].revents) ready++;
    }
    if (ready || !more) return ready;
  }
}
