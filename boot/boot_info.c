/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps that read the boot loader's information: first through the window,
 * for the command line and the memory map, then, once pages can be mapped,
 * for good.
 */
#include <arch/x86/mm/ioremap.h>
#include <arch/x86/mm/pgtable.h>
#include <boot/boot_info.h>
#include <boot/boot_steps.h>
#include <boot/mb2_parse.h>
#include <core/console/printk.h>
#include <core/hypercall/xen_version.h>
#include <core/kernel/bug.h>
#include <core/kernel/param.h>
#include <core/lib/util.h>

struct boot_info boot_info RO_AFTER_INIT;
uint32_t boot_info_size RO_AFTER_INIT;

static const char *const mem_type_names[] = {
    [0] = "type 0",
    [BOOT_MEM_RAM] = "RAM",
    [BOOT_MEM_RESERVED] = "reserved",
    [BOOT_MEM_ACPI] = "ACPI tables",
    [BOOT_MEM_NVS] = "ACPI NVS",
    [BOOT_MEM_BAD] = "bad",
};

/* All of the information, through window slots. */
static const void *INIT_TEXT boot_info_window(void)
{
    const unsigned int slot = WINDOW_SLOT_FREE;
    const char *va = window_map(slot, boot_info_paddr, MAP_RO);
    const uint64_t offset = boot_info_paddr & ~PAGE_MASK;

    boot_info_size = mb2_total_size(va);
    if (!boot_info_size ||
        bytes_to_pages(offset + boot_info_size) >= WINDOW_SLOTS - slot) {
        panic("the boot loader's information has no sensible size\n");
    }
    for (unsigned int i = 1; i < bytes_to_pages(offset + boot_info_size);
         i++) {
        window_map(slot + i, boot_info_paddr + i * PAGE_SIZE, MAP_RO);
    }
    return va;
}

void INIT_TEXT boot_info_init(void)
{
    const void *mbi = boot_info_window();

    if (mb2_parse(mbi, boot_info_size, &boot_info)) {
        panic("the boot loader gave no memory map, or broken information\n");
    }
    param_init(boot_info.cmdline);
    if (printk_set_level(param.loglvl)) {
        param_bad("loglvl", param.loglvl);
    }
    if (printk_set_guest_level(param.guest_loglvl)) {
        param_bad("guest_loglvl", param.guest_loglvl);
    }
    printk_set_sync(param.sync_console);
}

void INIT_TEXT boot_info_remap(void)
{
    const void *mbi =
        ioremap(boot_info_paddr, boot_info_size, MAP_RO, MEMTYPE_WB);

    for (unsigned int i = 0;
         i < bytes_to_pages((boot_info_paddr & ~PAGE_MASK) + boot_info_size);
         i++) {
        window_unmap(WINDOW_SLOT_FREE + i);
    }
    BUG_ON(!mbi || mb2_parse(mbi, boot_info_size, &boot_info));
}

void INIT_TEXT boot_info_print(void)
{
    const struct boot_info *b = &boot_info;

    printk(LOG_INFO, "Loader: %s%s\n", *b->loader ? b->loader : "unnamed",
           b->is_efi ? ", UEFI" : ", BIOS");
    printk(LOG_INFO, "Command line: %s\n", b->cmdline);
    xen_version_set_cmdline(b->cmdline);
    for (unsigned int i = 0; i < b->mmap_count; i++) {
        const struct boot_mem *m = &b->mmap[i];

        printk(LOG_DEBUG, "Memory: %012lx-%012lx %s\n", m->start,
               m->end - 1,
               m->type < ARRAY_SIZE(mem_type_names) ? mem_type_names[m->type]
                                                    : "unknown");
    }
    for (unsigned int i = 0; i < b->module_count; i++) {
        printk(LOG_INFO, "Module %u: %lx-%lx (%lu KiB) %s\n", i,
               b->module[i].start, b->module[i].end - 1,
               (b->module[i].end - b->module[i].start) >> 10,
               b->module[i].cmdline);
    }
    if (b->fb.is_present) {
        printk(LOG_INFO, "Screen: %s %ux%u, %u bits, at %lx\n",
               b->fb.is_text ? "text" : "pixels", b->fb.width, b->fb.height,
               b->fb.bits, b->fb.addr);
    }
    if (b->mmap_lost || b->module_lost) {
        printk(LOG_WARN, "no room for %u memory map entries and %u modules\n",
               b->mmap_lost, b->module_lost);
    }
}
