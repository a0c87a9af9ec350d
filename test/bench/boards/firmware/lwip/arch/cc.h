/* What lwIP asks for of a port: little-endian, gcc, nothing to say. */
#ifndef LWIP_ARCH_CC_H
#define LWIP_ARCH_CC_H

#define BYTE_ORDER LITTLE_ENDIAN
#define LWIP_PLATFORM_DIAG(message) ((void)0)
#define LWIP_PLATFORM_ASSERT(message) ((void)0)
#define LWIP_NO_UNISTD_H 1
#define LWIP_RAND() 4u

#endif
