/*
 * wasm3's compiler and operations (m3_compile.c), unchanged, with three things it cannot be told otherwise:
 * which function a trap came from, without the tables of d_m3RecordBacktraces; no call to m3_Yield on every call; and code pages that
 * fit what is compiled.
 */
#define M3_COMPILE_OPCODES

#include "m3_config.h"
#include "m3_env.h"

/* Told by every function that a trap leaves, the innermost first. */
void sw_wasm3_left(IM3Function function);

/* m3_exec.h alone is told to record: it then calls what the two macros below are, instead of wasm3's own. */
#undef d_m3RecordBacktraces
#define d_m3RecordBacktraces 1
#define FillBacktraceFunctionInfo(runtime, function) sw_wasm3_left(function)
#define PushBacktraceFrame(runtime, pc) ((void)0)
#define m3_Yield() m3Err_none
#include "m3_exec.h"
#undef d_m3RecordBacktraces
#define d_m3RecordBacktraces 0

#include "m3_compile.c"
