/*
 * Registers of the STM32F429 that this board's files use, by the names of its reference manual (RM0090), whose chapters are named beside
 * them.
 */
#ifndef SANDWIRE_STM32F429_H
#define SANDWIRE_STM32F429_H

#include <stdbool.h>
#include <stdint.h>

/* ---- Ethernet (chapter 33), offsets from ETH ------------------------------------------------------------------------------ */

#define ETH 0x40028000u
#define ETH_MACCR 0x0000u
#define MACCR_RE (1u << 2)
#define MACCR_TE (1u << 3)
#define MACCR_DM (1u << 11)
#define MACCR_FES (1u << 14)
#define ETH_MACFFR 0x0004u
#define MACFFR_PAM (1u << 4)
#define ETH_MACMIIAR 0x0010u
#define MACMIIAR_MB (1u << 0)
#define MACMIIAR_MW (1u << 1)
#define MACMIIAR_CR_DIV102 (4u << 2) /* MDC for HCLK of 150 to 180 MHz */
#define MACMIIAR_MR 6u               /* the register, from this bit on */
#define MACMIIAR_PA 11u              /* the PHY */
#define ETH_MACMIIDR 0x0014u
#define ETH_MACA0HR 0x0040u
#define ETH_MACA0LR 0x0044u
#define ETH_MMCCR 0x0100u
#define MMCCR_ROR (1u << 2)
#define ETH_MMCRIMR 0x010cu
#define ETH_MMCTIMR 0x0110u
#define MMC_ALL_MASKED 0x0022c060u /* every bit either of the two has */
#define ETH_MMCRFCECR 0x0194u      /* frames with a wrong FCS */
#define ETH_DMABMR 0x1000u
#define DMABMR_SR (1u << 0)
#define DMABMR_PBL_32 (32u << 8)
#define DMABMR_FB (1u << 16)
#define DMABMR_AAB (1u << 25)
#define ETH_DMATPDR 0x1004u
#define ETH_DMARPDR 0x1008u
#define ETH_DMARDLAR 0x100cu
#define ETH_DMATDLAR 0x1010u
#define ETH_DMASR 0x1014u
#define DMASR_TS (1u << 0)
#define DMASR_RBUS (1u << 7)
#define DMASR_RS (1u << 6)
#define DMASR_FBES (1u << 13)
#define DMASR_AIS (1u << 15)
#define DMASR_NIS (1u << 16)
#define DMASR_EVENTS 0x0001e7ffu /* what is taken back by writing it */
#define ETH_DMAOMR 0x1018u
#define DMAOMR_SR (1u << 1)
#define DMAOMR_ST (1u << 13)
#define DMAOMR_FTF (1u << 20)
#define DMAOMR_TSF (1u << 21)
#define DMAOMR_RSF (1u << 25)
#define ETH_DMAIER 0x101cu /* the bits of DMASR: which of them interrupt */
#define ETH_DMAMFBOCR 0x1020u
#define DMAMFBOCR_MFC 0x0000ffffu
#define DMAMFBOCR_MFA 17u /* from this bit on, 11 bits */

/* A descriptor, normal format (33.6.7 and 33.6.8). Buffers follow each other in a ring. */
struct eth_descriptor {
  uint32_t status, size, buffer, unused;
};
#define DES0_OWN (1u << 31)
#define TDES0_IC (1u << 30)
#define TDES0_LS (1u << 29)
#define TDES0_FS (1u << 28)
#define TDES0_TER (1u << 21)
#define RDES0_FL 16u /* from this bit on, 14 bits: octets with FCS */
#define RDES0_ES (1u << 15)
#define RDES0_FS (1u << 9)
#define RDES0_LS (1u << 8)
#define RDES1_RER (1u << 15)

#define IRQ_TIM2 28u
#define IRQ_USART3 39u
#define IRQ_ETH 61u

#define LINK_PERIOD 250u /* ms between two looks at the cable: the board does not lead the PHY's interrupt to the chip */

/* ---- The way to the controller: on a PC, mock.c is in its place -------------------------------------------------------------- */

#ifdef SW_MOCK
uint32_t eth_get(uint32_t offset);
void eth_set(uint32_t offset, uint32_t value);
uint32_t eth_address(const void *memory);
static inline void eth_barrier(void) {}
#else
static inline uint32_t eth_get(uint32_t offset) {
  return *(volatile uint32_t *)(uintptr_t)(ETH + offset);
}
static inline void eth_set(uint32_t offset, uint32_t value) {
  *(volatile uint32_t *)(uintptr_t)(ETH + offset) = value;
}
/* Where the controller's DMA finds it. The chip has no data cache, so there is nothing else to do. */
static inline uint32_t eth_address(const void *memory) {
  return (uint32_t)(uintptr_t)memory;
}
/* What was stored before is in memory before what comes behind. */
static inline void eth_barrier(void) {
  __asm__ volatile("dmb" ::: "memory");
}
#endif

/* ---- Between this board's files ------------------------------------------------------------------------------------------------- */

struct phy_link {
  bool up, full_duplex;
  uint32_t speed; /* Mbit/s */
};

/* Look for the cable anew; it counts as out until the PHY says otherwise. */
void phy_start(void);

/* Do what is due at `now`, in ms, without waiting; whether *link has changed. */
bool phy_poll(uint32_t now, struct phy_link *link);

/* Waiting for an answer, which no interrupt announces. */
bool phy_is_busy(void);

#endif
