import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { writeChanged } from "../stale";

/** In a file of wasm3's: this text, which stands there so many times, gives way to that. */
type Edit = [file: string, from: string, to: string, times?: number];

/**
 * wasm3's compiled code is a row of words: where an operation's function lies, and its operands. Here it is a row of half words, which
 * halves what a microcontroller needs most of: operations lie in the first 64 KiB of flash (the linker script sees to it), so
 * that the lower half of an address says it all; slots, offsets into memory and lengths of tables are 16 bits; addresses and
 * constants take two units, at any even address.
 */
const EDITS: Edit[] = [
  ["m3_core.h", "typedef void /*const*/ *                    code_t;", "typedef u16 code_t;"],
  [
    "m3_core.h",
    "typedef code_t const * /*__restrict__*/     pc_t;",
    `typedef code_t const * pc_t;
typedef pc_t __attribute__((aligned(2), may_alias)) sw_place; /* of an address in code */
typedef u32 __attribute__((aligned(2), may_alias)) sw_loose32;
typedef struct __attribute__((packed, aligned(2), may_alias)) { u64 value; } sw_loose64;`,
  ],
  // The longest operation is an indirect call: operation, slot, two addresses, offset; then a bridge, operation and address.
  ["m3_core.h", "d_m3CodePageFreeLinesThreshold      4+2", "d_m3CodePageFreeLinesThreshold      8+3"],
  ["m3_exec.h", "* ((void **) (_pc-1)) = (void*)(OP)", "* (code_t *) (_pc-1) = (code_t) (uintptr_t) (OP)"],
  [
    "m3_exec.h",
    "# define immediate(TYPE)            * ((TYPE *) _pc++)",
    `# define sw_is(TYPE, OTHER)        __builtin_types_compatible_p (TYPE, OTHER)
# define sw_units(TYPE)            (sw_is (TYPE, i32) || sw_is (TYPE, u32) ? 1 : 2)
# define immediate(TYPE)            (_pc += sw_units (TYPE), __builtin_choose_expr (sw_is (TYPE, i32), (i32) (i16) _pc [-1], \\
    __builtin_choose_expr (sw_is (TYPE, u32), (u32) _pc [-1], (TYPE) * (const sw_loose32 *) (_pc - 2))))`,
  ],
  [
    "m3_exec.h",
    "* ((void**) --_pc) = (void*) (function->compiled);",
    "_pc -= 2;\n        * (sw_place *) _pc = function->compiled;",
  ],
  ["m3_exec.h", "jumpOp (* _pc);", "pc_t target = immediate (pc_t);\n    jumpOp (target);"],
  ["m3_exec.h", "pc_t * branches = (pc_t *) _pc;", "const sw_place * branches = (const sw_place *) _pc;"],
  ["m3_exec.h", "u32 value = * (u32 *)_pc++;", "u32 value = * (const sw_loose32 *) _pc;\n    _pc += 2;"],
  ["m3_exec.h", "u64 value = * (u64 *)_pc;", "u64 value = ((const sw_loose64 *) _pc)->value;"],
  ["m3_exec.h", "_pc += (M3_SIZEOF_PTR == 4) ? 2 : 1;", "_pc += 4;"],
  [
    "m3_code.h",
    "void                    EmitWord32 ",
    `void                    EmitOperation           (IM3CodePage i_page, const void * i_operation);
void                    EmitWord16              (IM3CodePage i_page, u32 i_word);
void                    EmitWord32 `,
  ],
  [
    "m3_code.c",
    "void  EmitWord_impl  (",
    `void  EmitOperation  (IM3CodePage i_page, const void * i_operation)
{
    i_page->code [i_page->info.lineIndex++] = (code_t) (uintptr_t) i_operation;
}

void  EmitWord16  (IM3CodePage i_page, u32 i_word)
{
    i_page->code [i_page->info.lineIndex++] = (code_t) i_word;
}

void  EmitWord_impl  (`,
  ],
  ["m3_code.c", "i_page->code [i_page->info.lineIndex++] = i_word;", "EmitWord32 (i_page, (u32) i_word);"],
  [
    "m3_code.c",
    "memcpy (& i_page->code[i_page->info.lineIndex++], & i_word, sizeof(i_word));",
    "memcpy (& i_page->code[i_page->info.lineIndex], & i_word, sizeof(i_word));\n    i_page->info.lineIndex += 2;",
  ],
  [
    "m3_code.c",
    "memcpy (& i_page->code[i_page->info.lineIndex], & i_word, sizeof(i_word));\n    i_page->info.lineIndex += 2;\n#else",
    "memcpy (& i_page->code[i_page->info.lineIndex], & i_word, sizeof(i_word));\n    i_page->info.lineIndex += 4;\n#else",
  ],
  ["m3_compile.c", "i_numLines += 2; // room for Bridge", "i_numLines += 3; // room for Bridge"],
  ["m3_compile.c", "EmitWord (o->page, op_Branch);", "EmitOperation (o->page, op_Branch);"],
  ["m3_compile.c", "EmitWord (o->page, i_operation);", "EmitOperation (o->page, i_operation);"],
  ["m3_compile.c", "EmitWord32 (o->page, i_immediate);", "EmitWord16 (o->page, i_immediate);"],
  ["m3_compile.c", "EmitWord32 (o->page, i_offset);", "EmitWord16 (o->page, i_offset);"],
  ["m3_compile.c", "pc_t next = * (pc_t *) patches;", "pc_t next = * (sw_place *) patches;"],
  ["m3_compile.c", "* (pc_t *) patches = pc;", "* (sw_place *) patches = pc;"],
  ["m3_compile.c", "pc_t * jumpTo = (pc_t *) ReservePointer (o);", "sw_place * jumpTo = (sw_place *) ReservePointer (o);"],
  ["m3_compile.c", "pc_t * jumpTo = NULL;", "sw_place * jumpTo = NULL;"],
  ["m3_compile.c", "jumpTo = (pc_t *) ReservePointer (o);", "jumpTo = (sw_place *) ReservePointer (o);"],
  ["m3_compile.c", "pc_t * pc = (pc_t *) ReservePointer (o);", "sw_place * pc = (sw_place *) ReservePointer (o);"],
  [
    "m3_compile.c",
    "CompileElseBlock  (IM3Compilation o, pc_t * o_startPC,",
    "CompileElseBlock  (IM3Compilation o, sw_place * o_startPC,",
  ],
  ["m3_compile.c", "u32 numCodeLines = targetCount + 4;", "u32 numCodeLines = targetCount * 2 + 8;"],
  [
    "m3_compile.c",
    "    EmitConstant32 (o, targetCount);",
    '    _throwif ("the module has a table of branches that is too long", targetCount > 0xffff);\n    EmitConstant32 (o, targetCount);',
  ],
  [
    "m3_compile.c",
    "    EmitConstant32 (o, memoryOffset);",
    '    _throwif ("the module has an offset beyond 64 KiB", memoryOffset > 0xffff);\n    EmitConstant32 (o, memoryOffset);',
  ],
  // What a function of a module without imports has no use for, and an order without holes: 44 octets for 60, several hundred times.
  ["m3_function.h", "    M3ImportInfo            import;\n", ""],
  ["m3_function.h", "    cstr_t                  export_name; ", "    //"],
  ["m3_function.h", "    u16                     numNames; ", "    //"],
  [
    "m3_function.h",
    "    u16                     maxStackSlots;",
    "    u16                     numNames;\n    u16                     maxStackSlots;",
  ],
  ["m3_function.c", "if (i_function->names[i] != i_function->import.fieldUtf8)", ""],
  ["m3_function.c", "FreeImportInfo (& i_function->import);", ""],
  ["m3_function.c", "if (i_function->import.fieldUtf8)", "if (0)"],
  ["m3_function.c", "return &i_function->import.fieldUtf8;", "return NULL;"],
  ["m3_function.c", '(i_function->import.moduleUtf8) ? i_function->import.moduleUtf8 : ""', '""'],
  ["m3_env.c", "f->export_name and strcmp (f->export_name, i_name) == 0", "0"],
  ["m3_env.c", "f->import.moduleUtf8 or f->import.fieldUtf8", "false"],
  ["m3_module.c", "func->import = * i_importInfo;", ""],
  ["m3_parse.c", "func->export_name = utf8;", ""],
  ["m3_bind.c", "f->import.moduleUtf8 and f->import.fieldUtf8", "0"],
  ["m3_bind.c", "strcmp (f->import.fieldUtf8, i_functionName) == 0 and", "0 and"],
  ["m3_bind.c", "strcmp (f->import.moduleUtf8, i_moduleName) == 0", "0"],
];

/** Writes copies of wasm3's files with half words for code into a folder. Throws an Error of one line when they are of another version. */
export function compactWasm3(from: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(from).filter((name) => /^(m3_.*|wasm3.*)\.[ch]$/.test(name));
  for (const name of names) {
    const edits = EDITS.filter(([file]) => file === name);
    writeChanged(join(folder, name), edits.reduce(edited, readFileSync(join(from, name), "utf8")));
  }
}

function edited(text: string, [file, from, to, times = 1]: Edit): string {
  const parts = text.split(from);
  if (parts.length !== times + 1)
    throw new Error(`this ${file} is not wasm3 0.5.0's as the package react-native-webassembly 0.3.3 has it: unset WASM3_DIR`);
  return parts.join(to);
}
