/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making, driving and ending a child domain.
 * What xl passes to createdomain for a PVH guest: emulation of the local
 * APIC and nothing else. The vCPU's record is that of a processor in long
 * mode; its segment attributes have the descriptor's 12 bits.
 * Public headers "domctl.h", "hvm/save.h".
 */
#include <tests/guest/lib/child.h>

#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>
#include <xen/hvm/save.h>

#define MAP_GFN   0x340000ull
#define MAP_VA    (MM_WINDOW + 0x40000000ull)
#define MAP_SLOTS 0x1000u
#define CHILDREN  24u
#define SECOND    1000000000ull
#define PATIENCE  (2 * SECOND)
#define CONTEXT_PAGES 16u

#define CS_ATTR 0xa9bu
#define DS_ATTR 0xc93u
#define TR_ATTR 0x08bu
#define TSS_LIMIT 0x67u
#define TSS_OFFSET 0x100u

/* Who had each part of our space last. */
static uint16_t owners[CHILDREN];

static unsigned int free_index(void)
{
    struct xen_domctl_getdomaininfo info;

    for (unsigned int i = 0; i < CHILDREN; i++) {
        if (owners[i] == 0 || !child_info(owners[i], &info)) {
            return i;
        }
    }
    test_abort("too many child domains");
}

void child_relax(uint64_t ns)
{
    struct sched_poll p = { .timeout = shared_now_ns() + ns };

    sched_op(SCHEDOP_poll, &p);
}

static uint32_t or_else(uint32_t val, uint32_t otherwise)
{
    return val ? val : otherwise;
}

int64_t child_create_bare(struct child *c, const struct child_config *cfg)
{
    static const struct child_config defaults;
    struct xen_domctl op = { 0 };
    struct xen_domctl_createdomain *create = &op.u.createdomain;
    int64_t rc;

    cfg = cfg ? cfg : &defaults;
    *c = (struct child){
        .index = free_index(),
        .vcpus = or_else(cfg->vcpus, 1),
    };
    create->flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
    create->max_vcpus = c->vcpus;
    create->max_evtchn_port = or_else(cfg->max_evtchn_port, 1023);
    create->max_grant_frames = cfg->grant_frames ? cfg->grant_frames : -1;
    create->max_maptrack_frames = -1;
    create->grant_opts =
        XEN_DOMCTL_GRANT_version(or_else(cfg->grant_version, 2));
    create->arch.emulation_flags = XEN_X86_EMU_LAPIC;
    for (unsigned int i = 0; i < sizeof(create->handle); i++) {
        create->handle[i] = (uint8_t)(0xc0 + i);
    }
    rc = domctl(&op, XEN_DOMCTL_createdomain, DOMID_INVALID);
    c->domid = op.domain;
    if (rc == 0) {
        owners[c->index] = c->domid;
    }
    return rc;
}

int64_t child_populate(struct child *c, uint64_t gfn, unsigned int n)
{
    static xen_pfn_t list[CHILD_PAGES];
    struct xen_memory_reservation res = {
        .nr_extents = n,
        .domid = c->domid,
    };

    for (unsigned int i = 0; i < n && i < CHILD_PAGES; i++) {
        list[i] = gfn + i;
    }
    set_xen_guest_handle(res.extent_start, list);
    return memory_op(XENMEM_populate_physmap, &res);
}

uint64_t child_map_gfn(const struct child *c, uint64_t gfn)
{
    return MAP_GFN + c->index * MAP_SLOTS + gfn % MAP_SLOTS;
}

void *foreign_map(domid_t domid, uint64_t frame, uint64_t gfn, uint64_t va,
                  int64_t *rc)
{
    xen_ulong_t idx = frame;
    xen_pfn_t at = gfn;
    int err = 0;
    struct xen_add_to_physmap_batch batch = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_gmfn_foreign,
        .size = 1,
        .u.foreign_domid = domid,
    };
    int64_t ret;

    set_xen_guest_handle(batch.idxs, &idx);
    set_xen_guest_handle(batch.gpfns, &at);
    set_xen_guest_handle(batch.errs, &err);
    ret = memory_op(XENMEM_add_to_physmap_batch, &batch);
    ret = ret ? ret : err;
    if (rc) {
        *rc = ret;
    }
    return ret ? NULL : mm_map(va, at << PAGE_SHIFT, PTE_RW);
}

int64_t foreign_unmap(uint64_t gfn, uint64_t va)
{
    struct xen_remove_from_physmap rem = {
        .domid = DOMID_SELF,
        .gpfn = gfn,
    };

    mm_map(va, 0, 0);
    return memory_op(XENMEM_remove_from_physmap, &rem);
}

void *child_map(struct child *c, uint64_t gfn, int64_t *rc)
{
    const uint64_t slot = c->index * MAP_SLOTS + gfn % MAP_SLOTS;

    return foreign_map(c->domid, gfn, MAP_GFN + slot,
                       MAP_VA + slot * PAGE_SIZE, rc);
}

int64_t child_unmap(struct child *c, uint64_t gfn)
{
    const uint64_t slot = c->index * MAP_SLOTS + gfn % MAP_SLOTS;

    return foreign_unmap(MAP_GFN + slot, MAP_VA + slot * PAGE_SIZE);
}

int64_t child_set_sizes(struct child *c, const struct child_config *cfg)
{
    struct xen_domctl op = { 0 };
    int64_t rc;

    op.u.max_vcpus.max = c->vcpus;
    rc = domctl(&op, XEN_DOMCTL_max_vcpus, c->domid);
    if (rc) {
        return rc;
    }
    op.u.max_mem.max_memkb = cfg && cfg->max_kb
                             ? cfg->max_kb : CHILD_PAGES * 4 + 1024;
    rc = domctl(&op, XEN_DOMCTL_max_mem, c->domid);
    if (rc) {
        return rc;
    }
    return child_populate(c, 1, CHILD_PAGES) == CHILD_PAGES
           ? 0 : -XEN_ENOMEM;
}

static void write_gate(uint8_t *idt, unsigned int vec, uint64_t target)
{
    uint64_t *gate = (uint64_t *)(idt + 16 * vec);

    gate[0] = (target & 0xffff) | SEL_KERNEL_CS << 16 |
              0x8e00ull << 32 | (target >> 16 & 0xffff) << 48;
    gate[1] = target >> 32;
}

/* The first GiB one to one, by pages of 2 MiB. */
static void fill_tables(uint64_t *pml4, uint64_t *pdpt, uint64_t *pd)
{
    pml4[0] = (uint64_t)CHILD_GFN_PDPT << PAGE_SHIFT | PTE_RW;
    pdpt[0] = (uint64_t)CHILD_GFN_PD << PAGE_SHIFT | PTE_RW;
    for (uint64_t i = 0; i < 512; i++) {
        pd[i] = i << 21 | PTE_RW | PTE_PS;
    }
}

static void fill_descriptors(uint64_t *gdt, uint8_t *idt)
{
    const uint64_t code = (uint64_t)CHILD_GFN_CODE << PAGE_SHIFT;

    gdt[1] = 0x00af9b000000ffffull;
    gdt[2] = 0x00cf93000000ffffull;
    for (unsigned int i = 0; i < 32; i++) {
        write_gate(idt, i, code + (uint64_t)(child_stubs - child_payload) +
                   16ull * i);
    }
    write_gate(idt, CHILD_VEC_EVTCHN,
               code + (uint64_t)(child_upcall - child_payload));
}

static uint64_t mailbox_gpa(unsigned int vcpu)
{
    return ((uint64_t)CHILD_GFN_MAILBOX << PAGE_SHIFT) +
           vcpu * sizeof(struct child_mailbox);
}

int64_t child_fill(struct child *c)
{
    uint8_t *page[CHILD_GFN_SNIPPET + 1];
    int64_t rc;

    for (unsigned int gfn = 1; gfn <= CHILD_GFN_SNIPPET; gfn++) {
        page[gfn] = child_map(c, gfn, &rc);
        if (!page[gfn]) {
            return rc;
        }
        memset(page[gfn], 0, PAGE_SIZE);
    }
    fill_tables((uint64_t *)page[CHILD_GFN_PML4],
                (uint64_t *)page[CHILD_GFN_PDPT],
                (uint64_t *)page[CHILD_GFN_PD]);
    fill_descriptors((uint64_t *)page[CHILD_GFN_GDT], page[CHILD_GFN_IDT]);
    memcpy(page[CHILD_GFN_CODE], child_payload,
           (size_t)(child_payload_end - child_payload));
    c->mailbox = (struct child_mailbox *)page[CHILD_GFN_MAILBOX];
    c->snippet = page[CHILD_GFN_SNIPPET];
    for (unsigned int i = 0; i < CHILD_VCPUS; i++) {
        c->mailbox[i].vmmcall = hypercall_is_vmmcall;
        c->mailbox[i].stack = ((uint64_t)CHILD_GFN_STACK << PAGE_SHIFT) +
                              (i + 1) * (PAGE_SIZE / CHILD_VCPUS);
    }
    for (unsigned int gfn = 1; gfn < CHILD_GFN_MAILBOX; gfn++) {
        rc = child_unmap(c, gfn);
        if (rc) {
            return rc;
        }
    }
    return 0;
}

int64_t child_create(struct child *c, const struct child_config *cfg)
{
    int64_t rc = child_create_bare(c, cfg);

    if (rc) {
        return rc;
    }
    rc = child_set_sizes(c, cfg);
    return rc ? rc : child_fill(c);
}

/* The record that a vCPU starts from. */
static void fill_cpu(struct hvm_hw_cpu *cpu, unsigned int vcpu)
{
    memset(cpu, 0, sizeof(*cpu));
    cpu->rip = (uint64_t)CHILD_GFN_CODE << PAGE_SHIFT;
    cpu->rsp = ((uint64_t)CHILD_GFN_STACK << PAGE_SHIFT) +
               (vcpu + 1) * (PAGE_SIZE / CHILD_VCPUS);
    cpu->rflags = 2;
    cpu->cr0 = CR0_PE | CR0_ET | CR0_NE | CR0_WP | CR0_PG;
    cpu->cr3 = (uint64_t)CHILD_GFN_PML4 << PAGE_SHIFT;
    cpu->cr4 = CR4_PAE;
    cpu->msr_efer = EFER_LME | EFER_LMA;
    cpu->dr6 = 0xffff0ff0u;
    cpu->dr7 = 0x400;
    cpu->cs_sel = SEL_KERNEL_CS;
    cpu->cs_limit = UINT32_MAX;
    cpu->cs_arbytes = CS_ATTR;
    cpu->ds_sel = cpu->es_sel = cpu->ss_sel = SEL_KERNEL_DS;
    cpu->ds_limit = cpu->es_limit = cpu->ss_limit = UINT32_MAX;
    cpu->ds_arbytes = cpu->es_arbytes = cpu->ss_arbytes = DS_ATTR;
    cpu->gs_base = mailbox_gpa(vcpu);
    cpu->tr_sel = SEL_TSS;
    cpu->tr_base = ((uint64_t)CHILD_GFN_GDT << PAGE_SHIFT) + TSS_OFFSET;
    cpu->tr_limit = TSS_LIMIT;
    cpu->tr_arbytes = TR_ATTR;
    cpu->gdtr_base = (uint64_t)CHILD_GFN_GDT << PAGE_SHIFT;
    cpu->gdtr_limit = 0xff;
    cpu->idtr_base = (uint64_t)CHILD_GFN_IDT << PAGE_SHIFT;
    cpu->idtr_limit = PAGE_SIZE - 1;
}

/* Append a record to a stream; returns the place for its body. */
static void *append(uint8_t **end, uint16_t type, uint16_t instance,
                    uint32_t length)
{
    struct hvm_save_descriptor *d = (struct hvm_save_descriptor *)*end;

    *d = (struct hvm_save_descriptor){ type, instance, length };
    *end += sizeof(*d) + length;
    return d + 1;
}

int64_t child_start(struct child *c, unsigned int n)
{
    const uint64_t mark = mm_mark();
    uint8_t *stream = mm_alloc(2 * CONTEXT_PAGES);
    uint8_t *all = stream + CONTEXT_PAGES * PAGE_SIZE;
    uint8_t *end = stream;
    struct xen_domctl op = { 0 };
    int64_t rc;

    op.u.hvmcontext.size = CONTEXT_PAGES * PAGE_SIZE;
    set_xen_guest_handle(op.u.hvmcontext.buffer, all);
    rc = domctl(&op, XEN_DOMCTL_gethvmcontext, c->domid);
    if (rc == 0) {
        /* The header goes back as it came, as the tools do it. */
        memcpy(append(&end, HVM_SAVE_CODE(HEADER), 0,
                      sizeof(struct hvm_save_header)),
               all + sizeof(struct hvm_save_descriptor),
               sizeof(struct hvm_save_header));
        for (unsigned int i = 0; i < n; i++) {
            fill_cpu(append(&end, HVM_SAVE_CODE(CPU), (uint16_t)i,
                            sizeof(struct hvm_hw_cpu)), i);
        }
        append(&end, HVM_SAVE_CODE(END), 0, 0);
        op.u.hvmcontext.size = (uint32_t)(end - stream);
        set_xen_guest_handle(op.u.hvmcontext.buffer, stream);
        rc = domctl(&op, XEN_DOMCTL_sethvmcontext, c->domid);
    }
    mm_release(mark);
    return rc;
}

bool child_boot(struct child *c, const struct child_config *cfg)
{
    int64_t rc = child_create(c, cfg);

    if (rc == 0) {
        rc = child_start(c, 1);
    }
    if (rc == 0) {
        rc = domctl_plain(XEN_DOMCTL_unpausedomain, c->domid);
    }
    if (rc == 0) {
        rc = child_hypercall(c, __HYPERVISOR_xen_version, XENVER_version, 0,
                             0) == 0x40011 ? 0 : CHILD_SILENT;
    }
    if (!check_quiet("a child domain starts", rc == 0, "%ld", rc)) {
        child_destroy(c);
        return false;
    }
    return true;
}

void child_send(struct child *c, unsigned int vcpu, const void *code,
                unsigned int size, uint64_t a1, uint64_t a2)
{
    struct child_mailbox *m = &c->mailbox[vcpu];

    memcpy(c->snippet + 1024 * vcpu, code, size);
    m->code = ((uint64_t)CHILD_GFN_SNIPPET << PAGE_SHIFT) + 1024 * vcpu;
    m->arg[0] = a1;
    m->arg[1] = a2;
    mb();
    m->request++;
}

void child_jump(struct child *c, unsigned int vcpu, const uint8_t *place,
                uint64_t a1, uint64_t a2)
{
    struct child_mailbox *m = &c->mailbox[vcpu];

    m->code = ((uint64_t)CHILD_GFN_CODE << PAGE_SHIFT) +
              (uint64_t)(place - child_payload);
    m->arg[0] = a1;
    m->arg[1] = a2;
    mb();
    m->request++;
}

int64_t child_wait(struct child *c, unsigned int vcpu)
{
    struct child_mailbox *m = &c->mailbox[vcpu];
    const uint64_t end = shared_now_ns() + PATIENCE;

    while (m->answer != m->request) {
        if (shared_now_ns() > end) {
            return CHILD_SILENT;
        }
        sched_op(SCHEDOP_yield, NULL);
    }
    mb();
    return m->result;
}

int64_t child_run(struct child *c, unsigned int vcpu, const void *code,
                  unsigned int size, uint64_t a1, uint64_t a2)
{
    child_send(c, vcpu, code, size, a1, a2);
    return child_wait(c, vcpu);
}

int64_t child_hypercall(struct child *c, uint64_t nr, uint64_t a1,
                        uint64_t a2, uint64_t a3)
{
    struct child_mailbox *m = &c->mailbox[0];

    m->code = 0;
    m->nr = nr;
    m->arg[0] = a1;
    m->arg[1] = a2;
    m->arg[2] = a3;
    mb();
    m->request++;
    return child_wait(c, 0);
}

/* Where structures are passed: behind the mailboxes, in the same page. */
static void *shared_area(struct child *c)
{
    return (uint8_t *)c->mailbox + PAGE_SIZE / 2;
}

void child_send_op(struct child *c, uint64_t nr, uint64_t op,
                   const void *arg, unsigned int size)
{
    struct child_mailbox *m = &c->mailbox[0];
    const bool is_alone = nr == __HYPERVISOR_domctl ||
                          nr == __HYPERVISOR_sysctl ||
                          nr == __HYPERVISOR_platform_op;
    const uint64_t gpa =
        ((uint64_t)CHILD_GFN_MAILBOX << PAGE_SHIFT) + PAGE_SIZE / 2;

    memcpy(shared_area(c), arg, size);
    m->code = 0;
    m->nr = nr;
    m->arg[0] = is_alone ? gpa : op;
    m->arg[1] = gpa;
    m->arg[2] = 1;
    mb();
    m->request++;
}

int64_t child_op(struct child *c, uint64_t nr, uint64_t op, void *arg,
                 unsigned int size)
{
    int64_t rc;

    child_send_op(c, nr, op, arg, size);
    rc = child_wait(c, 0);
    memcpy(arg, shared_area(c), size);
    return rc;
}

uint64_t child_peek(struct child *c, uint64_t gpa)
{
    /* mov (%rdi), %rax; ret */
    static const uint8_t code[] = { 0x48, 0x8b, 0x07, 0xc3 };

    return (uint64_t)child_run(c, 0, code, sizeof(code), gpa, 0);
}

void child_poke(struct child *c, uint64_t gpa, uint64_t val)
{
    /* mov %rsi, (%rdi); ret */
    static const uint8_t code[] = { 0x48, 0x89, 0x37, 0xc3 };

    child_run(c, 0, code, sizeof(code), gpa, val);
}

bool child_is_alive(struct child *c)
{
    const uint64_t end = shared_now_ns() + SECOND;
    const uint64_t before = c->mailbox[0].idle;

    while (c->mailbox[0].idle == before) {
        if (shared_now_ns() > end) {
            return false;
        }
        child_relax(SECOND / 1000);
    }
    return true;
}

bool child_info(uint16_t domid, struct xen_domctl_getdomaininfo *info)
{
    struct xen_domctl op = { 0 };

    if (domctl(&op, XEN_DOMCTL_getdomaininfo, domid) ||
        op.domain != domid) {
        return false;
    }
    *info = op.u.getdomaininfo;
    return true;
}

int child_wait_shutdown(const struct child *c)
{
    const uint64_t end = shared_now_ns() + PATIENCE;
    struct xen_domctl_getdomaininfo info;

    while (shared_now_ns() < end && child_info(c->domid, &info)) {
        if (info.flags & XEN_DOMINF_shutdown) {
            return (info.flags >> XEN_DOMINF_shutdownshift) &
                   XEN_DOMINF_shutdownmask;
        }
        child_relax(SECOND / 1000);
    }
    return -1;
}

bool child_wait_gone(uint16_t domid)
{
    const uint64_t end = shared_now_ns() + PATIENCE;
    struct xen_domctl_getdomaininfo info;

    while (child_info(domid, &info)) {
        if (shared_now_ns() > end) {
            return false;
        }
        child_relax(SECOND / 1000);
    }
    return true;
}

bool child_destroy(struct child *c)
{
    int64_t rc;

    if (c->domid == 0 || c->domid >= DOMID_FIRST_RESERVED) {
        return false;
    }
    if (c->mailbox) {
        child_unmap(c, CHILD_GFN_MAILBOX);
        child_unmap(c, CHILD_GFN_SNIPPET);
    }
    rc = domctl_plain(XEN_DOMCTL_destroydomain, c->domid);
    if (!check_quiet("destroydomain", rc == 0, "%ld", rc)) {
        return false;
    }
    return check_quiet("the destroyed domain goes", child_wait_gone(c->domid),
                       "it stays");
}
