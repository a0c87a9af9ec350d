import { BOOT_SIZE, type BoardDescription, type MemoryRegion } from "./description";

/** Where the words lie that each start leaves to the next, behind `struct sw_boot`. */
const CHAIN_OFFSET = 48;

/** Sizes that differ from build to build. */
export interface Sizes {
  /** Octets the engine may allocate. */
  heap: number;
}

/**
 * The linker script of a board. The stack lies at the lower end of its region, so that an overflow leaves the memory and faults instead
 * of spoiling something. Parts that are only cleared, or not even that, take no octets in the image.
 */
export function linkerScript(board: BoardDescription, { heap }: Sizes): string {
  const { place, stack, boot } = board;
  const regions = board.memory.map((region) => withoutBoot(region, boot));
  const lines = regions.map(({ name, origin, size }) => `  ${name} : ORIGIN = ${hex(origin)}, LENGTH = ${hex(size)}`);
  const isPlaced = (name: string): boolean => Object.values(place).includes(name);
  const others = regions
    .filter(({ name }) => !isPlaced(name))
    .map(({ name }) => `  .${name} (NOLOAD) : { *(.${name} .${name}.*) } > ${name}`);
  return `/* Made from ${board.name}/board.json. */
ENTRY(reset_handler)
MEMORY
{
${lines.join("\n")}
}
SECTIONS
{
  .vectors : { KEEP(*(.vectors)) KEEP(*(.vectors.*)) } > ${place.code}
  .text : { operations_start = .; *(.text.op_* .text.sw_op_* .text.*.op_* .text.*.sw_op_*) operations_end = .; *(.text.hot .text.hot.*) *(.text .text.*) *(.ARM.exidx* .ARM.extab*) } > ${place.code}
  ASSERT(operations_end == operations_start || operations_end <= ORIGIN(${place.code}) + 0x10000, "operations beyond 64 KiB")
  .rodata : { *(.rodata .rodata.*) . = ALIGN(8); } > ${place.code}
  .module : { *(.module .module.*) . = ALIGN(8); } > ${place.code}

  .stack (NOLOAD) : ALIGN(8) { stack_start = .; . += ${stack}; stack_end = .; } > ${place.stack}

  .data : ALIGN(8) { data_start = .; *(.data .data.*) . = ALIGN(8); data_end = .; } > ${place.data} AT > ${place.code}
  data_image = LOADADDR(.data);
  .bss (NOLOAD) : ALIGN(8) { bss_start = .; *(.bss .bss.* COMMON) . = ALIGN(8); bss_end = .; } > ${place.data}

  .linear (NOLOAD) : ALIGN(64) { linear_start = .; *(.linear .linear.*) linear_end = .; } > ${place.linear}
  .heap (NOLOAD) : ALIGN(64) { heap_start = .; . += ${heap}; heap_end = .; } > ${place.heap}

${others.join("\n")}
  /* Nobody loads or clears these: they are no section, or an emulator would take them for part of the image. */
  sw_boot = ${hex(boot)};
  boot_chain = ${hex(boot + CHAIN_OFFSET)};

  /DISCARD/ : { *(.comment .ARM.attributes .note.*) }
}
`;
}

function withoutBoot({ name, origin, size }: MemoryRegion, boot: number): MemoryRegion {
  return { name, origin, size: origin + size - BOOT_SIZE === boot ? size - BOOT_SIZE : size };
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
