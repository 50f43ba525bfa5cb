/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads the ELF of a PVH kernel at its physical addresses, or elsewhere if a
 * note of it allows that.
 * Boot, one CPU: no locks.
 * Manual: System V ABI, "Program Loading"; xen/elfnote.h.
 */
#include <core/abi/elfnote.h>
#include <core/arch/arch_mm.h>
#include <core/dom0/dom0_priv.h>
#include <core/lib/elf_parse.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>

/* Newer than the headers of 4.17: {alignment, lowest, highest address}. */
#define NOTE_PHYS32_RELOC 19u
#define RELOC_DEFAULT_ALIGN MIB(2)

/* A kernel that covers this much does not state its addresses rightly. */
#define LOAD_MAX_SIZE GIB(1)
#define LOAD_LIMIT GIB(4)

static void read_reloc_note(const struct elf_image *elf,
                            struct dom0_kernel *k)
{
    struct elf_note note;
    uint32_t val[3] = { 0, 0, UINT32_MAX };

    if (elf_find_note(elf, "Xen", NOTE_PHYS32_RELOC, &note) != 0) {
        return;
    }
    memcpy(val, note.desc, min_t(size_t, note.desc_size, sizeof(val)));
    k->can_move = true;
    k->move_align = is_power_of_2(val[0]) ? max_t(uint32_t, val[0], PAGE_SIZE)
                                          : RELOC_DEFAULT_ALIGN;
    k->move_min = val[1];
    k->move_max = val[2];
}

int dom0_elf_probe(struct dom0_kernel *k, const char **why)
{
    struct elf_image elf;
    int rc = elf_open(&elf, k->image, k->size);

    if (rc != 0) {
        *why = rc == -ENOEXEC
            ? "is no x86 ELF executable"
            : "is corrupt or truncated: bad ELF headers";
        return -EINVAL;
    }
    rc = elf_xen_note_u64(&elf, XEN_ELFNOTE_PHYS32_ENTRY, &k->entry);
    if (rc != 0) {
        *why = rc == -ENOENT
            ? "has no PVH entry (Xen note 18): build it with CONFIG_PVH"
            : "is corrupt or truncated: bad ELF notes";
        return -EINVAL;
    }
    if (elf_load_range(&elf, &k->load_start, &k->load_end) != 0) {
        *why = "is corrupt or truncated: bad ELF segments";
        return -EINVAL;
    }
    if (k->load_end > LOAD_LIMIT ||
        k->load_end - k->load_start > LOAD_MAX_SIZE) {
        *why = "wants to be loaded at addresses that make no sense";
        return -EINVAL;
    }
    if (k->entry < k->load_start || k->entry >= k->load_end) {
        *why = "has a PVH entry outside of its segments";
        return -EINVAL;
    }
    k->offset = 0;
    k->keep_from = 0;
    k->can_move = false;
    read_reloc_note(&elf, k);
    return 0;
}

int dom0_elf_place(struct dom0_kernel *k, const struct dom0_layout *l,
                   const char **why)
{
    const uint64_t size = k->load_end - k->load_start;
    paddr_t at;

    if (dom0_layout_owns(l, k->load_start, k->load_end) &&
        !dom0_layout_is_busy(l, k->load_start, k->load_end)) {
        return 0;
    }
    if (!k->can_move) {
        *why = "does not fit: the memory where it wants to be is not free; "
               "raise dom0_mem or the machine's memory";
        return -ENOMEM;
    }
    at = dom0_layout_find(l, size, k->move_align,
                          (paddr_t)k->move_max + 1);
    if (at == 0 || at < k->move_min) {
        *why = "does not fit: no memory is free where it may be; raise "
               "dom0_mem or the machine's memory";
        return -ENOMEM;
    }
    k->offset = (int64_t)(at - k->load_start);
    k->load_start = at;
    k->load_end = at + size;
    k->entry += (uint64_t)k->offset;
    return 0;
}

int dom0_elf_load(const struct dom0_kernel *k, const char **why)
{
    struct elf_image elf;

    if (elf_open(&elf, k->image, k->size) != 0) {
        *why = "changed while it was loaded";
        return -EINVAL;
    }
    for (unsigned int i = 0; i < elf.phnum; i++) {
        struct elf_segment seg;
        paddr_t end;
        paddr_t at;
        char *to;

        if (elf_segment(&elf, i, &seg) != 0) {
            *why = "changed while it was loaded";
            return -EINVAL;
        }
        if (seg.type != ELF_PT_LOAD || seg.mem_size == 0) {
            continue;
        }
        at = seg.paddr + (uint64_t)k->offset;
        if (at < k->load_start || at + seg.mem_size > k->load_end) {
            *why = "changed while it was loaded";
            return -EINVAL;
        }
        to = arch_paddr_to_va(at);
        memcpy(to, seg.data, seg.file_size);
        end = at + seg.mem_size;
        if (k->keep_from != 0) {
            end = min(end, k->keep_from);
        }
        at += seg.file_size;
        if (at < end) {
            memset(to + seg.file_size, 0, end - at);
        }
    }
    return 0;
}
