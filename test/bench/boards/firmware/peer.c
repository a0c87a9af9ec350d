/* The other end: as much of TCP as an undisturbed connection over a wire that loses nothing needs. It checks all it gets. */
#include <string.h>

#include "bench.h"

struct peer peer;
const uint8_t stack_mac[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t peer_mac[6] = {2, 0, 0, 0, 0, 1};

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { ETHERNET = 14, IP = 20, TCP = 20, HEADERS = ETHERNET + IP + TCP, SHORTEST = 60, ARP = 28 };

uint8_t pattern(uint32_t position) { return (uint8_t)(position % PATTERN); }

static void put16(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value);
}

static uint32_t get16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }

static uint32_t get32(const uint8_t *at) { return get16(at) << 16 | get16(at + 2); }

/* RFC 1071. */
static uint32_t sum(const uint8_t *at, uint32_t length, uint32_t total) {
  for (; length > 1; length -= 2, at += 2) total += get16(at);
  if (length) total += (uint32_t)*at << 8;
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return total;
}

/* Of a TCP segment in a datagram, its checksum included: 0xffff when it holds. */
static uint32_t segment_sum(const uint8_t *datagram, uint32_t length) {
  return sum(datagram + IP, length, sum(datagram + 12, 8, 6 + length));
}

static void fail(const char *why) {
  if (!peer.failed) machine_print(why);
  peer.failed = true;
}

static void transmit(uint32_t flags, const uint8_t *options, uint32_t option_length, const uint8_t *text, uint32_t length) {
  uint8_t *frame = wire_room(&wire_in);
  if (frame == NULL) return fail("the peer's wire is full\n");
  uint8_t *ip = frame + ETHERNET;
  uint8_t *tcp = ip + IP;
  const uint32_t header = TCP + option_length;
  memset(frame, 0, HEADERS);
  memcpy(frame, stack_mac, 6);
  memcpy(frame + 6, peer_mac, 6);
  put16(frame + 12, 0x0800);
  put16(ip, 0x4500);
  put16(ip + 2, IP + header + length);
  put16(ip + 6, 0x4000);
  put16(ip + 8, 64 << 8 | 6);
  put32(ip + 12, PEER_ADDRESS);
  put32(ip + 16, STACK_ADDRESS);
  put16(ip + 10, ~sum(ip, IP, 0));
  put16(tcp, peer.port);
  put16(tcp + 2, peer.foreign);
  put32(tcp + 4, peer.nxt);
  put32(tcp + 8, flags & ACK ? peer.rcv : 0);
  put16(tcp + 12, header / 4 << 12 | flags);
  put16(tcp + 14, WINDOW);
  if (option_length) memcpy(tcp + TCP, options, option_length);
  if (length) memcpy(tcp + header, text, length);
  put16(tcp + 16, ~segment_sum(ip, header + length));
  peer.nxt += length + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
  peer.acknowledge = false;
  const uint32_t all = ETHERNET + IP + header + length;
  if (all < SHORTEST) memset(frame + all, 0, SHORTEST - all);
  wire_push(&wire_in, all < SHORTEST ? SHORTEST : all);
}

void peer_connect(uint16_t own, uint16_t port) {
  static const uint8_t mss[4] = {2, 4, SEGMENT >> 8, SEGMENT & 255};
  const uint32_t frames = peer.frames;
  const bool failed = peer.failed;
  memset(&peer, 0, sizeof peer);
  peer.frames = frames;
  peer.failed = failed;
  peer.port = own;
  peer.foreign = port;
  peer.iss = peer.una = peer.nxt = (uint32_t)own << 16;
  transmit(SYN, mss, sizeof mss, NULL, 0);
}

void peer_write(const char *text, uint32_t length) { transmit(ACK | PSH, NULL, 0, (const uint8_t *)text, length); }

void peer_finish(void) { transmit(ACK | FIN, NULL, 0, NULL, 0); }

void peer_abort(void) { transmit(ACK | RST, NULL, 0, NULL, 0); }

uint32_t peer_feed(uint32_t most) {
  static uint8_t text[SEGMENT];
  uint32_t sent = 0;
  while (sent < most && peer.nxt - peer.una + SEGMENT <= peer.window && wire_in.count < WIRE_FRAMES) {
    const uint32_t position = peer.nxt - peer.iss - 1;
    for (uint32_t i = 0; i < SEGMENT; i++) text[i] = pattern(position + i);
    transmit(ACK, NULL, 0, text, SEGMENT);
    sent++;
  }
  return sent;
}

static void answer_arp(const uint8_t *arp) {
  if (get16(arp + 6) != 1 || get32(arp + 24) != PEER_ADDRESS) return;
  uint8_t *frame = wire_room(&wire_in);
  if (frame == NULL) return fail("the peer's wire is full\n");
  memset(frame, 0, SHORTEST);
  memcpy(frame, stack_mac, 6);
  memcpy(frame + 6, peer_mac, 6);
  put16(frame + 12, 0x0806);
  uint8_t *reply = frame + ETHERNET;
  memcpy(reply, arp, 6);
  put16(reply + 6, 2);
  memcpy(reply + 8, peer_mac, 6);
  put32(reply + 14, PEER_ADDRESS);
  memcpy(reply + 18, arp + 8, 10);
  wire_push(&wire_in, SHORTEST);
}

static void take_text(const uint8_t *text, uint32_t length, bool checked) {
  for (uint32_t i = 0; checked && i < length; i++)
    if (text[i] != pattern(peer.received + i)) return fail("the peer got wrong octets\n");
  peer.rcv += length;
  peer.received += length;
  if (length == SEGMENT) peer.full++;
  if (peer.acknowledge) transmit(ACK, NULL, 0, NULL, 0);
  else peer.acknowledge = true;
}

static void take_segment(const uint8_t *ip) {
  const uint32_t size = get16(ip + 2) - IP;
  const uint8_t *tcp = ip + IP;
  const uint32_t header = (uint32_t)(tcp[12] >> 4) * 4;
  const uint32_t flags = tcp[13];
  if (sum(ip, IP, 0) != 0xffff || segment_sum(ip, size) != 0xffff) return fail("the peer got a wrong checksum\n");
  if (get16(tcp + 2) != peer.port) return;
  if (flags & RST) return fail("the peer was reset\n");
  if (flags & SYN) peer.rcv = get32(tcp + 4) + 1;
  else if (get32(tcp + 4) != peer.rcv) return fail("the peer got a segment out of order\n");
  if (flags & ACK) peer.una = get32(tcp + 8);
  peer.window = get16(tcp + 14);
  if (flags & SYN) {
    peer.established = true;
    transmit(ACK, NULL, 0, NULL, 0);
  }
  if (size > header) take_text(tcp + header, size - header, peer.foreign == PORT_SOURCE);
  if (flags & FIN) {
    peer.rcv++;
    peer.closed = peer.acknowledge = true;
  }
}

void peer_take(void) {
  uint32_t length;
  for (uint8_t *frame = wire_next(&wire_out, &length); frame != NULL; frame = wire_next(&wire_out, &length)) {
    peer.frames++;
    const uint32_t type = get16(frame + 12);
    if (type == 0x0806 && length >= ETHERNET + ARP) answer_arp(frame + ETHERNET);
    else if (type == 0x0800 && length >= HEADERS && frame[ETHERNET + 9] == 6) take_segment(frame + ETHERNET);
    wire_pop(&wire_out);
  }
  if (peer.acknowledge && !peer.closed) transmit(ACK, NULL, 0, NULL, 0);
}
