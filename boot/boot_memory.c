/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps that take possession of memory: what is free, the direct map, and at
 * the end of boot the return of what boot alone needed.
 */
#include <arch/x86/cpu/smp_boot.h>
#include <arch/x86/cpu/stack.h>
#include <arch/x86/mm/directmap.h>
#include <arch/x86/mm/image.h>
#include <arch/x86/mm/pgtable.h>
#include <arch/x86/mm/tlb.h>
#include <boot/boot_info.h>
#include <boot/boot_main.h>
#include <boot/boot_steps.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/lib/util.h>
#include <core/mm/boot_alloc.h>
#include <core/mm/page_alloc.h>
#include <drivers/acpi/acpi_srat.h>

/* struct page links by 32-bit frame numbers. */
#define RAM_LIMIT (UINT64_C(1) << 44)
#define RAM_MIN MIB(32)

static void INIT_TEXT boot_memory_add(const struct boot_mem *m)
{
    const paddr_t end = min(m->end, RAM_LIMIT);

    if (m->type != BOOT_MEM_RAM || m->start >= RAM_LIMIT) {
        return;
    }
    boot_alloc_add(m->start, end);
}

void INIT_TEXT boot_memory_init(void)
{
    const struct boot_info *b = &boot_info;
    const paddr_t image_size = (paddr_t)(image_end - image_start);

    for (unsigned int i = 0; i < b->mmap_count; i++) {
        boot_memory_add(&b->mmap[i]);
    }
    if (boot_alloc_total() < RAM_MIN) {
        panic("only %lu KiB of RAM: %lu MiB are needed\n",
              boot_alloc_total() >> 10, RAM_MIN >> 20);
    }
    boot_alloc_reserve(0, PAGE_SIZE);
    boot_alloc_reserve(image_paddr, image_paddr + image_size);
    boot_alloc_reserve(boot_info_paddr, boot_info_paddr + boot_info_size);
    for (unsigned int i = 0; i < b->module_count; i++) {
        boot_alloc_reserve(b->module[i].start, b->module[i].end);
    }
    /* Low pages go fast: the one that APs start from comes first. */
    smp_boot_reserve();

    for (unsigned int i = 0; i < b->mmap_count; i++) {
        if (b->mmap[i].type == BOOT_MEM_RAM) {
            directmap_add(b->mmap[i].start, min(b->mmap[i].end, RAM_LIMIT));
        }
    }
    pgtable_use_directmap();
    boot_info_remap();
    stack_guard_cpu0();
}

void INIT_TEXT boot_pages_init(void)
{
    for (unsigned int i = 0; i < acpi_numa.range_count; i++) {
        const struct acpi_node_range *r = &acpi_numa.range[i];

        boot_alloc_set_node(r->start, r->end, r->node);
    }
    boot_alloc_finish();
    pgtable_use_page_alloc();
    printk(LOG_INFO, "RAM: %lu MiB, %lu MiB free; %u nodes\n",
           boot_alloc_total() >> 20,
           (page_free_count(PAGE_ANY_NODE) * PAGE_SIZE) >> 20,
           acpi_numa.node_count ? acpi_numa.node_count : 1);
}

/* Not INIT_TEXT: it unmaps those. */
static unsigned long boot_release_range(const uint8_t *start,
                                        const uint8_t *end)
{
    const size_t size = (size_t)(end - start);
    const paddr_t pa = va_to_pa(start);

    if (!size) {
        return 0;
    }
    pgtable_unmap((uintptr_t)start, size);
    pgtable_protect(DIRECTMAP_VIRT + pa, size, MAP_RW);
    tlb_flush_all();
    page_alloc_add(paddr_to_mfn(pa), paddr_to_mfn(pa + size), 0);
    return size;
}

void boot_release(void)
{
    unsigned long bytes;

    bytes = boot_release_range(init_text_start, init_text_pages_end);
    bytes += boot_release_range(init_data_start, init_data_end);
    pgtable_protect((uintptr_t)data_start,
                    (size_t)(ro_after_init_end - data_start), MAP_RO);
    tlb_flush_all();
    if (DEBUG && pgtable_audit()) {
        panic("the hypervisor's mappings are not W^X\n");
    }
    printk(LOG_INFO, "Image: %lu KiB, %lu KiB of it freed after boot, "
           "%lu KiB of page tables\n",
           (unsigned long)(image_end - image_start) >> 10, bytes >> 10,
           pgtable_pages() * (PAGE_SIZE >> 10));
}
