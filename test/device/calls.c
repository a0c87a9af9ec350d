/* Every call of sandwire.h, on a device that talks to itself. Says on standard error which line is wrong, or "right". */
#include <stdio.h>
#include <string.h>

#include "application.h"

#define EXPECT(what) \
  do {               \
    if (!(what)) return __LINE__; \
  } while (0)

enum { SOON = 2000, PORT = 4000 };

static const char text[] = "To be, or not to be: that is the question";
static struct sw_sockaddr self;

static int listener_at(sw_device *device, uint16_t port) {
  struct sw_sockaddr any = sw_inet(0, port);
  int fd = sw_socket(device, SW_AF_INET, SW_SOCK_STREAM, 0);
  int32_t on = 1; /* connections of the test before are in TIME-WAIT */
  if (sw_setsockopt(device, fd, SW_SOL_SOCKET, SW_SO_REUSEADDR, &on, sizeof on) < 0) return -1;
  if (fd < 0 || sw_bind(device, fd, &any) < 0 || sw_listen(device, fd, 2) < 0) return -1;
  return fd;
}

/* Two ends of a connection, as both calls see it. */
static int connect_both(sw_device *device, int ends[2]) {
  int listener = listener_at(device, PORT);
  self.port = PORT;
  struct sw_sockaddr peer, name;
  EXPECT(sw_accept(device, listener, NULL) == -SW_EAGAIN);
  EXPECT((ends[0] = sw_socket(device, SW_AF_INET, SW_SOCK_STREAM, 0)) >= 0);
  EXPECT(sw_connect_wait(device, ends[0], &self, SOON) == 0);
  EXPECT((ends[1] = sw_accept_wait(device, listener, &peer, SOON)) >= 0);
  EXPECT(sw_getsockname(device, ends[0], &name) == 0 && name.port == peer.port);
  EXPECT(sw_getpeername(device, ends[0], &name) == 0 && name.port == PORT && sw_inet_address(&name) == sw_inet_address(&self));
  EXPECT(sw_close(device, listener) == 0);
  return 0;
}

static int streams(sw_device *device) {
  int ends[2], line = connect_both(device, ends);
  if (line) return line;
  char heard[sizeof text];
  EXPECT(sw_recv(device, ends[1], heard, sizeof heard, 0) == -SW_EAGAIN);
  EXPECT(sw_send(device, ends[0], text, sizeof text, 0) == sizeof text);
  EXPECT(sw_recv_wait(device, ends[1], heard, 5, SOON) == 5 && memcmp(heard, text, 5) == 0);
  EXPECT(sw_recv(device, ends[1], heard, 3, SW_MSG_PEEK) == 3 && memcmp(heard, text + 5, 3) == 0);
  EXPECT(sw_ioctl(device, ends[1], SW_FIONREAD) == sizeof text - 5);
  EXPECT(sw_recv_all(device, ends[1], heard, sizeof text - 5, SOON) == sizeof text - 5 && memcmp(heard, text + 5, 9) == 0);
  EXPECT(sw_shutdown(device, ends[0], SW_SHUT_WR) == 0);
  EXPECT(sw_recv_wait(device, ends[1], heard, sizeof heard, SOON) == 0);
  EXPECT(sw_send(device, ends[0], text, 1, 0) == -SW_EPIPE);
  EXPECT(sw_close(device, ends[1]) == 0 && sw_close_wait(device, ends[0], SOON) == 0);
  EXPECT(sw_close(device, ends[0]) == -SW_EBADF && sw_close(device, -1) == -SW_EBADF);
  return 0;
}

/* More than the buffers hold: sending and receiving take turns. */
static int bulk(sw_device *device) {
  static uint8_t sent[20000], heard[20000];
  int ends[2], line = connect_both(device, ends);
  if (line) return line;
  for (size_t i = 0; i < sizeof sent; i++) sent[i] = (uint8_t)(i * 7 + i / 256);
  size_t out = 0, in = 0;
  while (in < sizeof heard) {
    if (out < sizeof sent) {
      int taken = sw_send_all(device, ends[0], sent + out, sizeof sent - out, 0);
      EXPECT(taken > 0 || taken == -SW_EAGAIN);
      if (taken > 0) out += (size_t)taken;
    }
    int length = sw_recv_wait(device, ends[1], heard + in, sizeof heard - in, SOON);
    EXPECT(length > 0);
    in += (size_t)length;
  }
  EXPECT(out == sizeof sent && memcmp(sent, heard, sizeof sent) == 0);
  EXPECT(sw_close(device, ends[0]) == 0 && sw_close(device, ends[1]) == 0);
  return 0;
}

static int datagrams(sw_device *device) {
  int from = sw_socket(device, SW_AF_INET, SW_SOCK_DGRAM, 0), to = sw_socket(device, SW_AF_INET, SW_SOCK_DGRAM, 0);
  struct sw_sockaddr here = sw_inet(0, 53), sender;
  char heard[sizeof text], large[4000];
  EXPECT(sw_bind(device, to, &here) == 0);
  self.port = 53;
  EXPECT(sw_sendto_wait(device, from, text, sizeof text, &self, SOON) == sizeof text);
  EXPECT(sw_recvfrom_wait(device, to, heard, sizeof heard, &sender, SOON) == sizeof text && strcmp(heard, text) == 0);
  EXPECT(sw_inet_address(&sender) == sw_inet_address(&self) && sender.port != 0);
  EXPECT(sw_sendto_wait(device, from, text, 0, &self, SOON) == 0 && sw_recvfrom_wait(device, to, heard, 4, NULL, SOON) == 0);
  memset(large, 0, sizeof large);
  EXPECT(sw_sendto(device, from, large, sizeof large, 0, &self) == -SW_EMSGSIZE);
  EXPECT(sw_recvfrom(device, to, heard, sizeof heard, 0, NULL) == -SW_EAGAIN);
  EXPECT(sw_close(device, from) == 0 && sw_close(device, to) == 0);
  return 0;
}

static int options(sw_device *device) {
  int fd = sw_socket(device, SW_AF_INET, SW_SOCK_STREAM, 0);
  int32_t value = 1, type = 0;
  EXPECT(sw_setsockopt(device, fd, SW_IPPROTO_TCP, SW_TCP_NODELAY, &value, sizeof value) == 0);
  value = 0;
  EXPECT(sw_getsockopt(device, fd, SW_IPPROTO_TCP, SW_TCP_NODELAY, &value, sizeof value) == 4 && value == 1);
  EXPECT(sw_getsockopt(device, fd, SW_SOL_SOCKET, SW_SO_TYPE, &type, sizeof type) == 4 && type == SW_SOCK_STREAM);
  EXPECT(sw_setsockopt(device, fd, SW_IPPROTO_TCP, 9999, &value, sizeof value) == -SW_ENOPROTOOPT);
  EXPECT(sw_socket(device, 77, SW_SOCK_STREAM, 0) == -SW_EAFNOSUPPORT);
  self.port = 81;
  EXPECT(sw_connect_wait(device, fd, &self, SOON) == -SW_ECONNREFUSED);
  EXPECT(sw_close(device, fd) == 0);
  return 0;
}

static uint32_t now(sw_device *device) {
  return device->host.now(device->host.context);
}

static int times(sw_device *device) {
  int listener = listener_at(device, PORT);
  uint32_t start = now(device);
  EXPECT(sw_accept_wait(device, listener, NULL, 0) == -SW_EAGAIN);
  EXPECT(sw_accept_wait(device, listener, NULL, 30) == -SW_EAGAIN);
  EXPECT(now(device) - start >= 30);
  struct sw_pollfd fds[2] = {{listener, SW_POLLIN, 0}, {0x7fff, SW_POLLIN, 0}};
  EXPECT(sw_poll(device, fds, 1, 20) == 0 && now(device) - start >= 50);
  EXPECT(sw_poll(device, fds, 2, SW_FOREVER) == 1 && fds[1].revents == SW_POLLNVAL);
  int client = sw_socket(device, SW_AF_INET, SW_SOCK_STREAM, 0);
  self.port = PORT;
  EXPECT(sw_connect(device, client, &self) == -SW_EINPROGRESS);
  EXPECT(sw_poll(device, fds, 1, SOON) == 1 && fds[0].revents == SW_POLLIN);
  bool told = false;
  for (int fd; (fd = sw_next_event(device)) >= 0;) told |= fd == listener;
  EXPECT(told && sw_next_event(device) == -SW_EAGAIN);
  start = now(device);
  sw_sleep(device, 20);
  EXPECT(now(device) - start >= 20);
  EXPECT(sw_close(device, client) == 0 && sw_close(device, listener) == 0);
  return 0;
}

static int words(void) {
  struct sw_sockaddr address;
  char line[SW_INET_TEXT];
  EXPECT(sw_inet_parse("255.1.0.20:65535", &address) && address.port == 65535 && sw_inet_address(&address) == 0xff010014);
  EXPECT(strcmp(sw_inet_format(&address, line), "255.1.0.20:65535") == 0 && strlen(line) < SW_INET_TEXT);
  EXPECT(sw_inet_parse("10.0.0.1", &address) && address.port == 0 && strcmp(sw_inet_format(&address, line), "10.0.0.1:0") == 0);
  static const char *const wrong[] = {"", "10", "10.0.0", "10.0.0.256", "10.0.0.1:", "10.0.0.1:65536", "10.0.0.1x",
                                      "1.2.3.4.5", "a.b.c.d"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) EXPECT(!sw_inet_parse(wrong[i], &address));
  EXPECT(strcmp(sw_error_text(-SW_ECONNREFUSED), "connection refused") == 0);
  EXPECT(strcmp(sw_error_text(12345), "unknown error") == 0);
  return 0;
}

/* The module's memory is spoilt: it traps, and starts again. */
static int restart(sw_device *device) {
  int ends[2], line = connect_both(device, ends);
  if (line) return line;
  memset(device->port.memory, 0xff, device->port.memory_size);
  sw_sleep(device, 50);
  EXPECT(device->restarts > 0 && device->failure == NULL);
  EXPECT(sw_send(device, ends[0], text, 1, 0) == -SW_ENETRESET && sw_ready(device, ends[1]) == SW_POLLERR);
  return streams(device);
}

int sw_application(sw_device *device, int count, char **arguments) {
  (void)count, (void)arguments;
  self = sw_inet(device->config.address, 0);
  int line = words();
  if (!line) line = options(device);
  if (!line) line = streams(device);
  if (!line) line = bulk(device);
  if (!line) line = datagrams(device);
  if (!line) line = times(device);
  if (!line) line = restart(device);
  if (line) fprintf(stderr, "calls.c:%d\n", line);
  else fprintf(stderr, "right\n");
  return line != 0;
}
