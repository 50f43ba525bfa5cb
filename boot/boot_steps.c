/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small steps of boot which join the machine's parts: processor features,
 * ACPI, local APIC, time, other CPUs.
 */
#include <arch/x86/cpu/identify.h>
#include <arch/x86/cpu/smp_boot.h>
#include <arch/x86/mm/ioremap.h>
#include <arch/x86/mm/memtype.h>
#include <boot/boot_info.h>
#include <boot/boot_steps.h>
#include <core/arch/arch_cpu.h>
#include <core/kernel/bug.h>
#include <drivers/acpi/acpi.h>

void INIT_TEXT boot_cpu_init(void)
{
    cpu_identify();
    cpu_identify_print();
    cpu_require_features();
    memtype_init();
}

void boot_cpu_protect(void)
{
    cpu_enable_protections();
    memtype_init_cpu();
}

static const void *INIT_TEXT boot_acpi_map(paddr_t addr, size_t len)
{
    return ioremap(addr, len, MAP_RO, MEMTYPE_WB);
}

void INIT_TEXT boot_acpi_init(void)
{
    if (acpi_init(boot_info.rsdp_len ? boot_info.rsdp : NULL,
                  boot_info.rsdp_len, boot_acpi_map)) {
        panic("%s\n", acpi_boot_advice);
    }
}

/* The other CPUs' part of the table, see core/init/main.c. */
void INIT_TEXT boot_smp(void)
{
    smp_boot(init_cpu, cpu_loop);
}
