/*
 * How wasm3's operations call each other on 32-bit Arm: read before its sources (-include), in place of its m3_exec_defs.h.
 *
 * There, an operation takes code, stack, memory and a register of 64 bits, in this order. The procedure call standard (AAPCS32, 6.4)
 * passes 64 bits in an even register and the next, so the register lands on the machine's stack, and most operations load and store it
 * there. Here it comes first, and the memory not at all, as a device has one at a place the linker knows: all fits into r0 to r3.
 *
 * Code is a row of half words (host/tools/board/compact.ts): of an operation it has the lower half of the address, whose upper half is that
 * of SW_OPERATIONS.
 */
#ifndef SANDWIRE_WASM3_ARM_H
#define SANDWIRE_WASM3_ARM_H

#define m3_exec_defs_h

#include <stdint.h>

/* As m3_core.h and m3_code.h have them; C allows to say so twice. */
typedef int64_t m3reg_t;
typedef uint32_t *m3stack_t;
typedef const void *m3ret_t;
typedef uint16_t code_t;
typedef const code_t *pc_t;

#define d_m3OpSig m3reg_t _r0, pc_t _pc, m3stack_t _sp
#define d_m3OpDefaultArgs 0
#define d_m3ClearRegisters

typedef m3ret_t (*IM3Operation)(d_m3OpSig);

#define d_m3RetSig static inline m3ret_t
#define d_m3Op(NAME) d_m3RetSig op_##NAME(d_m3OpSig)
#define SW_OPERATION(unit) ((IM3Operation)(SW_OPERATIONS | (unit)))
#define nextOpImpl() SW_OPERATION(*_pc)(_r0, _pc + 1, _sp)
#define jumpOpImpl(PC) SW_OPERATION(*PC)(_r0, PC + 1, _sp)
#define nextOpDirect() return nextOpImpl()
#define jumpOpDirect(PC) return jumpOpImpl((pc_t)(PC))

#define m3MemRuntime(header) (((M3MemoryHeader *)(header))->runtime)
#define m3MemInfo(header) (&m3MemRuntime(header)->memory)
#define m3MemData(header) ((u8 *)((M3MemoryHeader *)(header) + 1))

/* Where engine_wasm3.c aligns the linear memory; wasm3's header of it lies right in front. */
#define SW_WASM3_ALIGNMENT 64

/* From C into the interpreter. */
#define RunCode(code, stack, memory, register) sw_wasm3_run(code, stack)
#ifndef SW_WASM3_INNER
m3ret_t sw_wasm3_run(pc_t code, m3stack_t stack);
#endif

#endif
