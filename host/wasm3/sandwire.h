/*
 * BSD sockets for C programs, on a PC and in firmware: the calls you know, on a device (device.h), their first argument.
 *
 *   int fd = sw_socket(device, SW_AF_INET, SW_SOCK_STREAM, 0);
 *   struct sw_sockaddr server = sw_inet(0x0a000001, 80);
 *   if (sw_connect_wait(device, fd, &server, 5000) < 0) ...
 *   sw_send_all(device, fd, "GET / HTTP/1.0\r\n\r\n", 18, 5000);
 *   int length = sw_recv_wait(device, fd, buffer, sizeof buffer, 5000);
 *
 * Results are a count, a descriptor, 0, or a negative error number: -SW_EAGAIN, -SW_ECONNREFUSED ... Constants are those of POSIX
 * with SW_ in front, and Linux's numbers (sandwire_abi.h, generated). There is no errno, no thread, no malloc.
 *
 * The first half of the calls never blocks. It only talks to the module; frames move in rounds, which somebody has to run:
 *
 *   for (;;) {
 *     uint32_t ms = sw_device_poll(device);
 *     ... calls; where one answers -SW_EAGAIN, try again after the next round, or as sw_next_event says ...
 *     if (nothing was done) device->host.wait(device->host.context, ms);
 *   }
 *
 * The second half, *_wait and *_all, waits: it runs the rounds itself and sleeps in between. A program that waits in one place
 * serves nobody else meanwhile; applications inside the module go on.
 *
 * When the module has trapped it starts again (device->restarts counts), and every socket is gone: descriptors of before answer
 * -SW_ENETRESET for ever. Open new ones.
 */
#ifndef SANDWIRE_H
#define SANDWIRE_H

#include "device.h"

/* The module has started again: the descriptor is of a life before. Linux's number too; the module itself never says it. */
#define SW_ENETRESET 102

/* A time-out that never comes. */
#define SW_FOREVER UINT32_MAX

/* ---- Addresses ---------------------------------------------------------------------------------------------------------- */

/* IPv4 in the first four octets of addr, in network order. The port is a plain number: no htons. */
struct sw_sockaddr {
  uint16_t family;
  uint16_t port;
  uint8_t addr[16];
  uint32_t scope;
};

/* The address of a plain number: sw_inet(0x0a000002, 80) is 10.0.0.2:80; 0 is every address. And back. */
struct sw_sockaddr sw_inet(uint32_t address, uint16_t port);
uint32_t sw_inet_address(const struct sw_sockaddr *address);

/* Read "10.0.0.2" or "10.0.0.2:80" (port 0 where there is none); false when it is neither. */
bool sw_inet_parse(const char *text, struct sw_sockaddr *address);

/* Write "10.0.0.2:80" and its 0; returns `text`. */
#define SW_INET_TEXT 22
char *sw_inet_format(const struct sw_sockaddr *address, char text[SW_INET_TEXT]);

/* "connection refused" for SW_ECONNREFUSED or -SW_ECONNREFUSED. */
const char *sw_error_text(int error);

/* ---- Calls that never block --------------------------------------------------------------------------------------------- */

/* A descriptor. Types: SW_SOCK_STREAM, SW_SOCK_DGRAM; in large builds SW_SOCK_RAW and SW_SOCK_SEQPACKET. Protocol 0: the usual. */
int sw_socket(sw_device *device, int family, int type, int protocol);
int sw_close(sw_device *device, int fd);
/* SW_SHUT_RD, SW_SHUT_WR, SW_SHUT_RDWR. */
int sw_shutdown(sw_device *device, int fd, int how);

int sw_bind(sw_device *device, int fd, const struct sw_sockaddr *address);
int sw_listen(sw_device *device, int fd, int backlog);
/* A descriptor, or -SW_EAGAIN. The peer's address goes to `peer` unless that is NULL, here and below. */
int sw_accept(sw_device *device, int fd, struct sw_sockaddr *peer);
/* -SW_EINPROGRESS for a stream: it is connected when sw_ready says SW_POLLOUT; after SW_POLLERR, SW_SO_ERROR says why not. */
int sw_connect(sw_device *device, int fd, const struct sw_sockaddr *address);

/* Streams take as much as there is room for. Anything else is sent whole or not at all: -SW_EMSGSIZE. */
int sw_send(sw_device *device, int fd, const void *data, size_t length, int flags);
/* 0 is the end of a stream (or an empty datagram). */
int sw_recv(sw_device *device, int fd, void *data, size_t length, int flags);
int sw_sendto(sw_device *device, int fd, const void *data, size_t length, int flags, const struct sw_sockaddr *to);
/* What does not fit into `length`, or into the module's scratch region (1504 octets unless built otherwise), is cut off. */
int sw_recvfrom(sw_device *device, int fd, void *data, size_t length, int flags, struct sw_sockaddr *from);

int sw_getsockname(sw_device *device, int fd, struct sw_sockaddr *address);
int sw_getpeername(sw_device *device, int fd, struct sw_sockaddr *address);
/* Level and name as in POSIX: SW_SOL_SOCKET and SW_SO_KEEPALIVE, SW_IPPROTO_TCP and SW_TCP_NODELAY. */
int sw_setsockopt(sw_device *device, int fd, int level, int name, const void *value, size_t length);
/* Octets of the value; 4, an int32_t, for options that are numbers. */
int sw_getsockopt(sw_device *device, int fd, int level, int name, void *value, size_t length);
/* SW_FIONREAD and its like: the answer is the result. */
int sw_ioctl(sw_device *device, int fd, uint32_t request);

/* What a descriptor is ready for: a mask of SW_POLLIN, SW_POLLOUT, SW_POLLRDHUP, SW_POLLHUP, SW_POLLERR, SW_POLLNVAL. */
uint32_t sw_ready(sw_device *device, int fd);
/* The next descriptor something happened to, or -SW_EAGAIN. News come once: use it until -SW_EAGAIN. */
int sw_next_event(sw_device *device);

/* ---- Calls that wait ---------------------------------------------------------------------------------------------------- */

/*
 * `ms` is how long at most; SW_FOREVER; 0 is one round. When the time is up they answer -SW_EAGAIN, and the socket is as if
 * nothing had been asked (sw_connect_wait: the attempt goes on, call it again to go on waiting).
 */
int sw_accept_wait(sw_device *device, int fd, struct sw_sockaddr *peer, uint32_t ms);
/* 0: connected; -SW_ECONNREFUSED, -SW_ETIMEDOUT, -SW_EHOSTUNREACH ... */
int sw_connect_wait(sw_device *device, int fd, const struct sw_sockaddr *address, uint32_t ms);
/* Everything: `length`. When the time is up or the connection breaks: what is sent so far, if any; the next call says why. */
int sw_send_all(sw_device *device, int fd, const void *data, size_t length, uint32_t ms);
/* What is there, as soon as something is; 0 at the end of the stream. */
int sw_recv_wait(sw_device *device, int fd, void *data, size_t length, uint32_t ms);
/* `length` octets, or fewer at the end of the stream, when the time is up or the connection breaks. */
int sw_recv_all(sw_device *device, int fd, void *data, size_t length, uint32_t ms);
int sw_recvfrom_wait(sw_device *device, int fd, void *data, size_t length, struct sw_sockaddr *from, uint32_t ms);
int sw_sendto_wait(sw_device *device, int fd, const void *data, size_t length, const struct sw_sockaddr *to, uint32_t ms);

/*
 * End a connection in order: what was sent has arrived and the peer has ended too when this answers 0. What the peer still sends
 * is thrown away. The descriptor is closed in any case.
 */
int sw_close_wait(sw_device *device, int fd, uint32_t ms);

/* Run rounds for a time: for programs that have nothing else to do. */
void sw_sleep(sw_device *device, uint32_t ms);

/* poll(2): how many have revents, 0 when the time is up. SW_POLLERR, SW_POLLHUP and SW_POLLNVAL are always asked for. */
struct sw_pollfd {
  int fd;
  uint16_t events, revents;
};
int sw_poll(sw_device *device, struct sw_pollfd *fds, size_t count, uint32_t ms);

#endif
