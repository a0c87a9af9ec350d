/* The scenarios: receive, send, request; each twice, in all and with driver, stack and application told apart. */
#include "bench.h"

#ifndef SEGMENTS
#define SEGMENTS 2000u
#endif
#ifndef REQUESTS
#define REQUESTS 200u
#endif
#define WARM 64u
#define PATIENCE 200u
#define BURST 2u

uint8_t sink[BUFFER];
uint32_t sink_length, sink_total;
uint8_t source[BUFFER + PATTERN];
uint32_t source_total;
/* 200 octets in all. */
const char response[RESPONSE + 1] =
    "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 133\r\n\r\n"
    "The quick brown fox jumps over the lazy dog; pack my box with five dozen liquor jugs; how vexingly quick "
    "daft zebras jump.0123456789";


static uint32_t rounds;
static uint16_t port = 40000;

static _Noreturn void give_up(const char *what) {
  machine_print("failed: ");
  machine_print(what);
  machine_print("\n");
  machine_exit(1);
}

void print_value(const char *name, uint64_t value) {
  char digits[24];
  char *at = digits + sizeof digits;
  *--at = '\0';
  *--at = '\n';
  do *--at = (char)('0' + value % 10);
  while (value /= 10);
  machine_print(name);
  machine_print(" ");
  machine_print(at);
}

/* One turn of the stack, counted; then the peer looks at what it sent. Four turns are a millisecond. */
static void turn(void) {
  sink_length = 0;
  meter(PART_STACK);
  stack_round(++rounds / 4);
  meter(PART_PEER);
  stack_look();
  for (uint32_t i = 0; i < sink_length; i++)
    if (peer.foreign == PORT_SINK && sink[i] != pattern(sink_total + i)) give_up("the application read wrong octets");
  sink_total += sink_length;
  peer_take();
  if (peer.failed) give_up("the peer is not content");
}

static void until(const bool *condition, const char *what) {
  for (uint32_t i = 0; !*condition; i++) {
    if (i == PATIENCE) give_up(what);
    turn();
  }
}

static void open_connection(uint16_t to) {
  sink_total = source_total = 0;
  peer_connect(++port, to);
  until(&peer.established, "no connection");
}

static void abort_connection(void) {
  peer_abort();
  turn();
}

/* Segments until the stack has read `many` more. */
static void feed(uint32_t many) {
  const uint32_t goal = sink_total + many * SEGMENT;
  for (uint32_t idle = 0; sink_total < goal; idle++) {
    if (peer_feed(BURST)) idle = 0;
    if (idle == PATIENCE) give_up("the stack does not receive");
    turn();
  }
}

/* Rounds until the peer has `many` more full segments. */
static void drain(uint32_t many) {
  const uint32_t goal = peer.full + many;
  uint32_t before = peer.full;
  for (uint32_t idle = 0; peer.full < goal; idle++, before = peer.full) {
    turn();
    if (peer.full != before) idle = 0;
    if (idle == PATIENCE) give_up("the stack does not send");
  }
}

static void requests(uint32_t many) {
  static const char get[] = "GET /index.html HTTP/1.0\r\nHost: 10.0.0.2\r\nUser-Agent: bench/1.0 (a)\r\n\r\n";
  for (uint32_t i = 0; i < many; i++) {
    open_connection(PORT_SERVER);
    peer_write(get, sizeof get - 1);
    until(&peer.closed, "no end of the response");
    peer_finish();
    turn();
  }
}

static void tell(const char *scenario, bool apart, uint32_t many, uint32_t frames) {
  machine_print(scenario);
  if (!apart) {
    print_value(".count", many);
    machine_print(scenario);
    print_value(".frames", frames);
    machine_print(scenario);
    print_value(".all", meter_read(PART_STACK));
    return;
  }
  print_value(".driver", meter_read(PART_DRIVER));
  machine_print(scenario);
  print_value(".stack", meter_read(PART_STACK));
  machine_print(scenario);
  print_value(".application", meter_read(PART_APPLICATION));
}

static void measure(const char *scenario, void (*work)(uint32_t), uint32_t many) {
  for (int apart = 0; apart < 2; apart++) {
    const uint32_t frames = peer.frames;
    meter_reset(apart != 0);
    work(many);
    tell(scenario, apart != 0, many, peer.frames - frames);
  }
}

int main(void) {
  for (uint32_t i = 0; i < sizeof source; i++) source[i] = pattern(i);
  meter_reset(false);
  stack_start();
  open_connection(PORT_SINK);
  feed(WARM);
  measure("receive", feed, SEGMENTS);
  abort_connection();
  open_connection(PORT_SOURCE);
  drain(WARM);
  measure("send", drain, SEGMENTS);
  abort_connection();
  requests(WARM);
  measure("request", requests, REQUESTS);
  stack_report();
  return 0;
}
