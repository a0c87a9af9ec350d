/* What the files of common/ share with each other, and boards' drivers may use. */
#ifndef SANDWIRE_COMMON_H
#define SANDWIRE_COMMON_H

#include "board.h"
#include "device.h"

/* Where the linker has put things. */
extern uint8_t stack_start[], stack_end[], data_start[], data_end[], bss_start[], bss_end[], heap_start[], heap_end[];
extern const uint8_t data_image[];

/*
 * Lie behind sw_boot and survive a reset, as it does: each start mixes them in and leaves others, so two starts with one seed differ.
 * What they are at power-on does not matter.
 */
extern uint32_t boot_chain[4];

/* Generated for each build: what is in it, and 128 bits that no other build has. */
extern const char build_profile[];
extern const uint32_t build_seed[4];
extern const uint8_t build_module[];
extern const uint32_t build_module_size;

int main(void);

/* From the board's start-up code, once the stack can be used: prepare memory, then main. */
_Noreturn void start_c(void);

/* Print: %s, %u, %d, %x (eight digits), %% and nothing else. */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How much of the stack, and of the heap, has ever been used. */
uint32_t stack_peak(void);
uint32_t heap_used(void);
uint32_t heap_left(void);
uint32_t heap_peak(void);

/* The identity this device starts with: from sw_boot, the board, or the build; what to warn of, "" for nothing. */
const char *identify(struct sw_config *config);

/* Say what has happened to the module. */
void report_trap(const struct sw_trap *trap, uint32_t restarts);

/* How often the loop has looked for frames since the start: twice a round. Few tell that the core sleeps. */
extern uint32_t loop_looks;

/* Obey a letter that came from the console; whether there was one. */
bool console_obey(sw_device *device);

/* A fault of the firmware itself: say so, start over. `registers` are those a Cortex-M stacks: r0-r3, r12, lr, pc, psr. */
_Noreturn void fault(const char *what, const uint32_t *registers, uint32_t status, uint32_t address);

#endif
