/*
 * Power-on of a Cortex-A7: vectors, memory types, caches, stack, and on to C (start_c). The boot loader or the emulator enters here in
 * Secure supervisor mode with interrupts masked and caches off (U-Boot: `dcache off; icache off; bootelf`).
 *
 * No interrupt is ever taken: they stay masked, and what they do is to end WFI (board.c). So faults are the only exceptions.
 */
  .syntax unified
  .arch armv7ve
  .arm

  .equ MODE_SVC, 0x13

  .section .vectors, "ax"
  .balign 32
  .global vectors
vectors:
  ldr pc, =reset_handler
  ldr pc, =on_undefined
  ldr pc, =on_call
  ldr pc, =on_prefetch_abort
  ldr pc, =on_data_abort
  ldr pc, =on_interrupt /* hypervisor entry, which Secure state has not */
  ldr pc, =on_interrupt
  ldr pc, =on_interrupt
  .ltorg

/*
 * Memory types, in the long-descriptor format (ARMv7-A manual, B3.6), each where it is, in constant tables. What is not named faults:
 * address 0, what lies below the stack, and DDR that a board may not have, which the core would else fetch from by speculation.
 *   attribute 0: device (nGnRE); 1: normal, no cache; 2: normal, write-back, read and write allocate.
 */
  .equ BLOCK, 1 | 1 << 10 /* valid; AF: accessed, so no fault to tell */
  .equ TABLE, 3
  .equ DEVICE, BLOCK | 0 << 2
  .equ UNCACHED, BLOCK | 1 << 2
  .equ CACHED, BLOCK | 2 << 2
  .equ XN_HIGH, 1 << 22 /* bit 54: no instructions are fetched, nor by speculation */

  .section .rodata.tables, "a"
  .balign 4096
low_gigabyte: /* blocks of 2 MiB from 0 on */
  .zero 4 * 8
  .word 0x00800000 + UNCACHED, XN_HIGH /* on-chip RAM: descriptors, what survives a reset */
  .word 0x00a00000 + DEVICE, XN_HIGH   /* GIC */
  .zero 10 * 8
  .word 0x02000000 + DEVICE, XN_HIGH   /* peripherals */
  .zero (512 - 17) * 8
ddr_gigabyte:
  .word 0x80000000 + CACHED, 0 /* the memory that board.json names */
  .zero (512 - 1) * 8
gigabytes:
  .word low_gigabyte + TABLE, 0
  .word 0, 0
  .word ddr_gigabyte + TABLE, 0
  .word 0, 0

  .section .text.start, "ax"
  .global reset_handler
reset_handler:
  cpsid aif, #MODE_SVC
  ldr r0, =vectors
  mcr p15, 0, r0, c12, c0, 0 /* VBAR */
  ldr sp, =stack_end

  mov r0, #0
  mcr p15, 0, r0, c8, c7, 0 /* TLBIALL */
  mcr p15, 0, r0, c7, c5, 0 /* ICIALLU */
  mcr p15, 0, r0, c7, c5, 6 /* BPIALL; the data caches are clean: a reset, or `dcache off`, has left them empty */
  mrc p15, 0, r0, c1, c0, 1
  orr r0, r0, #1 << 6 /* ACTLR.SMP: without it the Cortex-A7 caches no data (TRM, 4.3.31) */
  mcr p15, 0, r0, c1, c0, 1

  ldr r0, =0x00ff4404 /* MAIR0: attribute 0 device 0x04, 1 normal uncached 0x44, 2 normal write-back 0xff */
  mcr p15, 0, r0, c10, c2, 0
  ldr r0, =1 << 31 | 1 << 8 | 1 << 10 /* TTBCR: EAE; walks are cached as the tables are; T0SZ 0: all 4 GiB by TTBR0 */
  mcr p15, 0, r0, c2, c0, 2
  ldr r0, =gigabytes
  mov r1, #0
  mcrr p15, 0, r0, r1, c2 /* TTBR0 */
  dsb
  isb
  mrc p15, 0, r0, c1, c0, 0
  bic r0, r0, #1 << 30 /* TE: exceptions in ARM state */
  bic r0, r0, #1 << 13 /* V: vectors at VBAR */
  bic r0, r0, #1 << 1  /* A: unaligned accesses are right, in normal memory */
  ldr r1, =1 << 12 | 1 << 11 | 1 << 2 | 1 << 0 /* I, Z, C, M */
  orr r0, r0, r1
  mcr p15, 0, r0, c1, c0, 0
  isb
  mov r11, #0
  mov lr, #0
  ldr r0, =start_c
  bx r0
  .ltorg

/*
 * Faults of the firmware: the registers go to the top of the stack, which may be what has failed, in the order a Cortex-M stacks them,
 * and common/ reports them. `behind`: how far the return address is behind the instruction that failed.
 */
  .macro on_fault name, behind, text, status, address
on_\name:
  sub lr, lr, #\behind
  ldr sp, =stack_end - 32
  stmia sp, {r0-r3, r12}
  str lr, [sp, #24]
  mrs r0, spsr
  str r0, [sp, #28]
  mov r1, sp
  cps #MODE_SVC
  str lr, [r1, #20]
  ldr r0, =stack_start
  cmp sp, r0
  mov sp, r1
  movlo r1, #0 /* says that the stack has overflowed */
  ldr r0, =\text
  mrc p15, 0, r2, c5, c0, \status
  mrc p15, 0, r3, c6, c0, \address
  ldr r12, =fault
  blx r12
  .endm

  on_fault undefined, 4, text_undefined, 1, 2
  on_fault call, 4, text_call, 1, 2
  on_fault prefetch_abort, 4, text_prefetch_abort, 1, 2
  on_fault data_abort, 8, text_data_abort, 0, 0
  on_fault interrupt, 4, text_interrupt, 1, 2
  .ltorg

  .section .rodata.texts, "a"
text_undefined: .asciz "undefined instruction"
text_call: .asciz "supervisor call"
text_prefetch_abort: .asciz "no memory to run"
text_data_abort: .asciz "no memory to read or write"
text_interrupt: .asciz "interrupt"
