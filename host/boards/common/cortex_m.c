/* Start-up, faults and sleep of a Cortex-M. Register names are those of the Armv7-M Architecture Reference Manual, B3. */
#include "cortex_m.h"

#include "common.h"

#define ICSR 0xe000ed04u
#define ICSR_PENDSTCLR (1u << 25)
#define AIRCR 0xe000ed0cu
#define AIRCR_VECTKEY (0x05fau << 16)
#define AIRCR_SYSRESETREQ (1u << 2)
#define CFSR 0xe000ed28u
#define BFAR 0xe000ed38u
#define NVIC_ISER 0xe000e100u
#define NVIC_ICPR 0xe000e280u
#define NVIC_WORDS 3u

void reset_handler(void);
void fault_handler(void);
void fault_report(const uint32_t *registers);

typedef void (*vector)(void);

/* B1.5.2: the stack pointer, then the system's exceptions. Those of interrupts follow, from boards that take any. */
static const vector vectors[16] __attribute__((section(".vectors"), used)) = {
    (vector)(void *)stack_end,
    reset_handler,
    fault_handler, /* NMI */
    fault_handler, /* HardFault */
    fault_handler, /* MemManage */
    fault_handler, /* BusFault */
    fault_handler, /* UsageFault */
    cortex_m_unexpected,
    cortex_m_unexpected,
    cortex_m_unexpected,
    cortex_m_unexpected,
    cortex_m_unexpected, /* SVCall */
    cortex_m_unexpected, /* DebugMonitor */
    cortex_m_unexpected,
    cortex_m_unexpected, /* PendSV */
    systick_handler,
};

__attribute__((naked)) void reset_handler(void) { __asm volatile("b start_c"); }

__attribute__((naked)) void cortex_m_unexpected(void) { __asm volatile("b fault_handler"); }

__attribute__((naked, weak)) void systick_handler(void) { __asm volatile("b fault_handler"); }

/* The stack may be what has failed: the report begins a new one. */
__attribute__((naked)) void fault_handler(void) {
  __asm volatile("mrs r0, msp\n ldr r1, =stack_end\n mov sp, r1\n b fault_report");
}

void fault_report(const uint32_t *registers) { fault("fault", registers, *reg(CFSR), *reg(BFAR)); }

void cortex_m_only_wake(void) { __asm volatile("cpsid i" ::: "memory"); }

void cortex_m_wake_on(uint32_t irq) { *reg(NVIC_ISER + irq / 32 * 4) = 1u << irq % 32; }

void cortex_m_rest(void) {
  __asm volatile("dsb\n wfi" ::: "memory");
  for (uint32_t word = 0; word < NVIC_WORDS; word++) *reg(NVIC_ICPR + word * 4) = ~0u;
  *reg(ICSR) = ICSR_PENDSTCLR;
}

_Noreturn void cortex_m_reset(void) {
  __asm volatile("dsb" ::: "memory");
  *reg(AIRCR) = AIRCR_VECTKEY | AIRCR_SYSRESETREQ;
  for (;;) __asm volatile("wfi");
}
