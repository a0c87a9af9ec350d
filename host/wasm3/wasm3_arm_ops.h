/*
 * Operations of the interpreter for 32-bit Arm, in place of wasm3's of the same name (the macros at the end lead its compiler here):
 * those that most of the time goes into. Part of interpreter.c. They differ in this:
 *
 *   - The memory's size and place are constants, and its bounds are checked in 32 bits.
 *   - A call of a function is one call of the machine, not two, and clears locals itself: most have few.
 *   - A value of 32 bits leaves the upper half of the register alone. Every operation on 32 bits takes the lower half only.
 */

#define OP(name) static m3ret_t sw_op_##name(d_m3OpSig)
#define LOWER(value) ((_r0 & ~(m3reg_t)0xffffffff) | (u32)(value))

/* The slot that the code names next. */
#define NEXT_SLOT (_sp + immediate(i32))

static inline bool is_outside(u32 base, u32 offset, u32 size, u32 *at) {
  return __builtin_add_overflow(base, offset, at) || *at > SW_MEMORY_SIZE - size;
}

/* ---- Loads and stores ---- */

#define LOAD(name, from, address, result)                                                             \
  OP(name) {                                                                                          \
    u32 base = address;                                                                               \
    u32 offset = immediate(u32);                                                                      \
    u32 at;                                                                                           \
    from value;                                                                                       \
    if (M3_UNLIKELY(is_outside(base, offset, sizeof value, &at))) return m3Err_trapOutOfBoundsMemoryAccess; \
    memcpy(&value, MEMORY + at, sizeof value);                                                        \
    _r0 = result;                                                                                     \
    nextOpDirect();                                                                                   \
  }

#define LOADS(to, from, result)                             \
  LOAD(to##_Load_##from##_r, from, (u32)_r0, result)        \
  LOAD(to##_Load_##from##_s, from, *(u32 *)NEXT_SLOT, result)

LOADS(i32, i8, LOWER((i32)value))
LOADS(i32, u8, LOWER(value))
LOADS(i32, i16, LOWER((i32)value))
LOADS(i32, u16, LOWER(value))
LOADS(i32, i32, LOWER(value))
LOADS(i64, u8, value)
LOADS(i64, u16, value)
LOADS(i64, u32, value)
LOADS(i64, i64, value)

/* The value is named before the address. */
#define STORE(name, as, given, address)                                                               \
  OP(name) {                                                                                          \
    as value = (as)(given);                                                                           \
    u32 base = address;                                                                               \
    u32 offset = immediate(u32);                                                                      \
    u32 at;                                                                                           \
    if (M3_UNLIKELY(is_outside(base, offset, sizeof value, &at))) return m3Err_trapOutOfBoundsMemoryAccess; \
    memcpy(MEMORY + at, &value, sizeof value);                                                        \
    nextOpDirect();                                                                                   \
  }

#define STORES(from, as)                                                    \
  STORE(from##_Store_##as##_rs, as, _r0, *(u32 *)NEXT_SLOT)                 \
  STORE(from##_Store_##as##_sr, as, *(from *)NEXT_SLOT, (u32)_r0)           \
  STORE(from##_Store_##as##_ss, as, *(from *)NEXT_SLOT, *(u32 *)NEXT_SLOT)

STORES(i32, u8)
STORES(i32, i16)
STORES(i32, i32)
STORES(i64, i64)

/* ---- Calls ---- */

OP(Entry);

/*
 * A function's code begins with Entry and the function: a trap names the innermost one it left. Where a page had too little room for that, a
 * branch to the next page comes first.
 */
static __attribute__((noinline, cold)) m3ret_t left(pc_t code, m3ret_t trap) {
  while (*code == (code_t)(uintptr_t)op_Branch) code = *(const sw_place *)(code + 1);
  if (*code == (code_t)(uintptr_t)sw_op_Entry) sw_wasm3_left((IM3Function) * (const sw_loose32 *)(code + 1));
  return trap;
}

OP(Call) {
  pc_t code = immediate(pc_t);
  i32 offset = immediate(i32);
  m3ret_t trap = SW_OPERATION(*code)(_r0, code + 1, _sp + offset);
  if (M3_UNLIKELY(trap)) return left(code, trap);
  nextOpDirect();
}

/* The callee is compiled when it is called first; from then on it is a plain call. */
OP(Compile) {
  IM3Function function = (IM3Function) * (const sw_loose32 *)_pc;
  m3ret_t trap = function->compiled ? m3Err_none : CompileFunction(function);
  if (trap) return trap;
  *(sw_place *)_pc = function->compiled;
  *(code_t *)(_pc - 1) = (code_t)(uintptr_t)sw_op_Call;
  return sw_op_Call(_r0, _pc, _sp);
}

/* The end of the interpreter's stack. */
static void *stack_end;

OP(Entry) {
  IM3Function function = immediate(IM3Function);
  if (M3_UNLIKELY((void *)(_sp + function->maxStackSlots) >= stack_end)) return m3Err_trapStackOverflow;
  u32 *slot = (u32 *)_sp + function->numRetAndArgSlots;
  for (u32 left = function->numLocalBytes; left > 0; left -= 4) *slot++ = 0;
  const u32 *constant = (const u32 *)function->constants;
  for (u32 left = constant ? function->numConstantBytes : 0; left > 0; left -= 4) *slot++ = *constant++;
  nextOpDirect();
}

/* The body says by returning this place that it wants to go round again. */
OP(Loop) {
  m3ret_t result;
  do result = nextOpImpl();
  while (result == _pc);
  return result;
}

m3ret_t sw_wasm3_run(pc_t code, m3stack_t stack) {
  _mem = (M3MemoryHeader *)(void *)MEMORY - 1;
  stack_end = _mem->maxStack;
  m3ret_t trap = SW_OPERATION(*code)(0, code + 1, stack);
  return trap ? left(code, trap) : trap;
}

#define op_Call sw_op_Call
#define op_Compile sw_op_Compile
#define op_Entry sw_op_Entry
#define op_Loop sw_op_Loop

#define op_i32_Load_i8_r sw_op_i32_Load_i8_r
#define op_i32_Load_i8_s sw_op_i32_Load_i8_s
#define op_i32_Load_u8_r sw_op_i32_Load_u8_r
#define op_i32_Load_u8_s sw_op_i32_Load_u8_s
#define op_i32_Load_i16_r sw_op_i32_Load_i16_r
#define op_i32_Load_i16_s sw_op_i32_Load_i16_s
#define op_i32_Load_u16_r sw_op_i32_Load_u16_r
#define op_i32_Load_u16_s sw_op_i32_Load_u16_s
#define op_i32_Load_i32_r sw_op_i32_Load_i32_r
#define op_i32_Load_i32_s sw_op_i32_Load_i32_s
#define op_i64_Load_u8_r sw_op_i64_Load_u8_r
#define op_i64_Load_u8_s sw_op_i64_Load_u8_s
#define op_i64_Load_u16_r sw_op_i64_Load_u16_r
#define op_i64_Load_u16_s sw_op_i64_Load_u16_s
#define op_i64_Load_u32_r sw_op_i64_Load_u32_r
#define op_i64_Load_u32_s sw_op_i64_Load_u32_s
#define op_i64_Load_i64_r sw_op_i64_Load_i64_r
#define op_i64_Load_i64_s sw_op_i64_Load_i64_s
#define op_i32_Store_u8_rs sw_op_i32_Store_u8_rs
#define op_i32_Store_u8_sr sw_op_i32_Store_u8_sr
#define op_i32_Store_u8_ss sw_op_i32_Store_u8_ss
#define op_i32_Store_i16_rs sw_op_i32_Store_i16_rs
#define op_i32_Store_i16_sr sw_op_i32_Store_i16_sr
#define op_i32_Store_i16_ss sw_op_i32_Store_i16_ss
#define op_i32_Store_i32_rs sw_op_i32_Store_i32_rs
#define op_i32_Store_i32_sr sw_op_i32_Store_i32_sr
#define op_i32_Store_i32_ss sw_op_i32_Store_i32_ss
#define op_i64_Store_i64_rs sw_op_i64_Store_i64_rs
#define op_i64_Store_i64_sr sw_op_i64_Store_i64_sr
#define op_i64_Store_i64_ss sw_op_i64_Store_i64_ss
