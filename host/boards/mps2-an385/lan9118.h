/* Registers of the SMSC LAN9118. Names and sections are those of its data sheet (revision 1.5). */
#ifndef SANDWIRE_LAN9118_H
#define SANDWIRE_LAN9118_H

#include <stdint.h>

#define LAN9118 0x40200000u
#define LAN9118_IRQ 13u

/* 5.2: the FIFOs; eight addresses lead to each. */
#define RX_DATA_FIFO 0x00u
#define TX_DATA_FIFO 0x20u
#define RX_STATUS_FIFO 0x40u

/* 5.3: system control and status registers. */
#define IRQ_CFG 0x54u
#define IRQ_CFG_IRQ_EN (1u << 8)
#define IRQ_CFG_IRQ_POL (1u << 4)
#define IRQ_CFG_IRQ_TYPE (1u << 0)
#define INT_STS 0x58u
#define INT_EN 0x5cu
#define INT_PHY (1u << 18)
#define INT_RXE (1u << 14)
#define INT_TDFA (1u << 9)
#define INT_RXDF (1u << 6)
#define INT_RSFF (1u << 4)
#define INT_RSFL (1u << 3)
#define FIFO_INT 0x68u
#define FIFO_INT_TDFA_LEVEL (1u << 24)
#define RX_CFG 0x6cu
#define RX_CFG_RX_DUMP (1u << 15)
#define TX_CFG 0x70u
#define TX_CFG_TXSAO (1u << 2)
#define TX_CFG_TX_ON (1u << 1)
#define HW_CFG 0x74u
#define HW_CFG_MBO (1u << 20)
#define HW_CFG_TX_FIF_SZ (5u << 16)
#define HW_CFG_SRST (1u << 0)
#define RX_FIFO_INF 0x7cu
#define TX_FIFO_INF 0x80u
#define RX_DROP 0xa0u
#define MAC_CSR_CMD 0xa4u
#define MAC_CSR_CMD_BUSY (1u << 31)
#define MAC_CSR_CMD_READ (1u << 30)
#define MAC_CSR_DATA 0xa8u
#define AFC_CFG 0xacu

/* 5.4: registers of the MAC, behind MAC_CSR_CMD. */
#define MAC_CR 1u
#define MAC_CR_FDPX (1u << 20)
#define MAC_CR_MCPAS (1u << 19)
#define MAC_CR_TXEN (1u << 3)
#define MAC_CR_RXEN (1u << 2)
#define ADDRH 2u
#define ADDRL 3u
#define MII_ACC 6u
#define MII_ACC_PHY (1u << 11)
#define MII_ACC_WRITE (1u << 1)
#define MII_ACC_BUSY (1u << 0)
#define MII_DATA 7u

/* 5.5: registers of the PHY, behind MII_ACC. */
#define PHY_BCR 0u
#define PHY_BCR_AUTONEG (1u << 12)
#define PHY_BCR_RESTART (1u << 9)
#define PHY_BSR 1u
#define PHY_BSR_AUTONEG_DONE (1u << 5)
#define PHY_BSR_LINK (1u << 2)
#define PHY_ANAR 4u
#define PHY_ANLPAR 5u
#define PHY_100_FULL (1u << 8)
#define PHY_100_HALF (1u << 7)
#define PHY_10_FULL (1u << 6)
#define PHY_INTERRUPT_SOURCE 29u
#define PHY_INTERRUPT_MASK 30u
#define PHY_INT_AUTONEG_DONE (1u << 6)
#define PHY_INT_LINK_DOWN (1u << 4)

/* 3.12.2: the two words before a frame to send. */
#define TX_A_FIRST (1u << 13)
#define TX_A_LAST (1u << 12)
/* 3.13.3: the status of a received frame. */
#define RX_STATUS_FILTERED (1u << 30)
#define RX_STATUS_ERROR (1u << 15)

#define FCS 4u

#ifdef SW_MOCK
/* mock.c: the controller on a PC. */
uint32_t mock_get(uint32_t offset);
void mock_set(uint32_t offset, uint32_t value);
#endif

#endif
