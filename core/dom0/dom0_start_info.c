/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes what a PVH guest finds at its entry: start info (version 1), module
 * list, memory map, command lines, in one piece.
 * Boot, one CPU: no locks.
 * Manual: xen/arch-x86/hvm/start_info.h.
 */
#include <core/abi/start_info.h>
#include <core/arch/arch_mm.h>
#include <core/dom0/dom0_priv.h>
#include <core/lib/string.h>

struct start_page {
    struct hvm_start_info info;
    struct hvm_modlist_entry module;
    struct hvm_memmap_table_entry map[E820_MAX];
    char text[];
};

size_t dom0_start_info_size(const struct dom0_start *s)
{
    return sizeof(struct start_page) + strlen(s->cmdline) + 1 +
           strlen(s->initrd_cmdline) + 1;
}

void dom0_start_info_build(const struct dom0_start *s, paddr_t pa)
{
    struct start_page *const p = arch_paddr_to_va(pa);
    const size_t cmdline_size = strlen(s->cmdline) + 1;

    memset(p, 0, sizeof(*p));
    memcpy(p->text, s->cmdline, cmdline_size);
    strlcpy(p->text + cmdline_size, s->initrd_cmdline,
            strlen(s->initrd_cmdline) + 1);

    p->info.magic = XEN_HVM_START_MAGIC_VALUE;
    p->info.version = 1;
    p->info.flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
    p->info.cmdline_paddr = pa + offsetof(struct start_page, text);
    p->info.rsdp_paddr = s->rsdp;
    p->info.memmap_paddr = pa + offsetof(struct start_page, map);
    p->info.memmap_entries = s->map->count;
    for (unsigned int i = 0; i < s->map->count; i++) {
        p->map[i].addr = s->map->entry[i].addr;
        p->map[i].size = s->map->entry[i].size;
        p->map[i].type = s->map->entry[i].type;
    }
    if (s->initrd != 0) {
        p->info.nr_modules = 1;
        p->info.modlist_paddr = pa + offsetof(struct start_page, module);
        p->module.paddr = s->initrd;
        p->module.size = s->initrd_size;
        p->module.cmdline_paddr = p->info.cmdline_paddr + cmdline_size;
    }
}
