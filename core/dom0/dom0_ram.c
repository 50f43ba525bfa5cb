/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes dom0's memory out of the page allocator: first where the modules lie,
 * so that they need not be copied, then from the lowest address up, which is
 * where kernels want to be and old devices can reach.  Nothing is cleared:
 * the boot loader's leavings are no domain's secret.
 * Boot, one CPU: no locks.
 */
#include <core/arch/arch_p2m.h>
#include <core/console/printk.h>
#include <core/dom0/dom0_priv.h>
#include <core/domain/domain.h>
#include <core/domain/domain_pages.h>
#include <core/kernel/bug.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page_alloc.h>
#include <drivers/acpi/acpi_srat.h>

#define DOM0_ID 0u
#define TO_MIB(pages) ((unsigned long)((pages) >> (20 - PAGE_SHIFT)))

struct dom0_layout dom0_layout;
const struct dom0_boot *dom0_boot;

static void own(paddr_t start, paddr_t end)
{
    if (!dom0_layout_own(&dom0_layout, start, end)) {
        panic("dom0: memory is in more than %u pieces: give dom0 less by "
              "dom0_mem\n", DOM0_MAX_RANGES);
    }
}

/* The whole pages of a module: back to the allocator. */
static uint64_t module_give_back(const struct dom0_module *m)
{
    const mfn_t start = paddr_to_mfn(m->start);
    const mfn_t end = paddr_to_mfn(round_up(m->start + m->size, PAGE_SIZE));

    page_alloc_add(start, end, acpi_numa_addr_node(&acpi_numa, m->start));
    return mfn_x(end) - mfn_x(start);
}

/* And to dom0. */
static void module_take(const struct dom0_module *m)
{
    const mfn_t start = paddr_to_mfn(m->start);
    const mfn_t end = paddr_to_mfn(round_up(m->start + m->size, PAGE_SIZE));

    if (!page_alloc_exact(start, mfn_x(end) - mfn_x(start), DOM0_ID)) {
        panic("dom0: the boot loader put a module at %#lx, where there is no "
              "memory of ours\n", (unsigned long)m->start);
    }
    own(mfn_to_paddr(start), mfn_to_paddr(end));
}

/* @nr frames, lowest first. */
static void take_lowest(uint64_t nr)
{
    mfn_t from = MFN(0);
    mfn_t start;
    mfn_t end;

    while (nr > 0 && page_alloc_next_free(from, &start, &end)) {
        const uint64_t len = min(mfn_x(end) - mfn_x(start), nr);

        BUG_ON(!page_alloc_exact(start, len, DOM0_ID));
        own(mfn_to_paddr(start), mfn_to_paddr(mfn_add(start, len)));
        nr -= len;
        from = end;
    }
}

static void check_modules(const struct dom0_boot *boot)
{
    if (boot->module_count == 0) {
        panic("dom0: the boot loader passed no kernel: add a line 'module2 "
              "<kernel> <its command line>' behind the hypervisor's\n");
    }
    for (unsigned int i = 0; i < boot->module_count; i++) {
        if (boot->module[i].size == 0) {
            panic("dom0: module %u is empty: check the boot loader's "
                  "configuration\n", i);
        }
    }
    if (boot->module_count > 2) {
        printk(LOG_WARN, "dom0: %u modules behind the kernel and the initrd "
               "are not used\n", boot->module_count - 2);
    }
}

/* How many pages dom0 gets of @free. */
static uint64_t decide_pages(const struct dom0_boot *boot, uint64_t free)
{
    uint64_t pages;

    if (dom0_mem_pages(boot->mem, free, &pages) == 0) {
        return pages;
    }
    if (!boot->mem->is_set) {
        panic("dom0: too little memory: only %lu MiB are free\n",
              TO_MIB(free));
    }
    panic("dom0: dom0_mem asks for %lu MiB, but only %lu MiB are free: "
          "lower it\n", TO_MIB(pages), TO_MIB(free));
}

void dom0_reserve(const struct dom0_boot *boot)
{
    uint64_t module_pages = 0;
    uint64_t pages;

    check_modules(boot);
    dom0_boot = boot;
    for (unsigned int i = 0; i < boot->module_count; i++) {
        module_pages += module_give_back(&boot->module[i]);
    }
    pages = decide_pages(boot, page_free_count(PAGE_ANY_NODE));
    if (module_pages > pages) {
        panic("dom0: the kernel and the initrd (%lu MiB) are larger than "
              "dom0's memory (%lu MiB): raise dom0_mem or the machine's "
              "memory\n", TO_MIB(module_pages), TO_MIB(pages));
    }
    for (unsigned int i = 0; i < boot->module_count; i++) {
        module_take(&boot->module[i]);
    }
    take_lowest(pages - module_pages);
    printk(LOG_INFO, "dom0: %lu MiB of memory\n", TO_MIB(pages));
}

int dom0_ram_map(struct domain *d)
{
    BUG_ON(d->id != DOM0_ID);
    for (unsigned int i = 0; i < dom0_layout.ram_count; i++) {
        const struct dom0_range *const r = &dom0_layout.ram[i];
        const mfn_t start = paddr_to_mfn(r->start);
        const uint64_t nr = (r->end - r->start) >> PAGE_SHIFT;
        int rc = domain_pages_add(d, page_of(start), nr);

        if (rc == 0) {
            rc = p2m_map_range(d, GFN(mfn_x(start)), start, nr, P2M_RAM_RW);
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}
