/*
 * An echo server for many clients (RFC 862): what comes to TCP port 7, or the port that is its argument, goes back. It waits for
 * no client: each round it serves those something happened to.
 *
 *     npm run build:wasm3 -- --app examples/c/echo.c
 *     unshare -Urn sh -c 'build/wasm3/echo-wasm3 --tap sw0 build/sandwire.default.wasm & sleep 1; echo hello | nc -q 1 10.0.0.2 7'
 */
#include <stdlib.h>

#include "application.h"

static int open_listener(sw_device *device, uint16_t port) {
  int fd = sw_socket(device, SW_AF_INET, SW_SOCK_STREAM, 0);
  struct sw_sockaddr any = sw_inet(0, port);
  if (fd < 0 || sw_bind(device, fd, &any) < 0 || sw_listen(device, fd, 8) < 0) return -1;
  return fd;
}

/* Look at what is there, send as much of it as there is room for, then take so much: no memory of our own is needed. */
static void reflect(sw_device *device, int client) {
  uint8_t data[1460];
  int length;
  while ((length = sw_recv(device, client, data, sizeof data, SW_MSG_PEEK)) > 0) {
    int sent = sw_send(device, client, data, (size_t)length, 0);
    if (sent == -SW_EAGAIN) return; /* an event comes when there is room */
    if (sent < 0) break;
    sw_recv(device, client, data, (size_t)sent, 0);
  }
  if (length != -SW_EAGAIN) sw_close(device, client); /* the end of the stream, or its failure */
}

static void welcome(sw_device *device, int listener) {
  for (int client; (client = sw_accept(device, listener, NULL)) >= 0;) reflect(device, client);
}

int sw_application(sw_device *device, int count, char **arguments) {
  uint16_t port = count > 0 ? (uint16_t)atoi(arguments[0]) : 7;
  for (int listener = -1;;) {
    /* At the start, and when the module has started again. */
    if (listener < 0 || (sw_ready(device, listener) & SW_POLLERR)) listener = open_listener(device, port);
    if (listener < 0) return 1;
    uint32_t sleep = sw_device_poll(device);
    for (int fd; (fd = sw_next_event(device)) >= 0; sleep = 0) {
      if (fd == listener) welcome(device, listener);
      else reflect(device, fd);
    }
    if (sleep) device->host.wait(device->host.context, sleep);
  }
}
