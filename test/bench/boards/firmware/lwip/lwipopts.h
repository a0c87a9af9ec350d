/*
 * lwIP as firmware without an operating system has it (NO_SYS, raw API), set up to spend as little as it can: no statistics, no
 * assertions. Sizes are those of Sandwire's profile `default`: 8 connections, 3 listeners, windows and send buffers of 4 KiB in this
 * bench. What is not here is lwIP's default.
 */
#ifndef LWIP_LWIPOPTS_H
#define LWIP_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define LWIP_STATS 0
#define LWIP_NOASSERT 1

#define MEM_ALIGNMENT 4
#define MEM_SIZE (16 * 1024)
#define PBUF_POOL_SIZE 8
#define PBUF_POOL_BUFSIZE 1536
#define MEMP_NUM_TCP_PCB 16
#define MEMP_NUM_TCP_PCB_LISTEN 3
#define MEMP_NUM_TCP_SEG 32

#define TCP_MSS 1460
#define TCP_WND 4096
#define TCP_SND_BUF 4096
#define TCP_SND_QUEUELEN 16
#define LWIP_TCP_SACK_OUT 0

#if BENCH_CHECKSUMS_IN_DRIVER
#define CHECKSUM_GEN_TCP 0
#define CHECKSUM_CHECK_TCP 0
#define CHECKSUM_CHECK_IP 0
#endif

#endif
