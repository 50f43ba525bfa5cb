/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine for unit tests, behind the contracts of core/arch that layers 0 to
 * 2 need.  One thread plays all CPUs.  Tests of higher layers bring what they
 * need of arch_domain.h and the like themselves, or override a weak function.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <core/arch/arch_cpu.h>
#include <core/arch/arch_io.h>
#include <core/arch/arch_mm.h>
#include <core/arch/arch_time.h>
#include <core/console/console.h>
#include <core/kernel/bug.h>
#include <core/kernel/keyhandler.h>
#include <core/kernel/shutdown.h>
#include <core/kernel/smp_call.h>
#include <core/kernel/softirq.h>
#include <core/kernel/time.h>
#include <core/kernel/timer.h>
#include <core/kernel/version.h>
#include <core/mm/boot_alloc.h>
#include <tests/unit/fake_arch.h>

#define ARENA_BYTES (UINT64_C(1) << 34)
#define TABLE_BYTES (UINT64_C(1) << 28)
#define FIRST_FRAME 256u

char *fake_directmap;
char *fake_frametable;
uint64_t fake_cycles;
nsec_t fake_programmed[FAKE_CPUS];
unsigned int fake_programs[FAKE_CPUS];
unsigned int fake_kicks[FAKE_CPUS];
char fake_key;
jmp_buf fake_panic_jump;
bool fake_panic_expected;
uint32_t (*fake_io_in)(uint16_t port, unsigned int bytes);
void (*fake_io_out)(uint16_t port, unsigned int bytes, uint32_t val);

static struct cpu cpus[FAKE_CPUS];
static struct cpu *current_cpu = &cpus[0];
static char printed[65536];
static size_t printed_len;
static bool console_is_known;

/* --- core/arch/arch_cpu.h --- */

struct cpu *this_cpu(void)
{
    return current_cpu;
}

__weak void arch_cpu_kick(unsigned int cpu)
{
    fake_kicks[cpu]++;
}

void arch_cpu_stop_others(bool show)
{
}

void arch_cpu_halt(void)
{
    if (fake_panic_expected) {
        longjmp(fake_panic_jump, 1);
    }
    fputs(printed, stdout);
    fflush(stdout);
    abort();
}

void arch_cpu_dump(void)
{
}

void arch_cpu_backtrace(void)
{
}

void arch_cpu_dump_others(void)
{
}

void arch_cpu_reset(void)
{
}

/* --- core/arch/arch_time.h --- */

uint64_t arch_cycles(void)
{
    return fake_cycles;
}

void arch_timer_program(nsec_t deadline)
{
    fake_programmed[current_cpu->id] = deadline;
    fake_programs[current_cpu->id]++;
}

/* --- core/arch/arch_mm.h --- */

int arch_mm_map(void *va, paddr_t pa, size_t bytes)
{
    return 0;
}

void arch_mm_clear_pages(void *va, unsigned long nr)
{
    memset(va, 0, nr * PAGE_SIZE);
}

__weak void *arch_mm_ioremap(paddr_t pa, size_t bytes)
{
    return NULL;
}

/* --- core/arch/arch_io.h --- */

static uint32_t io_in(uint16_t port, unsigned int bytes)
{
    return fake_io_in ? fake_io_in(port, bytes) : UINT32_MAX;
}

static void io_out(uint16_t port, unsigned int bytes, uint32_t val)
{
    if (fake_io_out) {
        fake_io_out(port, bytes, val);
    }
}

uint8_t arch_io_in8(uint16_t port)
{
    return (uint8_t)io_in(port, 1);
}

uint16_t arch_io_in16(uint16_t port)
{
    return (uint16_t)io_in(port, 2);
}

uint32_t arch_io_in32(uint16_t port)
{
    return io_in(port, 4);
}

void arch_io_out8(uint16_t port, uint8_t val)
{
    io_out(port, 1, val);
}

void arch_io_out16(uint16_t port, uint16_t val)
{
    io_out(port, 2, val);
}

void arch_io_out32(uint16_t port, uint32_t val)
{
    io_out(port, 4, val);
}

/* --- parts of core that the tests do without --- */

__weak const struct version_info version_info = { .name = "Hospes",
                                                  .version = "test" };

__weak void trace_dump(unsigned int count);
__weak void trace_dump(unsigned int count)
{
}

__weak void keyhandler_run(char key)
{
    fake_key = key;
}

/* --- the test's side --- */

static int fake_con_init(struct console *con)
{
    return 0;
}

static void fake_con_putc(struct console *con, char c)
{
    if (printed_len + 1 < sizeof(printed)) {
        printed[printed_len++] = c;
        printed[printed_len] = '\0';
    }
}

static const struct console_ops fake_console_ops = {
    .init = fake_con_init,
    .putc = fake_con_putc,
};

static struct console fake_console = {
    .name = "early",
    .ops = &fake_console_ops,
    .has_seen = true,
};

const char *fake_printed(void)
{
    static char copy[sizeof(printed)];

    memcpy(copy, printed, printed_len + 1);
    printed_len = 0;
    printed[0] = '\0';
    return copy;
}

void fake_panic_reset(void)
{
    panic_forget();
    console_force();
    for (unsigned int i = 0; i < FAKE_CPUS; i++) {
        cpus[i].held.depth = 0;
    }
}

void fake_set_cpu(unsigned int cpu)
{
    current_cpu = &cpus[cpu];
}

void fake_init(unsigned int count)
{
    memset(cpus, 0, sizeof(cpus));
    memset(cpu_table, 0, sizeof(cpu_table));
    memset(cpu_online, 0, sizeof(cpu_online));
    cpu_count = 0;
    shutdown_noreboot = true;
    fake_cycles = 0;
    fake_key = 0;
    fake_set_cpu(0);
    if (!console_is_known) {
        console_is_known = true;
        cpu_register(&cpus[0], 0, 0);
        console_register(&fake_console);
    }
    for (unsigned int i = 0; i < count; i++) {
        cpu_register(&cpus[i], i, 0);
        fake_programmed[i] = NSEC_NEVER;
        fake_programs[i] = 0;
        fake_kicks[i] = 0;
    }
    time_calibrate_known(NSEC_PER_SEC);
    for (unsigned int i = 0; i < count; i++) {
        fake_set_cpu(i);
        if (i > 0) {
            time_cpu_init(0);
        }
        timer_cpu_init();
        cpu_set_online();
        cpus[i].softirq_pending = 0;
    }
    fake_set_cpu(0);
    smp_call_init();
    console_init();
    fake_printed();
}

void fake_memory(unsigned long mib)
{
    const int prot = PROT_READ | PROT_WRITE;
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    const paddr_t start = (paddr_t)FIRST_FRAME << PAGE_SHIFT;

    if (!fake_directmap) {
        fake_directmap = mmap(NULL, ARENA_BYTES, prot, flags, -1, 0);
        fake_frametable = mmap(NULL, TABLE_BYTES, prot, flags, -1, 0);
    }
    boot_alloc_add(start, start + ((paddr_t)mib << 20));
    boot_alloc_finish();
}

void fake_run_softirqs(void)
{
    const unsigned int before = current_cpu->id;
    bool is_busy;

    do {
        is_busy = false;
        for (unsigned int i = 0; i < cpu_count; i++) {
            fake_set_cpu(i);
            if (softirq_is_pending()) {
                is_busy = true;
                softirq_run();
            }
        }
    } while (is_busy);
    fake_set_cpu(before);
}
