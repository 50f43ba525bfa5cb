/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INIT-SIPI-SIPI for every processor in the MADT.  SDM 3, "MP Initialization
 * Protocol".
 *
 * One at a time: the boot CPU (B) fills in the trampoline's fields, starts
 * the application processor (A) and waits until it has left the trampoline:
 *
 *   B: stack, cpu -> page, INIT, SIPI     A: reads them, state = STARTED
 *   B: sees STARTED, compares counters    A: compares counters, sets itself
 *      goes on to the next                   up, cpu_set_online(), loop
 *   B: waits for all to be online
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/cpu/gdt.h>
#include <arch/x86/cpu/lapic.h>
#include <arch/x86/cpu/percpu.h>
#include <arch/x86/cpu/smp_boot.h>
#include <arch/x86/cpu/stack.h>
#include <arch/x86/cpu/traps.h>
#include <arch/x86/cpu/tsc.h>
#include <arch/x86/mm/pgtable.h>
#include <arch/x86/mm/tlb.h>
#include <core/arch/arch_mm.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/kernel/param.h>
#include <core/kernel/time.h>
#include <core/lib/string.h>
#include <core/mm/boot_alloc.h>
#include <core/mm/page_alloc.h>
#include <core/mm/slab.h>
#include <core/sync/atomic.h>
#include <core/sync/barrier.h>
#include <drivers/acpi/acpi_madt.h>
#include <drivers/acpi/acpi_srat.h>

#define TRAMPOLINE_LIMIT 0xa0000u
#define WAIT_STARTED_NS (100 * NSEC_PER_MSEC)
#define WAIT_ONLINE_NS (2 * NSEC_PER_SEC)
/* A processor of this century needs no more; an emulator needs a turn. */
#define WAIT_INIT_NS (20 * NSEC_PER_USEC)
/* Between the two start-up messages, where the first was not enough. */
#define WAIT_SIPI_NS (1 * NSEC_PER_MSEC)

extern const uint8_t ap_trampoline[];
extern const uint8_t ap_trampoline_end[];
extern const uint8_t ap_gdt_ptr[];
extern const uint8_t ap_far[];
extern const uint8_t ap_cr3[];
extern const uint8_t ap_stack[];
extern const uint8_t ap_cpu[];
extern const uint8_t ap_entry[];

static paddr_t trampoline RO_AFTER_INIT;
static bool (*ap_init)(void);
static void (*ap_loop)(void);

void INIT_TEXT smp_boot_reserve(void)
{
    trampoline = boot_alloc(PAGE_SIZE, PAGE_SIZE, TRAMPOLINE_LIMIT);
}

static unsigned int INIT_TEXT smp_node_of(uint32_t apic_id)
{
    for (unsigned int i = 0; i < acpi_numa.cpu_count; i++) {
        if (acpi_numa.cpu[i].apic_id == apic_id) {
            return acpi_numa.cpu[i].node;
        }
    }
    return 0;
}

static struct cpu *INIT_TEXT smp_create(unsigned int id,
                                        const struct acpi_cpu *acpi)
{
    struct cpu *c = xzalloc(sizeof(*c) + sizeof(struct arch_cpu));
    struct arch_cpu *a;

    if (!c) {
        return NULL;
    }
    a = (struct arch_cpu *)(c + 1);
    a->stacks = stack_create(id);
    if (!a->stacks) {
        xfree(c);
        return NULL;
    }
    a->apic_id = acpi->apic_id;
    a->acpi_id = acpi->uid;
    c->arch = a;
    /* Each its own, from what the boot CPU's was made of. */
    c->stack_canary = (this_cpu()->stack_canary ^ arch_cycles()) *
                      UINT64_C(0x9e3779b97f4a7c15) & ~UINT64_C(0xff);
    cpu_register(c, id, smp_node_of(acpi->apic_id));
    gdt_init(c);
    return c;
}

void INIT_TEXT smp_boot_prepare(void)
{
    const uint32_t self = lapic_id();
    unsigned int id = 1;

    for (unsigned int i = 0; i < acpi_madt.cpu_count; i++) {
        const struct acpi_cpu *acpi = &acpi_madt.cpu[i];

        if (acpi->apic_id == self) {
            this_cpu()->arch->acpi_id = acpi->uid;
            this_cpu()->node = smp_node_of(self);
            continue;
        }
        if (!acpi->is_enabled) {
            continue;
        }
        if (id == CPU_MAX || (param.maxcpus && id >= param.maxcpus)) {
            break;
        }
        if (!lapic_is_x2apic() && acpi->apic_id > UINT8_MAX - 1) {
            printk(LOG_WARN, "CPU with APIC id %#x not used: needs x2APIC\n",
                   acpi->apic_id);
            continue;
        }
        if (!smp_create(id, acpi)) {
            printk(LOG_WARN, "no memory for CPU %u\n", id);
            break;
        }
        id++;
    }
}

/* C entry of an application processor. */
static void __noreturn smp_ap_main(void)
{
    struct cpu *c = this_cpu();

    gdt_load_cpu();
    idt_load_cpu();
    atomic_set_release(&c->arch->state, CPU_STATE_STARTED);
    time_cpu_init(tsc_sync_slave());
    if (!ap_init()) {
        atomic_set_release(&c->arch->state, CPU_STATE_FAILED);
        arch_cpu_halt();
    }
    atomic_set_release(&c->arch->state, CPU_STATE_READY);
    cpu_set_online();
    ap_loop();
    BUG();
}

static void *INIT_TEXT smp_field(const uint8_t *field)
{
    return (char *)arch_paddr_to_va(trampoline) + (field - ap_trampoline);
}

static void INIT_TEXT smp_put64(const uint8_t *field, uint64_t val)
{
    memcpy(smp_field(field), &val, sizeof(val));
}

static void INIT_TEXT smp_add_base(const uint8_t *field)
{
    uint32_t val;

    memcpy(&val, smp_field(field), sizeof(val));
    val += (uint32_t)trampoline;
    memcpy(smp_field(field), &val, sizeof(val));
}

static bool INIT_TEXT smp_wait(const struct cpu *c, enum cpu_state state,
                               nsec_t ns)
{
    const nsec_t end = time_now() + ns;

    while (atomic_read_acquire(&c->arch->state) < state) {
        if (time_now() > end) {
            return false;
        }
        cpu_relax();
    }
    return true;
}

static void INIT_TEXT smp_start(struct cpu *c)
{
    const uint32_t sipi = APIC_ICR_MODE_STARTUP | APIC_ICR_ASSERT |
                          (uint32_t)(trampoline >> PAGE_SHIFT);

    smp_put64(ap_stack, c->arch->tss.rsp[0]);
    smp_put64(ap_cpu, (uintptr_t)c);
    lapic_send(c->arch->apic_id, APIC_ICR_MODE_INIT | APIC_ICR_ASSERT |
                                 APIC_ICR_LEVEL);
    lapic_send(c->arch->apic_id, APIC_ICR_MODE_INIT | APIC_ICR_LEVEL);
    time_busy_wait(WAIT_INIT_NS);
    lapic_send(c->arch->apic_id, sipi);
    if (!smp_wait(c, CPU_STATE_STARTED, WAIT_SIPI_NS)) {
        lapic_send(c->arch->apic_id, sipi);
        if (!smp_wait(c, CPU_STATE_STARTED, WAIT_STARTED_NS)) {
            printk(LOG_ERR, "CPU %u (APIC id %#x) does not start\n", c->id,
                   c->arch->apic_id);
            /* Should it wake up after all, let it find nothing to do. */
            lapic_send(c->arch->apic_id, APIC_ICR_MODE_INIT |
                                         APIC_ICR_ASSERT | APIC_ICR_LEVEL);
            c->arch->state = CPU_STATE_FAILED;
            return;
        }
    }
    tsc_sync_master();
}

static void INIT_TEXT smp_prepare_trampoline(void)
{
    memcpy(arch_paddr_to_va(trampoline), ap_trampoline,
           (size_t)(ap_trampoline_end - ap_trampoline));
    smp_add_base(ap_gdt_ptr + 2);
    smp_add_base(ap_far);
    smp_put64(ap_cr3, pgtable_root());
    smp_put64(ap_entry, (uintptr_t)smp_ap_main);
    pgtable_map_identity(trampoline);
}

void INIT_TEXT smp_boot(bool (*init)(void), void (*loop)(void))
{
    unsigned int up = 1;

    ap_init = init;
    ap_loop = loop;
    if (cpu_count > 1 && !trampoline) {
        panic("no free page below 640 KiB to start other CPUs from\n");
    }
    if (cpu_count > 1) {
        smp_prepare_trampoline();
    }
    for (unsigned int i = 1; i < cpu_count; i++) {
        smp_start(cpu_of(i));
    }
    for (unsigned int i = 1; i < cpu_count; i++) {
        struct cpu *c = cpu_of(i);

        if (!smp_wait(c, CPU_STATE_READY, WAIT_ONLINE_NS)) {
            printk(LOG_ERR, "CPU %u started but did not become ready\n", i);
        }
        up += c->arch->state == CPU_STATE_READY;
    }
    if (cpu_count > 1) {
        pgtable_unmap_identity();
        memset(arch_paddr_to_va(trampoline), 0, PAGE_SIZE);
    }
    printk(LOG_INFO, "%u of %u CPUs are up\n", up, cpu_count);
}
