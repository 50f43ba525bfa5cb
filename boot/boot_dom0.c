/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps that hand what the boot loader gave us to the builder of the control
 * domain: memory early, the domain last.
 */
#include <arch/x86/cpu/identify.h>
#include <boot/boot_info.h>
#include <boot/boot_steps.h>
#include <core/abi/xen.h>
#include <core/console/console.h>
#include <core/console/printk.h>
#include <core/dom0/dom0.h>
#include <core/domain/domain.h>
#include <core/evtchn/evtchn.h>
#include <core/kernel/bug.h>
#include <core/kernel/cpu.h>
#include <core/kernel/param.h>
#include <core/lib/string.h>
#include <core/trace/trace.h>
#include <drivers/serial/uart16550.h>
#include <drivers/video/efifb.h>
#include <drivers/video/vga_text.h>

#define UART_PORTS 8u
#define MAX_UARTS 4u

static INIT_DATA struct e820_map host;
static INIT_DATA struct dom0_module modules[BOOT_MODULES_MAX];
static INIT_DATA struct dom0_ports ports[MAX_UARTS];
static INIT_DATA struct dom0_boot boot = {
    .host = &host,
    .module = modules,
    .mem = &param.dom0_mem,
    .ports = ports,
};

static INIT_TEXT void host_map_init(void)
{
    for (unsigned int i = 0; i < boot_info.mmap_count; i++) {
        const struct boot_mem *const m = &boot_info.mmap[i];
        /* Loaders have types of their own for EFI's code and data. */
        const uint32_t type = m->type >= E820_RAM && m->type <= E820_PMEM
            ? m->type : E820_RESERVED;

        if (!e820_add(&host, m->start, m->end, type)) {
            printk(LOG_WARN, "dom0: the memory map has more than %u entries, "
                   "rest not used\n", E820_MAX);
            return;
        }
    }
}

static INIT_TEXT void modules_init(void)
{
    boot.module_count = boot_info.module_count;
    for (unsigned int i = 0; i < boot_info.module_count; i++) {
        const struct boot_module *const m = &boot_info.module[i];

        modules[i] = (struct dom0_module){
            .start = m->start,
            .size = m->end - m->start,
            .cmdline = m->cmdline,
        };
    }
}

void INIT_TEXT boot_dom0_reserve(void)
{
    host_map_init();
    modules_init();
    dom0_reserve(&boot);
}

/* The serial ports that the hypervisor drives. */
static INIT_TEXT void ports_init(void)
{
    for (unsigned int p = 0; p < UINT16_MAX; p += UART_PORTS) {
        if (uart_owns_port((uint16_t)p) && boot.port_count < MAX_UARTS) {
            ports[boot.port_count++] = (struct dom0_ports){
                .first = (uint16_t)p,
                .last = (uint16_t)(p + UART_PORTS - 1),
            };
        }
    }
}

static INIT_TEXT unsigned int vcpus_wanted(void)
{
    /* This CPU counts as online only when it enters its loop. */
    unsigned int online = 1;
    unsigned int cpu;

    if (param.dom0_max_vcpus > DOMAIN_MAX_VCPUS) {
        printk(LOG_WARN, "dom0_max_vcpus is more than %u, which it is now\n",
               DOMAIN_MAX_VCPUS);
        return DOMAIN_MAX_VCPUS;
    }
    if (param.dom0_max_vcpus != 0) {
        return (unsigned int)param.dom0_max_vcpus;
    }
    for_each_online_cpu(cpu) {
        online++;
    }
    return clamp(online, 1u, DOMAIN_MAX_VCPUS);
}

static void input_came(void)
{
    evtchn_send_global_virq(VIRQ_CONSOLE);
}

static void ring_has_news(void)
{
    evtchn_send_global_virq(VIRQ_CON_RING);
}

static void trace_has_news(void)
{
    evtchn_send_global_virq(VIRQ_TBUF);
}

/* The screen and the input become the control domain's. */
static INIT_TEXT void console_handover(void)
{
    con_in_set_hook(input_came);
    con_ring_set_hook(ring_has_news);
    trace_set_hook(trace_has_news);
    con_in_start_guest();
    if (strcmp(param.vga, "keep") == 0) {
        return;
    }
    if (*param.vga) {
        param_bad("vga", param.vga);
    }
    vga_text_release();
    efifb_release();
}

void INIT_TEXT boot_dom0_build(void)
{
    struct domain *d;

    ports_init();
    boot.may_restart = param.dom0_restart;
    boot.max_vcpus = vcpus_wanted();
    boot.phys_bits = cpu_info.phys_bits;
    d = dom0_build();
    console_handover();
    if (domain_tool_unpause(d) != 0) {
        panic("dom0: cannot be started\n");
    }
}
