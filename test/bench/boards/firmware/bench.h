/*
 * The bench firmware: a synthetic TCP peer plays against a stack over a wire in memory. The peer's instructions are never counted;
 * those of the stack, of its driver (which copies frames between the wire and the stack) and of the application on it are, apart.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- The machine (machine.c) ---- */

/* A timer that counts down at 25 MHz: with one instruction a nanosecond, 40 instructions a tick. */
uint32_t machine_ticks(void);
void machine_print(const char *text);
_Noreturn void machine_exit(int code);

/* ---- The meter (meter.c) ---- */

enum part { PART_PEER, PART_DRIVER, PART_STACK, PART_APPLICATION, PART_COUNT };

/* From here on instructions belong to `part`; returns whose they were. */
enum part meter(enum part part);
/* Whether driver, stack and application are told apart (which costs instructions), or all is the stack's. */
void meter_reset(bool apart);
/* Instructions since the reset, the meter's own taken off. */
uint64_t meter_read(enum part part);

/* ---- The wire (wire.c): frames on their way, without FCS ---- */

#define WIRE_FRAMES 16u
#define WIRE_SIZE 1536u

struct wire {
  uint32_t head, count;
  uint16_t length[WIRE_FRAMES];
  _Alignas(8) uint8_t frame[WIRE_FRAMES][WIRE_SIZE];
};
extern struct wire wire_in, wire_out; /* to the stack, from the stack */

/* Where the next frame is to be written; NULL: no room. wire_push sends it. */
uint8_t *wire_room(struct wire *wire);
void wire_push(struct wire *wire, uint32_t length);
/* The oldest frame, NULL: none. wire_pop forgets it. */
uint8_t *wire_next(const struct wire *wire, uint32_t *length);
void wire_pop(struct wire *wire);

/* ---- The peer (peer.c) ---- */

/* The largest segment; the buffers of the stack's connections, each way; the peer's window: two segments, so that all are full. */
#define SEGMENT 1460u
#define BUFFER 4096u
#define WINDOW (2 * SEGMENT)
#define STACK_ADDRESS 0x0a000002u
#define PEER_ADDRESS 0x0a000001u

/* Ports of the application on the stack: it reads; it writes without end; it answers a request and closes. */
enum { PORT_SINK = 7001, PORT_SOURCE = 7002, PORT_SERVER = 7003 };

extern const uint8_t stack_mac[6];

struct peer {
  bool established, closed, failed;
  bool acknowledge;               /* owes an ACK */
  uint16_t port, foreign;
  uint32_t iss, una, nxt, rcv;    /* SND.UNA, SND.NXT, RCV.NXT */
  uint32_t window;
  uint32_t received, full;        /* octets of text, full segments received */
  uint32_t frames;                /* frames the stack has sent */
};
extern struct peer peer;

/* Begin a connection to a port of the stack, from port `own`. */
void peer_connect(uint16_t own, uint16_t port);
/* Look at all the stack has sent, answer with ACKs as a receiver does: one for every second full segment, and at the end of a burst. */
void peer_take(void);
/* Send up to `most` full segments, as many as the window allows; how many. */
uint32_t peer_feed(uint32_t most);
/* Send text of `length` octets. */
void peer_write(const char *text, uint32_t length);
/* End the connection with a FIN, or a RST. */
void peer_finish(void);
void peer_abort(void);
/* Octet `position` of every stream of text, which repeats after PATTERN octets. */
#define PATTERN 251u
uint8_t pattern(uint32_t position);

/* ---- The stack under test (sandwire.c, lwip.c) ---- */

extern const char stack_name[];
/* What the application has read in the last round, and of all rounds. */
extern uint8_t sink[BUFFER];
extern uint32_t sink_length, sink_total;
/* What the application writes. */
extern uint8_t source[BUFFER + PATTERN];
extern uint32_t source_total;
extern const char response[];
#define RESPONSE 200u

void stack_start(void);
/* One turn of a firmware's loop at time `now` (ms): frames in, stack, application, frames out. */
void stack_round(uint32_t now);
/* Not counted: bring what the application has read where the bench looks for it. */
void stack_look(void);
/* What is known when all is over, such as the use of memory. */
void stack_report(void);

void print_value(const char *name, uint64_t value);

#endif
