/* lwIP under test: its netif copies frames between the wire and pbufs; the application is callbacks of the raw API. */
#include <string.h>

#include "bench.h"
#include "checksum.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/ip4_addr.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

const char stack_name[] = "lwip";

static struct netif interface;
static uint32_t time_now;

u32_t sys_now(void) { return time_now; }

/* ---- The driver ---- */

static err_t link_output(struct netif *netif, struct pbuf *chain) {
  (void)netif;
  const enum part before = meter(PART_DRIVER);
  uint8_t *frame = wire_room(&wire_out);
  if (frame == NULL) return meter(before), ERR_MEM;
  uint32_t length = 0;
  for (struct pbuf *p = chain; p != NULL; p = p->next) {
    memcpy(frame + length, p->payload, p->len);
    length += p->len;
  }
  if (length < 60) {
    memset(frame + length, 0, 60 - length);
    length = 60;
  }
  if (BENCH_CHECKSUMS_IN_DRIVER) sw_checksum_fill(frame, length);
  wire_push(&wire_out, length);
  meter(before);
  return ERR_OK;
}

/* False for an IPv4 frame whose checksum is wrong, where the driver looks. */
static bool copy_in(uint8_t *to, const uint8_t *frame, uint32_t length) {
  if (!BENCH_CHECKSUMS_IN_DRIVER) return memcpy(to, frame, length), true;
  const uint32_t sum = sw_copy_sum(to, frame, length, 0);
  return sw_checksums_ok(to, length, sum) || to[12] != 0x08 || to[13] != 0x00;
}

static void receive(void) {
  uint32_t length;
  for (uint8_t *frame = wire_next(&wire_in, &length); frame != NULL; frame = wire_next(&wire_in, &length)) {
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_POOL);
    if (p == NULL) return;
    const bool sound = copy_in(p->payload, frame, length);
    wire_pop(&wire_in);
    meter(PART_STACK);
    if (!sound || interface.input(p, &interface) != ERR_OK) pbuf_free(p);
    meter(PART_DRIVER);
  }
}

static err_t start_interface(struct netif *netif) {
  netif->name[0] = 'e';
  netif->name[1] = 'n';
  netif->output = etharp_output;
  netif->linkoutput = link_output;
  netif->mtu = 1500;
  netif->hwaddr_len = 6;
  memcpy(netif->hwaddr, stack_mac, 6);
  netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
  return ERR_OK;
}

/* ---- The application ---- */

static err_t read_all(void *argument, struct tcp_pcb *pcb, struct pbuf *p, err_t error) {
  (void)argument;
  (void)error;
  if (p == NULL) return tcp_close(pcb);
  const enum part before = meter(PART_APPLICATION);
  sink_length += pbuf_copy_partial(p, sink + sink_length, p->tot_len, 0);
  meter(before);
  tcp_recved(pcb, p->tot_len);
  pbuf_free(p);
  return ERR_OK;
}

static void write_all(struct tcp_pcb *pcb) {
  for (u16_t room = tcp_sndbuf(pcb); room > 0; room = tcp_sndbuf(pcb)) {
    if (tcp_write(pcb, source + source_total % PATTERN, room, TCP_WRITE_FLAG_COPY) != ERR_OK) return;
    source_total += room;
  }
}

static err_t written(void *argument, struct tcp_pcb *pcb, u16_t length) {
  (void)argument;
  (void)length;
  write_all(pcb);
  return ERR_OK;
}

static err_t answer(void *argument, struct tcp_pcb *pcb, struct pbuf *p, err_t error) {
  (void)argument;
  (void)error;
  if (p == NULL) return tcp_close(pcb);
  const enum part before = meter(PART_APPLICATION);
  const uint32_t length = pbuf_copy_partial(p, sink, p->tot_len, 0);
  const bool whole = length >= 4 && memcmp(sink + length - 4, "\r\n\r\n", 4) == 0;
  meter(before);
  tcp_recved(pcb, p->tot_len);
  pbuf_free(p);
  if (!whole) return ERR_OK;
  tcp_write(pcb, response, RESPONSE, TCP_WRITE_FLAG_COPY);
  return tcp_close(pcb);
}

static err_t accepted(void *argument, struct tcp_pcb *pcb, err_t error) {
  const uint16_t port = *(const uint16_t *)argument;
  if (error != ERR_OK || pcb == NULL) return ERR_VAL;
  tcp_recv(pcb, port == PORT_SERVER ? answer : read_all);
  if (port == PORT_SOURCE) tcp_sent(pcb, written);
  if (port == PORT_SOURCE) write_all(pcb);
  return ERR_OK;
}

static void serve(const uint16_t *port) {
  struct tcp_pcb *pcb = tcp_new();
  tcp_bind(pcb, IP_ANY_TYPE, *port);
  pcb = tcp_listen(pcb);
  tcp_arg(pcb, (void *)port);
  tcp_accept(pcb, accepted);
}

/* ---- What main.c calls ---- */

void stack_start(void) {
  static const uint16_t ports[] = {PORT_SINK, PORT_SOURCE, PORT_SERVER};
  ip4_addr_t address, mask, gateway;
  lwip_init();
  ip4_addr_set_u32(&address, lwip_htonl(STACK_ADDRESS));
  ip4_addr_set_u32(&mask, lwip_htonl(0xffffff00));
  ip4_addr_set_u32(&gateway, 0);
  netif_add(&interface, &address, &mask, &gateway, NULL, start_interface, ethernet_input);
  netif_set_default(&interface);
  netif_set_up(&interface);
  for (unsigned i = 0; i < 3; i++) serve(&ports[i]);
}

void stack_round(uint32_t now) {
  time_now = now;
  meter(PART_DRIVER);
  receive();
  meter(PART_STACK);
  sys_check_timeouts();
}

void stack_look(void) {}

void stack_report(void) {}
