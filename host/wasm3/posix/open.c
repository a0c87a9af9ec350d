#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "link.h"

static const char *ready(struct link *link, int in, int out, bool is_stream) {
  *link = (struct link){.in = in, .out = out, .is_stream = is_stream};
  link->read_buffer = malloc(LINK_BUFFER);
  link->write_buffer = malloc(LINK_BUFFER);
  if (!link->read_buffer || !link->write_buffer) return "no memory";
  fcntl(in, F_SETFL, fcntl(in, F_GETFL) | O_NONBLOCK);
  fcntl(out, F_SETFL, fcntl(out, F_GETFL) | O_NONBLOCK);
  signal(SIGPIPE, SIG_IGN); /* write says so */
  return NULL;
}

const char *link_pipe(struct link *link, char error[256]) {
  if (isatty(STDIN_FILENO) || isatty(STDOUT_FILENO)) {
    snprintf(error, 256, "--pipe: standard input and output carry frames, they cannot be a terminal");
    return error;
  }
  return ready(link, STDIN_FILENO, STDOUT_FILENO, true);
}

static int connect_unix(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

/* Each address of a name in turn. */
static int connect_tcp(const char *host, const char *port, const char **why) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
  int failure = getaddrinfo(host, port, &hints, &found);
  if (failure) {
    *why = gai_strerror(failure);
    return -1;
  }
  int fd = -1;
  for (struct addrinfo *at = found; at && fd < 0; at = at->ai_next) {
    fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
    if (fd < 0 || connect(fd, at->ai_addr, at->ai_addrlen) == 0) continue;
    *why = strerror(errno);
    close(fd);
    fd = -1;
  }
  freeaddrinfo(found);
  if (fd >= 0) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  return fd;
}

const char *link_stream(struct link *link, const char *where, char error[256]) {
  const char *colon = strrchr(where, ':');
  if (!colon || colon == where || !colon[1]) {
    snprintf(error, 256, "--stream %s: it is unix:PATH or HOST:PORT", where);
    return error;
  }
  int fd;
  const char *why = NULL;
  if (strncmp(where, "unix:", 5) == 0) {
    fd = connect_unix(where + 5);
    why = strerror(errno);
  } else {
    char host[256];
    snprintf(host, sizeof host, "%.*s", (int)(colon - where), where);
    fd = connect_tcp(host, colon + 1, &why);
  }
  if (fd >= 0) return ready(link, fd, fd, true);
  snprintf(error, 256, "--stream %s: %s (somebody has to listen there first)", where, why ? why : "no connection");
  return error;
}

#ifdef __linux__
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

/* The first address of the network that is not the board's. */
static uint32_t other_address(uint32_t address, uint32_t prefix) {
  uint32_t network = address & ~(UINT32_MAX >> prefix);
  return network + (network + 1 == address ? 2 : 1);
}

static bool set_address(int fd, struct ifreq *request, unsigned long what, uint32_t value) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(value)};
  memcpy(&request->ifr_addr, &address, sizeof address);
  return ioctl(fd, what, request) == 0;
}

/* A new interface: the kernel gets an address in the board's network, and the cable is plugged in. */
static bool configure(const char *name, uint32_t address, uint32_t prefix) {
  struct ifreq request = {0};
  strcpy(request.ifr_name, name);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  bool done = set_address(fd, &request, SIOCSIFADDR, other_address(address, prefix)) &&
              set_address(fd, &request, SIOCSIFNETMASK, ~(UINT32_MAX >> prefix));
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  done = done && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  close(fd);
  return done;
}

static bool exists(const char *name) {
  struct ifreq request = {0};
  strcpy(request.ifr_name, name);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  bool found = fd >= 0 && ioctl(fd, SIOCGIFINDEX, &request) == 0;
  if (fd >= 0) close(fd);
  return found;
}

static const char *tap_failure(const char *name, char error[256]) {
  const char *advice = "run as root, with CAP_NET_ADMIN, or try inside `unshare -Urn`";
  if (errno == EBUSY) snprintf(error, 256, "--tap %s: the interface is in use by another program", name);
  else if (errno == EINVAL) snprintf(error, 256, "--tap %s: it exists and is no TAP interface", name);
  else snprintf(error, 256, "--tap %s: %s: %s", name, strerror(errno), advice);
  return error;
}

const char *link_tap(struct link *link, const char *name, uint32_t address, uint32_t prefix, char error[256]) {
  if (!*name || strlen(name) >= IFNAMSIZ || strpbrk(name, " /:")) {
    snprintf(error, 256, "--tap %s: an interface's name has 1 to 15 characters", name);
    return error;
  }
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  strcpy(request.ifr_name, name);
  bool known = exists(name);
  int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0 || (!known && !configure(name, address, prefix))) {
    tap_failure(name, error);
    if (fd >= 0) close(fd);
    return error;
  }
  return ready(link, fd, fd, false);
}
#else
const char *link_tap(struct link *link, const char *name, uint32_t address, uint32_t prefix, char error[256]) {
  (void)link, (void)address, (void)prefix;
  snprintf(error, 256, "--tap %s: TAP interfaces need Linux", name);
  return error;
}
#endif
