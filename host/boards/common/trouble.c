/* Traps of the module, which the firmware survives, and faults of the firmware, which it does not. */
#include "common.h"

void report_trap(const struct sw_trap *trap, uint32_t restarts) {
  console_print("module trapped in %s(): %s in %s; restarted (%u)\n", sw_function_name(trap->call), trap->reason, trap->where,
                (unsigned)restarts);
}

_Noreturn void fault(const char *what, const uint32_t *registers, uint32_t status, uint32_t address) {
  console_print("\nFAULT: %s, status 0x%x, address 0x%x\n", what, (unsigned)status, (unsigned)address);
  if (registers >= (const uint32_t *)(const void *)stack_start && registers < (const uint32_t *)(const void *)stack_end)
    console_print("pc 0x%x, lr 0x%x, r0 0x%x, r1 0x%x, r2 0x%x, r3 0x%x\n", (unsigned)registers[6], (unsigned)registers[5],
                  (unsigned)registers[0], (unsigned)registers[1], (unsigned)registers[2], (unsigned)registers[3]);
  else console_print("the stack has overflowed: sp 0x%x\n", (unsigned)(uintptr_t)registers);
  console_print("starting over\n");
  board_reset();
}
