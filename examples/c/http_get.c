/*
 * An HTTP client: gets http://10.0.0.1:80/, or what its argument names ("10.0.0.1:8080/path"), and writes it to standard output.
 * It waits in one place, as a program with one thing to do may.
 *
 *     npm run build:wasm3 -- --app examples/c/http_get.c
 *     build/wasm3/http_get-wasm3 --tap sw0 build/sandwire.default.wasm 10.0.0.1:8000/     (as root; a server on this machine)
 */
#include <stdio.h>
#include <string.h>

#include "application.h"

enum { PATIENCE = 10000 }; /* milliseconds */

/* "10.0.0.1:8080/path" in two: false when there is no address in it. The port is 80 where none is given. */
static bool read_target(const char *text, struct sw_sockaddr *server, const char **path) {
  char name[SW_INET_TEXT];
  size_t length = strcspn(text, "/");
  if (length >= sizeof name) return false;
  memcpy(name, text, length);
  name[length] = 0;
  *path = text[length] ? text + length : "/";
  bool known = sw_inet_parse(name, server);
  if (known && server->port == 0) server->port = 80;
  return known;
}

/* Everything up to the end of the stream: 0, or -errno. */
static int copy_out(sw_device *device, int fd) {
  char data[1460];
  int length;
  while ((length = sw_recv_wait(device, fd, data, sizeof data, PATIENCE)) > 0) fwrite(data, 1, (size_t)length, stdout);
  fflush(stdout);
  return length;
}

static int get(sw_device *device, int fd, const struct sw_sockaddr *server, const char *path) {
  char request[512], host[SW_INET_TEXT];
  int length = snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, sw_inet_format(server, host));
  if (length >= (int)sizeof request) return -SW_EMSGSIZE;
  int result = sw_connect_wait(device, fd, server, PATIENCE);
  if (result < 0) return result;
  result = sw_send_all(device, fd, request, (size_t)length, PATIENCE);
  return result < 0 ? result : copy_out(device, fd);
}

int sw_application(sw_device *device, int count, char **arguments) {
  const char *target = count > 0 ? arguments[0] : "10.0.0.1:80/", *path;
  struct sw_sockaddr server;
  if (!read_target(target, &server, &path)) {
    fprintf(stderr, "%s: it is an address and a path, such as 10.0.0.1:8080/index.html\n", target);
    return 1;
  }
  int fd = sw_socket(device, SW_AF_INET, SW_SOCK_STREAM, 0);
  int result = fd < 0 ? fd : get(device, fd, &server, path);
  if (fd >= 0) sw_close_wait(device, fd, PATIENCE);
  if (result < 0) fprintf(stderr, "%s: %s\n", target, sw_error_text(result));
  return result < 0 ? 1 : 0;
}
