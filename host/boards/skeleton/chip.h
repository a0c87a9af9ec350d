/*
 * Registers of a chip that does not exist, as small as one that has Ethernet can be. Write your chip's in their place, by the names of
 * its reference manual, so that who reads the driver can read the manual beside it.
 */
#ifndef SANDWIRE_SKELETON_CHIP_H
#define SANDWIRE_SKELETON_CHIP_H

#include <stdint.h>

/* ---- A timer of 32 bits that counts up and can interrupt at a value, and a UART ------------------------------------------ */

#define TIMER 0x40000000u
#define TIMER_COUNT 0x00u
#define TIMER_COMPARE 0x04u
#define TIMER_STATUS 0x08u /* bit 0: COMPARE was reached; written: taken back */
#define UART 0x40001000u
#define UART_STATUS 0x00u
#define UART_RX_READY 1u
#define UART_TX_READY 2u
#define UART_DATA 0x04u

/* ---- An Ethernet controller with a FIFO in each direction ------------------------------------------------------------------ */

#define MAC 0x40002000u
#define MAC_STATUS 0x00u /* what has happened; written: bits taken back */
#define MAC_WAKE 0x04u   /* the same bits: which of them interrupt */
#define MAC_RECEIVED (1u << 0)
#define MAC_SENT (1u << 1)
#define MAC_OVERRUN (1u << 2) /* a frame found no room */
#define MAC_DAMAGED (1u << 3) /* a frame had a wrong FCS and was dropped */
#define MAC_CABLE (1u << 4)   /* the cable came or went */
#define MAC_CONTROL 0x08u
#define MAC_ENABLE (1u << 0)
#define MAC_RESET (1u << 1) /* empties both FIFOs */
#define MAC_ADDRESS_LOW 0x0cu
#define MAC_ADDRESS_HIGH 0x10u
#define MAC_LINK 0x14u /* 0: no cable; else its speed in Mbit/s */
#define MAC_RX_LENGTH 0x18u /* octets of the oldest frame without FCS, 0: none; written: that frame is dropped */
#define MAC_RX_DATA 0x1cu   /* its next four octets */
#define MAC_TX_ROOM 0x20u   /* octets the transmit FIFO has room for */
#define MAC_TX_DATA 0x24u   /* four octets more of the frame to come */
#define MAC_TX_LENGTH 0x28u /* written: send these many octets of what was put in */

/* Interrupt lines. */
enum { IRQ_TIMER = 0, IRQ_UART = 1, IRQ_MAC = 2 };

/*
 * The controller's registers go through these two, so that the conformance test (docs/porting.md) can put mock.c in their place and run
 * the driver on a PC.
 */
#ifdef SW_MOCK
uint32_t mac_get(uint32_t offset);
void mac_set(uint32_t offset, uint32_t value);
#else
static inline uint32_t mac_get(uint32_t offset) {
  return *(volatile uint32_t *)(uintptr_t)(MAC + offset);
}
static inline void mac_set(uint32_t offset, uint32_t value) {
  *(volatile uint32_t *)(uintptr_t)(MAC + offset) = value;
}
#endif

#endif
