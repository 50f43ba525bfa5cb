/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a guest's kernel, start info and initrd go, and its memory map. The
 * kernel has its own addresses; the rest follows behind it, start info first:
 * of what is behind it, a 32-bit Linux maps some hundred KiB at first, a
 * 64-bit one what is below 1 GiB. Chapter:
 * arch-x86/hvm/start_info.h of the public headers.
 */
#include <core/abi/elfnote.h>
#include <dom0/builder/builder_priv.h>
#include <dom0/rt/rt.h>

#define INITRD_ALIGN MIB(2)

struct info_block {
    struct hvm_start_info info;
    struct hvm_modlist_entry module;
    struct hvm_memmap_table_entry map[BUILDER_MAP_MAX];
    char cmdline[];
};

static void builder_map_add(struct builder_layout *l, uint64_t addr,
                            uint64_t end, uint32_t type)
{
    if (end > addr) {
        l->map[l->map_count++] = (struct hvm_memmap_table_entry){
            .addr = addr, .size = end - addr, .type = type,
        };
    }
}

static void builder_memory(struct builder_layout *l, uint64_t bytes)
{
    l->low_end = min_t(uint64_t, bytes, BUILDER_LOW_END);
    builder_map_add(l, 0, l->low_end, XEN_HVM_MEMMAP_TYPE_RAM);
    builder_map_add(l, BUILDER_ACPI,
                    BUILDER_ACPI + BUILDER_ACPI_PAGES * PAGE_SIZE,
                    XEN_HVM_MEMMAP_TYPE_ACPI);
    builder_map_add(l, BUILDER_SPECIAL,
                    BUILDER_SPECIAL + BUILDER_SPECIAL_PAGES * PAGE_SIZE,
                    XEN_HVM_MEMMAP_TYPE_RESERVED);
    builder_map_add(l, BUILDER_HIGH_START,
                    BUILDER_HIGH_START + (bytes - l->low_end),
                    XEN_HVM_MEMMAP_TYPE_RAM);
}

int builder_layout(struct builder_layout *l, const struct builder_guest *g,
                   const struct elf_image *elf, const char **why)
{
    uint64_t end;

    memset(l, 0, sizeof(*l));
    builder_memory(l, (uint64_t)g->memory << 20);
    if (elf_xen_note_u64(elf, XEN_ELFNOTE_PHYS32_ENTRY, &l->entry) != 0) {
        *why = "its kernel has no PVH entry (Xen note 18): it needs "
               "CONFIG_PVH";
        return -EINVAL;
    }
    if (elf_load_range(elf, &l->kernel_start, &l->kernel_end) != 0 ||
        l->entry < l->kernel_start || l->entry >= l->kernel_end) {
        *why = "its kernel is corrupt: bad ELF segments";
        return -EINVAL;
    }
    l->info = round_up(l->kernel_end, PAGE_SIZE);
    l->info_size = sizeof(struct info_block) + strlen(g->cmdline) + 1;
    end = l->info + l->info_size;
    if (g->initrd != NULL) {
        l->initrd = round_up(end, INITRD_ALIGN);
        end = l->initrd + g->initrd_size;
    }
    if (l->kernel_start < PAGE_SIZE || l->kernel_end < l->kernel_start ||
        end > l->low_end) {
        *why = "its kernel and initrd need more memory: raise memory =";
        return -ENOMEM;
    }
    return 0;
}

void builder_start_info(const struct builder_layout *l,
                        const struct builder_guest *g, void *out)
{
    struct info_block *const b = out;

    memset(b, 0, sizeof(*b));
    b->info.magic = XEN_HVM_START_MAGIC_VALUE;
    b->info.version = 1;
    b->info.cmdline_paddr = l->info + offsetof(struct info_block, cmdline);
    b->info.rsdp_paddr = BUILDER_ACPI;
    b->info.memmap_paddr = l->info + offsetof(struct info_block, map);
    b->info.memmap_entries = l->map_count;
    if (l->initrd != 0) {
        b->info.nr_modules = 1;
        b->info.modlist_paddr = l->info + offsetof(struct info_block, module);
        b->module.paddr = l->initrd;
        b->module.size = g->initrd_size;
    }
    memcpy(b->map, l->map, sizeof(b->map));
    memcpy(b->cmdline, g->cmdline, strlen(g->cmdline) + 1);
}
