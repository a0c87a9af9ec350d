/*
 * wasm3's compiler and operations (m3_compile.c), unchanged, with three things it cannot be told otherwise:
 * which function a trap came from, without the tables of d_m3RecordBacktraces; no call to m3_Yield on every call; and code pages that
 * fit what is compiled. On 32-bit Arm also with operations of ours (wasm3_arm.h).
 */
#define M3_COMPILE_OPCODES

#ifdef SANDWIRE_WASM3_ARM_H
/*
 * This file is compiled with r4 to r6 free for every function to spoil (-fcall-used-r4 ...), as operations never return to each other. What
 * the rest of the program calls in here is led through ENTRY, which keeps them.
 */
#define CompileBlock sw_inner_CompileBlock
#define CompileBlockStatements sw_inner_CompileBlockStatements
#define CompileFunction sw_inner_CompileFunction
#define CompileRawFunction sw_inner_CompileRawFunction
#define sw_wasm3_run sw_inner_sw_wasm3_run
#endif

#include "m3_config.h"
#include "m3_env.h"

/* Told by every function that a trap leaves, the innermost first. */
void sw_wasm3_left(IM3Function function);

#ifdef SANDWIRE_WASM3_ARM_H
/* A variable elsewhere, and NULL: known here, it is not loaded. */
#define m3Err_none ((M3Result)0)
/* The linear memory of engine_wasm3.c, behind wasm3's header of it; and what wasm3's own operations know of it. */
#define MEMORY (sw_wasm3_linear + SW_WASM3_ALIGNMENT)
extern u8 sw_wasm3_linear[SW_WASM3_ALIGNMENT + SW_MEMORY_SIZE];
static M3MemoryHeader *_mem;
/* m3_exec.h defines Call for its operations, with the parameters of one, and calls it with four arguments. */
#define FIFTH(a, b, c, d, e, ...) e
#define Call(...) FIFTH(__VA_ARGS__, CALL_CODE, CALL_NOT_NEEDED, )(__VA_ARGS__)
#define CALL_CODE(code, stack, memory, register) SW_OPERATION(*(code))(register, (code) + 1, stack)
#define CALL_NOT_NEEDED(...) call_not_needed(__VA_ARGS__)
#endif

/* m3_exec.h alone is told to record: it then calls what the two macros below are, instead of wasm3's own. */
#undef d_m3RecordBacktraces
#define d_m3RecordBacktraces 1
#define FillBacktraceFunctionInfo(runtime, function) sw_wasm3_left(function)
#define PushBacktraceFrame(runtime, pc) ((void)0)
#define m3_Yield() m3Err_none
#include "m3_exec.h"
#undef d_m3RecordBacktraces
#define d_m3RecordBacktraces 0

#ifdef SANDWIRE_WASM3_ARM_H
#include "wasm3_arm_ops.h"
#endif

#include "m3_compile.c"

#ifdef SANDWIRE_WASM3_ARM_H
#define ENTRY(name)                                                  \
  __attribute__((naked)) void name(void) {                           \
    __asm__("push {r4, r5, r6, lr}\n"                                \
            "bl sw_inner_" #name "\n"                                \
            "pop {r4, r5, r6, pc}");                                 \
  }
#undef CompileBlock
#undef CompileBlockStatements
#undef CompileFunction
#undef CompileRawFunction
#undef sw_wasm3_run
ENTRY(CompileBlock)
ENTRY(CompileBlockStatements)
ENTRY(CompileFunction)
ENTRY(CompileRawFunction)
ENTRY(sw_wasm3_run)
#endif
