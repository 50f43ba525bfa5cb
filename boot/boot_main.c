/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First C code of the boot processor: traps and the early console work before
 * anything else is tried.
 */
#include <arch/x86/cpu/early_console.h>
#include <arch/x86/cpu/gdt.h>
#include <arch/x86/cpu/percpu.h>
#include <arch/x86/cpu/traps.h>
#include <arch/x86/mm/pgtable.h>
#include <boot/boot_info.h>
#include <boot/boot_main.h>
#include <core/init/init.h>

paddr_t boot_info_paddr RO_AFTER_INIT;
uint64_t boot_entry_tsc RO_AFTER_INIT;

void boot_main(paddr_t info, paddr_t image, uint64_t tsc)
{
    image_paddr = image;
    boot_info_paddr = info;
    boot_entry_tsc = tsc;

    gdt_init(this_cpu());
    gdt_load_cpu();
    idt_init();
    idt_load_cpu();
    cpu_register(this_cpu(), 0, 0);
    early_console_init();
    pgtable_unmap_identity();
    init_main(tsc);
}
