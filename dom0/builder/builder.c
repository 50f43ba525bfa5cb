/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps that make a domain, in the order of xl create. Each says what it
 * was that failed; builder_create() undoes the whole by destroying the
 * domain. Chapter: domctl.h of the public headers.
 */
#include <core/abi/elfnote.h>
#include <core/lib/decompress.h>
#include <dom0/builder/builder_priv.h>
#include <dom0/rt/rt.h>

#define EVTCHN_PORTS 1023u
/* xl's allowance for what is not RAM: special pages, ACPI. */
#define EXTRA_KIB 1024u
/* The p2m's pool: 1 MiB for each vCPU and 8 KiB for each MiB, as xl has. */
#define POOL_FOR_VCPU MIB(1)
#define POOL_FOR_MIB KIB(8)
#define IDENT_ENTRIES 1024u
#define IDENT_PDE 0xe7u         /* A 4 MiB page: PS D A U RW P. */

/* --- the kernel's file --- */

static int builder_unpack(struct builder *b, const struct kernel_image *image)
{
    const size_t heap_pages =
        bytes_to_pages(decompress_heap_size(image->kind, image->unpacked));
    void *heap;
    int rc;

    b->unpacked_pages = bytes_to_pages(image->unpacked);
    b->unpacked = mem_pages_alloc(b->unpacked_pages);
    heap = mem_pages_alloc(heap_pages);
    if (b->unpacked == NULL || heap == NULL) {
        b->why = "its kernel cannot be unpacked: give dom0 more memory, or "
                 "the kernel uncompressed";
        rc = -ENOMEM;
    } else {
        rc = decompress(image, b->unpacked, heap, heap_pages << PAGE_SHIFT,
                        &b->why);
    }
    mem_pages_free(heap, heap_pages);
    return rc;
}

static int builder_open(struct builder *b)
{
    struct kernel_image image;
    const void *data;
    int rc = kernel_image_probe(b->g->kernel, b->g->kernel_size, &image,
                                &b->why);

    if (rc != 0) {
        return rc;
    }
    data = image.data;
    if (image.kind != KERNEL_IMAGE_ELF) {
        rc = builder_unpack(b, &image);
        data = b->unpacked;
    }
    if (rc == 0 && elf_open(&b->elf, data, image.unpacked) != 0) {
        b->why = "its kernel is corrupt: bad ELF headers";
        rc = -EINVAL;
    }
    return rc != 0 ? rc : builder_layout(&b->l, b->g, &b->elf, &b->why);
}

static int builder_load(struct builder *b)
{
    struct elf_segment s;
    int rc = 0;

    for (unsigned int i = 0; i < b->elf.phnum && rc == 0; i++) {
        rc = elf_segment(&b->elf, i, &s);
        if (rc == 0 && s.type == ELF_PT_LOAD && s.mem_size != 0) {
            /* What is behind it is zero: pages come clean. */
            rc = builder_copy(b->d->domid, s.paddr, s.data, s.file_size);
        }
    }
    if (rc == 0 && b->l.initrd != 0) {
        rc = builder_copy(b->d->domid, b->l.initrd, b->g->initrd,
                          b->g->initrd_size);
    }
    return rc;
}

/* --- the domain --- */

/* Asked first: to find out by taking all there is would hurt the others. */
static int builder_has_room(struct builder *b)
{
    struct xen_sysctl op = { .cmd = 0 };

    return hypercall_sysctl(XEN_SYSCTL_physinfo, &op) == 0 &&
           op.u.physinfo.free_pages < (uint64_t)b->g->memory << 8
        ? -ENOMEM : 0;
}

static int builder_domain(struct builder *b)
{
    struct xen_domctl op = { .u.createdomain = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
        .max_vcpus = b->g->vcpus,
        .max_evtchn_port = EVTCHN_PORTS,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .grant_opts = XEN_DOMCTL_GRANT_version(2),
        .arch.emulation_flags = XEN_X86_EMU_LAPIC,
    } };
    long rc;

    memcpy(op.u.createdomain.handle, b->g->handle, sizeof(b->g->handle));
    rc = hypercall_domctl(XEN_DOMCTL_createdomain, DOMID_INVALID, &op);
    b->d->domid = rc < 0 ? DOMID_INVALID : op.domain;
    return (int)rc;
}

static int builder_limits(struct builder *b)
{
    const uint64_t vcpus = b->g->vcpus;
    const uint64_t maxmem = b->g->maxmem;
    struct {
        unsigned int cmd;
        struct xen_domctl op;
    } limit[] = {
        { XEN_DOMCTL_max_vcpus, { .u.max_vcpus.max = (uint32_t)vcpus } },
        { XEN_DOMCTL_max_mem,
          { .u.max_mem.max_memkb = (maxmem << 10) + EXTRA_KIB } },
        { XEN_DOMCTL_settscinfo, { .u.tsc_info.tsc_mode = 0 } },
        { XEN_DOMCTL_set_paging_mempool_size,
          { .u.paging_mempool.size = vcpus * POOL_FOR_VCPU +
                                     maxmem * POOL_FOR_MIB } },
    };
    long rc = 0;

    for (size_t i = 0; i < ARRAY_SIZE(limit) && rc == 0; i++) {
        rc = hypercall_domctl(limit[i].cmd, b->d->domid, &limit[i].op);
    }
    return (int)rc;
}

static int builder_ports(struct builder *b)
{
    const int store = evtchn_alloc_unbound(b->d->domid);
    const int console = evtchn_alloc_unbound(b->d->domid);

    b->d->store_port = (evtchn_port_t)store;
    b->d->console_port = (evtchn_port_t)console;
    return store < 0 || console < 0 ? min(store, console) : 0;
}

static int builder_memory_map(struct builder *b)
{
    struct mem_range entry[BUILDER_MAP_MAX];
    struct xen_foreign_memory_map map = {
        .domid = b->d->domid,
        .map.nr_entries = b->l.map_count,
    };

    for (unsigned int i = 0; i < b->l.map_count; i++) {
        entry[i] = (struct mem_range){
            b->l.map[i].addr, b->l.map[i].size, b->l.map[i].type,
        };
    }
    set_xen_guest_handle(map.map.buffer, entry);
    return (int)hypercall_memory(XENMEM_set_memory_map, &map);
}

static int builder_ram(struct builder *b)
{
    int rc = 0;

    for (unsigned int i = 0; i < b->l.map_count && rc == 0; i++) {
        const struct hvm_memmap_table_entry *const e = &b->l.map[i];

        rc = builder_populate(b->d->domid, e->addr, e->addr + e->size);
    }
    return rc;
}

/* --- what the guest finds in its memory --- */

static int builder_pages(struct builder *b)
{
    static uint32_t ident[IDENT_ENTRIES];
    static char acpi[BUILDER_ACPI_PAGES * PAGE_SIZE];
    const domid_t domid = b->d->domid;
    char *const info = mem_alloc(b->l.info_size);
    int rc;

    if (info == NULL) {
        return -ENOMEM;
    }
    for (unsigned int i = 0; i < IDENT_ENTRIES; i++) {
        ident[i] = i << 22 | IDENT_PDE;
    }
    memset(acpi, 0, sizeof(acpi));
    builder_acpi(acpi, b->g->vcpus);
    builder_start_info(&b->l, b->g, info);
    rc = builder_copy(domid, BUILDER_IDENT, ident, sizeof(ident)) ?:
         builder_copy(domid, BUILDER_ACPI, acpi, sizeof(acpi)) ?:
         builder_copy(domid, b->l.info, info, b->l.info_size);
    mem_free(info);
    return rc;
}

static int builder_params(struct builder *b)
{
    const struct {
        uint32_t index;
        uint64_t value;
    } param[] = {
        { HVM_PARAM_STORE_PFN, BUILDER_STORE_GFN },
        { HVM_PARAM_STORE_EVTCHN, b->d->store_port },
        { HVM_PARAM_CONSOLE_PFN, BUILDER_CONSOLE_GFN },
        { HVM_PARAM_CONSOLE_EVTCHN, b->d->console_port },
        { HVM_PARAM_IDENT_PT, BUILDER_IDENT },
    };
    long rc = 0;

    for (size_t i = 0; i < ARRAY_SIZE(param) && rc == 0; i++) {
        struct xen_hvm_param p = {
            .domid = b->d->domid,
            .index = param[i].index,
            .value = param[i].value,
        };

        rc = hypercall_hvm(HVMOP_set_param, &p);
    }
    return (int)rc;
}

/* The two reserved entries. */
static int builder_close_grants(struct builder *b)
{
    builder_grant(GNTTAB_RESERVED_CONSOLE, BUILDER_CONSOLE_GFN);
    builder_grant(GNTTAB_RESERVED_XENSTORE, BUILDER_STORE_GFN);
    return 0;
}

/* In their order, and what to say when one fails; some say it themselves. */
static const struct {
    int (*run)(struct builder *b);
    const char *why;
} builder_steps[] = {
    { builder_has_room, "the machine has not enough free memory for it: "
                        "lower memory =" },
    { builder_open, NULL },
    { builder_domain, "the hypervisor makes no domain" },
    { builder_limits, "its vCPUs or limits are refused" },
    { builder_ports, "it gets no event channels" },
    { builder_ram, "the machine has not enough free memory for it: "
                   "lower memory =" },
    { builder_memory_map, "its memory map is refused" },
    { builder_grants_open, "its grant table cannot be reached" },
    { builder_load, "its kernel or initrd cannot be copied into it" },
    { builder_pages, "its start info and tables cannot be written" },
    { builder_close_grants, NULL },
    { builder_params, "its HVM parameters are refused" },
    { builder_cpu, "the hypervisor does not take its vCPUs' state" },
};

int builder_create(const struct builder_guest *g, struct builder_domain *d,
                   const char **why)
{
    struct builder b = { .g = g, .d = d };
    int rc = 0;

    d->domid = DOMID_INVALID;
    for (size_t i = 0; i < ARRAY_SIZE(builder_steps) && rc == 0; i++) {
        b.why = builder_steps[i].why;
        rc = builder_steps[i].run(&b);
    }
    builder_grants_close();
    if (rc != 0 && d->domid != DOMID_INVALID) {
        builder_destroy(d->domid);
    }
    mem_pages_free(b.unpacked, b.unpacked_pages);
    *why = b.why;
    return rc;
}

void builder_destroy(domid_t domid)
{
    struct xen_domctl op = { .cmd = 0 };

    hypercall_domctl(XEN_DOMCTL_pausedomain, domid, &op);
    hypercall_domctl(XEN_DOMCTL_destroydomain, domid, &op);
}
