/*
 * A device: the module, its ports, and what is around it. Programs on a PC (posix/) and firmware (host/boards/) differ in
 * `struct sw_host` only.
 */
#ifndef SANDWIRE_DEVICE_H
#define SANDWIRE_DEVICE_H

#include "engine.h"
#include "port.h"

typedef struct sw_device sw_device;

/* What is around a device. */
struct sw_host {
  /* Milliseconds since any start; they wrap. */
  uint32_t (*now)(void *context);
  /*
   * The port's rings have been laid out: start the controller and tell the port about the cable. At power-on, and again whenever
   * the module has started again: its slots lie where they lay, what was in them is gone. NULL: nothing to do.
   */
  void (*started)(void *context, sw_port *port);
  /* Move frames between the controller and the port's rings, both ways, without waiting; whether any moved. */
  bool (*exchange)(void *context, sw_port *port);
  /* Sleep until a frame has come or a slot can be sent, for `ms` at most (UINT32_MAX: as long as it takes). May return early. */
  void (*wait)(void *context, uint32_t ms);
  /* The module has trapped and will start again from a clean memory image; NULL: nobody wants to know. */
  void (*trapped)(void *context, const struct sw_trap *trap);
  void *context;
};

/* What a device is given when it starts. Addresses are numbers: 10.0.0.2 is 0x0a000002; 0 stands for none. */
struct sw_config {
  uint8_t mac[6];
  uint32_t capabilities;
  uint32_t address, prefix, gateway;
  uint32_t seed[4]; /* 128 bits nobody can guess: a constant here makes sequence numbers and ports predictable */
  bool serve;       /* start the applications inside the module */
};

struct sw_device {
  sw_engine *engine;
  sw_port port;
  struct sw_host host;
  struct sw_config config;
  uint32_t scratch, scratch_size; /* a region of the module's memory for the arguments of calls */
  uint32_t restarts;   /* how often the module trapped and started again; sockets of before are gone */
  const char *failure; /* why it could not start again the last time; NULL: it could */
  bool stopped;        /* it has trapped, and has not started again yet */
  uint32_t since;      /* when it stopped, or started */
  uint32_t pause;      /* milliseconds it stays stopped */
};

/* Power on. NULL, or what is wrong. */
const char *sw_device_start(sw_device *device, sw_engine *engine, const struct sw_host *host, const struct sw_config *config);

/*
 * One round: frames in, poll, frames out. Milliseconds until the next is due (0: at once, UINT32_MAX: not before a frame comes).
 * When the module traps, the host is told, and the next round starts it again with a new seed derived from the old. One that
 * traps again and again stays stopped for longer and longer in between, SW_LONGEST_PAUSE at most.
 */
#define SW_LONGEST_PAUSE 1000
uint32_t sw_device_poll(sw_device *device);

/* Rounds for ever; sleeps in between. */
void sw_device_run(sw_device *device);

#endif
