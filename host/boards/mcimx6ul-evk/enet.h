/*
 * The 10/100-Mbps Ethernet MAC (ENET) of the i.MX 6UL, which is that of the i.MX RT microcontrollers too: registers (IMX6ULRM 22.6,
 * "ENET memory map") and enhanced buffer descriptors (22.5.6). Bits are named as there.
 */
#ifndef SANDWIRE_ENET_H
#define SANDWIRE_ENET_H

#include <stdint.h>

enum enet_register {
  ENET_EIR = 0x004,  /* interrupt events; written 1s clear them */
  ENET_EIMR = 0x008, /* interrupt mask: 1 lets an event through */
  ENET_RDAR = 0x010, /* receive descriptors have become active */
  ENET_TDAR = 0x014, /* transmit descriptors have */
  ENET_ECR = 0x024,
  ENET_MMFR = 0x040, /* MII management frame */
  ENET_MSCR = 0x044, /* MII speed */
  ENET_MIBC = 0x064, /* statistics: control */
  ENET_RCR = 0x084,
  ENET_TCR = 0x0c4,
  ENET_PALR = 0x0e4, /* MAC address, first four octets */
  ENET_PAUR = 0x0e8,
  ENET_IAUR = 0x118, /* hash filter for other individual addresses */
  ENET_IALR = 0x11c,
  ENET_GAUR = 0x120, /* hash filter for multicast */
  ENET_GALR = 0x124,
  ENET_TFWR = 0x144,
  ENET_RDSR = 0x180, /* where the receive descriptors begin */
  ENET_TDSR = 0x184,
  ENET_MRBR = 0x188, /* size of a receive buffer */
  ENET_FTRL = 0x1b0, /* frames are cut off behind this */
  ENET_TACC = 0x1c0, /* transmit accelerator */
  ENET_RACC = 0x1c4, /* receive accelerator */
  ENET_IEEE_R_MACERR = 0x2d8, /* statistics: frames lost as the FIFO was full */
};

/* EIR, EIMR */
#define EIR_TXF (1u << 27)   /* a frame was sent */
#define EIR_RXF (1u << 25)   /* a frame was received */
#define EIR_MII (1u << 23)   /* the MII management frame is done */
#define EIR_EBERR (1u << 22) /* bus error; the ENET has stopped */

#define RDAR_RDAR (1u << 24)
#define TDAR_TDAR (1u << 24)

#define ECR_RESET (1u << 0)
#define ECR_ETHEREN (1u << 1)
#define ECR_EN1588 (1u << 4) /* descriptors are enhanced ones */
#define ECR_DBSWP (1u << 8)  /* descriptors are little-endian */

#define RCR_MII_MODE (1u << 2) /* must be 1 */
#define RCR_RMII_MODE (1u << 8)
#define RCR_RMII_10T (1u << 9)
#define RCR_MAX_FL_SHIFT 16

#define TCR_FDEN (1u << 2) /* full duplex */

#define TFWR_STRFWD (1u << 8) /* send a frame when all of it is in the FIFO, as its checksum stands before its data */

#define TACC_PROCHK (1u << 4) /* fill in checksums of TCP, UDP and ICMP */

/* An enhanced buffer descriptor in little-endian memory. */
struct enet_descriptor {
  uint16_t length;
  uint16_t control;  /* RXBD_, TXBD_ */
  uint32_t buffer;   /* receive: at a multiple of 64 */
  uint32_t extended; /* RXBD_INT, TXBD_INT ... and what the accelerators found */
  uint32_t header;
  uint32_t updated; /* bit 31: BDU, the ENET has written the descriptor */
  uint32_t timestamp;
  uint32_t reserved[2];
};
_Static_assert(sizeof(struct enet_descriptor) == 32, "as the ENET counts");

#define RXBD_E (1u << 15) /* empty: the ENET's */
#define RXBD_W (1u << 13) /* wrap: the last one */
#define RXBD_L (1u << 11) /* the last of a frame */
#define RXBD_LG (1u << 5) /* longer than RCR[MAX_FL] */
#define RXBD_NO (1u << 4) /* not a whole number of octets */
#define RXBD_CR (1u << 2) /* wrong FCS */
#define RXBD_OV (1u << 1) /* the FIFO overflowed */
#define RXBD_TR (1u << 0) /* cut off */
#define RXBD_ERRORS (RXBD_LG | RXBD_NO | RXBD_CR | RXBD_OV | RXBD_TR)
#define RXBD_INT (1u << 23)

#define TXBD_R (1u << 15)  /* ready: the ENET's */
#define TXBD_W (1u << 13)  /* wrap */
#define TXBD_L (1u << 11)  /* the last of a frame */
#define TXBD_TC (1u << 10) /* append the FCS */
#define TXBD_INT (1u << 30)
#define TXBD_PINS (1u << 28) /* insert the checksum of the protocol; the field has to be 0 */

#define FCS 4u

#endif
