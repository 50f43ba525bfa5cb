/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds the control domain, step by step; every step that can fail because
 * of what the user gave us ends in one line that says what to do.
 *
 * Memory is written through the direct map: dom0's frames are the machine's.
 * Boot, one CPU: no locks.
 * Manual: xen/arch-x86/hvm/start_info.h; Xen, "PVH Specification".
 */
#include <core/arch/arch_domain.h>
#include <core/arch/arch_mm.h>
#include <core/console/printk.h>
#include <core/dom0/dom0_priv.h>
#include <core/domain/domain.h>
#include <core/domain/pirq.h>
#include <core/domain/vcpu.h>
#include <core/kernel/bug.h>
#include <core/lib/decompress.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/slab.h>
#include <core/vpci/vpci.h>

#define MODULE_KERNEL 0u
#define MODULE_INITRD 1u
#define BELOW_4G GIB(4)
/* Linux reads its start info through early page tables of that reach. */
#define BELOW_1G GIB(1)

static void use(paddr_t start, uint64_t size)
{
    BUG_ON(!dom0_layout_use(&dom0_layout, start,
                            round_up(start + size, PAGE_SIZE)));
}

/* A place of whole pages, in use from now on.  Panics if there is none. */
static paddr_t take(uint64_t size, uint64_t align, paddr_t limit,
                    const char *what)
{
    const uint64_t bytes = round_up(size, PAGE_SIZE);
    const paddr_t at = dom0_layout_find(&dom0_layout, bytes, align, limit);

    if (at == 0) {
        panic("dom0: no room for %s (%lu KiB): raise dom0_mem or the "
              "machine's memory\n", what, (unsigned long)(bytes >> 10));
    }
    use(at, bytes);
    return at;
}

static void kernel_panic(const char *why)
{
    panic("dom0: the kernel %s\n", why);
}

/*
 * The ELF of @file somewhere in dom0's memory: in place, or unpacked.  The
 * place is in use; its address goes to *@scratch (0: in place).
 */
static void unpack_kernel(const struct dom0_module *file,
                          struct dom0_kernel *k, paddr_t *scratch)
{
    struct kernel_image bz;
    const char *why = NULL;
    size_t heap_size;
    paddr_t heap;

    if (kernel_image_probe(arch_paddr_to_va(file->start), file->size, &bz,
                          &why) != 0) {
        kernel_panic(why);
    }
    *scratch = 0;
    k->image = bz.data;
    k->size = bz.unpacked;
    if (bz.kind == KERNEL_IMAGE_ELF) {
        return;
    }
    heap_size = decompress_heap_size(bz.kind, bz.unpacked);
    *scratch = take(bz.unpacked, PAGE_SIZE, 0, "unpacking the kernel");
    heap = take(heap_size, PAGE_SIZE, 0, "unpacking the kernel");
    k->image = arch_paddr_to_va(*scratch);
    if (decompress(&bz, arch_paddr_to_va(*scratch), arch_paddr_to_va(heap),
                   heap_size, &why) != 0) {
        kernel_panic(why);
    }
    dom0_layout_release(&dom0_layout, heap);
}

/* Out of the way of [@start, @end): the new address of @m's contents. */
static paddr_t move_module(const struct dom0_module *m, paddr_t start,
                           paddr_t end, const char *what)
{
    paddr_t at;

    if (m->start >= end || m->start + m->size <= start) {
        return m->start;
    }
    /* The new place may overlap the old one. */
    use(start, end - start);
    dom0_layout_release(&dom0_layout, m->start);
    at = take(m->size, PAGE_SIZE, BELOW_4G, what);
    dom0_layout_release(&dom0_layout, start);
    memmove(arch_paddr_to_va(at), arch_paddr_to_va(m->start), m->size);
    return at;
}

/*
 * Load the kernel; what lies where it goes is moved away first.  *@initrd is
 * where the initrd is in the end.
 */
static void load_kernel(struct dom0_kernel *k, paddr_t *initrd)
{
    const struct dom0_boot *const boot = dom0_boot;
    const struct dom0_module *const file = &boot->module[MODULE_KERNEL];
    const struct dom0_module *const rd =
        boot->module_count > MODULE_INITRD ? &boot->module[MODULE_INITRD]
                                           : NULL;
    const char *why = NULL;
    paddr_t scratch;

    use(file->start, file->size);
    if (rd != NULL) {
        use(rd->start, rd->size);
    }
    unpack_kernel(file, k, &scratch);
    if (dom0_elf_probe(k, &why) != 0) {
        kernel_panic(why);
    }
    if (rd != NULL) {
        *initrd = move_module(rd, k->load_start, k->load_end, "the initrd");
    }
    if (scratch == 0) {
        const paddr_t at = move_module(file, k->load_start, k->load_end,
                                       "the kernel's file");

        k->image = arch_paddr_to_va(at);
        scratch = at;
    } else {
        dom0_layout_release(&dom0_layout, file->start);
    }
    if (dom0_elf_place(k, &dom0_layout, &why) != 0 ||
        dom0_elf_load(k, &why) != 0) {
        kernel_panic(why);
    }
    if (boot->may_restart) {
        dom0_restart_keep(k);
    }
    dom0_layout_release(&dom0_layout, scratch);
    use(k->load_start, k->load_end - k->load_start);
}

/* Tables and start info; the address for ebx. */
static paddr_t build_start(struct domain *d, paddr_t initrd)
{
    const struct dom0_boot *const boot = dom0_boot;
    const size_t acpi_size = round_up(dom0_acpi_size(boot->max_vcpus),
                                      PAGE_SIZE);
    const paddr_t acpi = take(acpi_size, PAGE_SIZE, BELOW_4G,
                              "the ACPI tables");
    struct dom0_start s = {
        .cmdline = boot->module[MODULE_KERNEL].cmdline,
        .map = d->e820,
        .initrd = initrd,
        .initrd_cmdline = "",
    };
    paddr_t start;

    if (!dom0_memmap_build(d->e820, boot->host, &dom0_layout, acpi,
                           acpi + acpi_size)) {
        panic("dom0: its memory map has more than %u entries: give it less "
              "by dom0_mem\n", E820_MAX);
    }
    s.rsdp = dom0_acpi_build(acpi, boot->max_vcpus);
    if (initrd != 0) {
        s.initrd_size = boot->module[MODULE_INITRD].size;
        s.initrd_cmdline = boot->module[MODULE_INITRD].cmdline;
    }
    start = take(dom0_start_info_size(&s), PAGE_SIZE, BELOW_1G,
                 "the start info");
    dom0_start_info_build(&s, start);
    return start;
}

static struct domain *create_domain(void)
{
    const struct domain_config cfg = {
        .is_control = true,
        .is_hardware = true,
        .is_direct_mapped = true,
        .max_vcpus = dom0_boot->max_vcpus,
    };
    struct domain *d = NULL;
    int rc = domain_create(0, &cfg, &d);

    if (rc == 0) {
        d->e820 = xzalloc_type(struct e820_map);
        rc = d->e820 != NULL ? 0 : -ENOMEM;
    }
    if (rc == 0) {
        rc = dom0_io_permit(d, dom0_boot);
    }
    if (rc == 0) {
        arch_domain_update_ports(d);
        rc = pirq_domain_init(d);
    }
    if (rc == 0) {
        rc = dom0_ram_map(d);
    }
    if (rc == 0) {
        rc = dom0_io_map(d, dom0_boot);
    }
    if (rc == 0) {
        rc = vpci_domain_init(d);
    }
    for (unsigned int i = 0; rc == 0 && i < dom0_boot->max_vcpus; i++) {
        rc = vcpu_create(d, i);
    }
    if (rc != 0) {
        panic("dom0: cannot create the domain (error %d): give it less "
              "memory by dom0_mem\n", rc);
    }
    return d;
}

struct domain *dom0_build(void)
{
    struct dom0_kernel k = { 0 };
    struct domain *d;
    paddr_t initrd = 0;
    paddr_t start;

    BUG_ON(dom0_boot == NULL);
    load_kernel(&k, &initrd);
    d = create_domain();
    dom0_pci_init();
    start = build_start(d, initrd);
    printk(LOG_INFO, "dom0: kernel at %#lx to %#lx, entry %#lx, initrd at "
           "%#lx, start info at %#lx\n", (unsigned long)k.load_start,
           (unsigned long)k.load_end, (unsigned long)k.entry,
           (unsigned long)initrd, (unsigned long)start);
    arch_vcpu_set_pvh_entry(d->vcpu[0], (uint32_t)k.entry, (uint32_t)start);
    vcpu_up(d->vcpu[0]);
    dom0_restart_arm(d, start);
    return d;
}
