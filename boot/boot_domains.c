/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps that make the machine a host: virtualisation on each CPU, the
 * scheduler, the control domain.
 */
#include <arch/x86/cpu/identify.h>
#include <arch/x86/hvm/hvm_run.h>
#include <boot/boot_info.h>
#include <boot/boot_steps.h>
#include <core/arch/arch_domain.h>
#include <core/console/printk.h>
#include <core/dom0/dom0.h>
#include <core/domain/domain.h>
#include <core/kernel/bug.h>
#include <core/kernel/cpu.h>
#include <core/kernel/param.h>
#include <core/lib/util.h>
#include <core/sched/sched_core.h>
#include <drivers/serial/uart16550.h>

#define UART_PORTS 8u
#define SLICE_DEFAULT_MS 0u

static struct e820_map host_e820 INIT_DATA;
static struct dom0_module dom0_modules[BOOT_MODULES_MAX] INIT_DATA;
static struct dom0_ports dom0_ports[UART_COUNT] INIT_DATA;
static struct dom0_boot dom0_boot INIT_DATA;

/* What the loader says in the form of the BIOS call. */
static void INIT_TEXT collect_e820(void)
{
    for (unsigned int i = 0; i < boot_info.mmap_count; i++) {
        const struct boot_mem *const m = &boot_info.mmap[i];

        if (!e820_add(&host_e820, m->start, m->end, m->type)) {
            panic("the memory map has more than %u entries\n", E820_MAX);
        }
    }
    if (!e820_sanitise(&host_e820)) {
        panic("the memory map has more than %u entries\n", E820_MAX);
    }
}

static void INIT_TEXT collect_modules(void)
{
    dom0_boot.module_count = boot_info.module_count;
    dom0_boot.module = dom0_modules;
    for (unsigned int i = 0; i < boot_info.module_count; i++) {
        const struct boot_module *const m = &boot_info.module[i];

        dom0_modules[i].start = m->start;
        dom0_modules[i].size = m->end - m->start;
        dom0_modules[i].cmdline = m->cmdline;
    }
}

/* The hypervisor's own serial ports are not dom0's. */
static void INIT_TEXT collect_ports(void)
{
    dom0_boot.ports = dom0_ports;
    for (unsigned int i = 0; i < UART_COUNT; i++) {
        const uint16_t base = uart_port_in_use(i);

        if (base) {
            dom0_ports[dom0_boot.port_count].first = base;
            dom0_ports[dom0_boot.port_count].last = base + UART_PORTS - 1;
            dom0_boot.port_count++;
        }
    }
}

static unsigned int INIT_TEXT dom0_vcpu_count(void)
{
    const uint64_t asked =
        param.dom0_max_vcpus ? param.dom0_max_vcpus : cpu_count;

    return (unsigned int)clamp(asked, UINT64_C(1),
                               (uint64_t)DOMAIN_MAX_VCPUS);
}

void INIT_TEXT boot_dom0_reserve(void)
{
    collect_e820();
    collect_modules();
    collect_ports();
    dom0_boot.host = &host_e820;
    dom0_boot.mem = *param.dom0_mem ? param.dom0_mem : NULL;
    dom0_boot.max_vcpus = dom0_vcpu_count();
    dom0_boot.phys_bits = cpu_info.phys_bits;
    dom0_reserve(&dom0_boot);
}

void INIT_TEXT boot_hvm_init(void)
{
    if (hvm_cpu_init()) {
        panic("this machine cannot run guests; the reason stands above\n");
    }
}

bool boot_hvm_init_cpu(void)
{
    return hvm_cpu_init() == 0;
}

void INIT_TEXT boot_sched_init(void)
{
    sched_init(param.sched, SLICE_DEFAULT_MS);
    for (unsigned int i = 0; i < cpu_count; i++) {
        if (sched_start(i)) {
            panic("no memory for the run queue of CPU %u\n", i);
        }
    }
}

void INIT_TEXT boot_dom0_start(void)
{
    struct domain *const d = dom0_build();

    arch_domain_update_ports(d);
    domain_unpause(d);
}
