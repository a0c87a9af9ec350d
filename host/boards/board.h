/*
 * What a board's folder provides: board.c (clock, console, sleep, identity) and its MAC's driver. host/boards/common/ has the rest of
 * a firmware: start-up code, the loop, the report of traps, what newlib asks for.
 */
#ifndef SANDWIRE_BOARD_H
#define SANDWIRE_BOARD_H

#include "port.h"

/*
 * Told before power-on: on an emulator by the one that starts it, on a device it stays as the linker left it, without the magic
 * number. Lies in memory that start-up code does not clear, at the address board.json names (`boot`).
 */
struct sw_boot {
  uint32_t magic;           /* SW_BOOT_MAGIC, else nothing of this counts */
  uint32_t address, prefix, gateway;
  uint32_t entropy[4];      /* all zero: none */
  uint8_t mac[6];           /* all zero: the board's own */
  uint16_t flags;           /* SW_BOOT_* */
};
#define SW_BOOT_MAGIC 0x544f4f42u /* "BOOT" */
#define SW_BOOT_CONSOLE 1u        /* obey letters on the console: t traps the module, s prints statistics */

extern struct sw_boot sw_boot;

/* The name in board.json. */
extern const char board_name[];

/* Clocks, console, timer. First thing in main. */
void board_init(void);

/* Milliseconds since power-on; they wrap. */
uint32_t board_now(void);

/*
 * Sleep (WFI) until an interrupt of the MAC or the console, or until `ms` have passed; UINT32_MAX: no deadline. An interrupt between
 * the last look at the MAC and this call must end the sleep at once.
 */
void board_sleep(uint32_t ms);

/* Write to the console. */
void board_write(const char *text, uint32_t length);

/* A character from the console, or -1. */
int board_read(void);

/* 128 bits from a source of entropy: false where the chip has none. */
bool board_entropy(uint32_t words[4]);

/* The board's own MAC address: from its fuses, its unique id; false where it has none. */
bool board_address(uint8_t address[6]);

/* Start over, as at power-on. */
_Noreturn void board_reset(void);

/* What the MAC driver does for the module: capability bits for sw_port_configure. */
uint32_t mac_capabilities(void);

/*
 * Start the controller with that MAC address, whatever state it is in, and tell the port about the cable; the port's rings have been
 * laid out. Called again after a restart of the module.
 */
void mac_start(sw_port *port, const uint8_t address[6]);

/*
 * The module has trapped and its memory is about to be restored: a controller that writes into the slots itself stops. Boards that
 * copy need not have it.
 */
void mac_stop(void);

/* Move frames between the controller and the rings, both ways, without waiting, and tell the port about the cable; whether any moved. */
bool mac_exchange(sw_port *port);

#endif
