/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first state of a guest's vCPUs: MTRRs that make memory write back for
 * all, and for vCPU 0 the registers of PVH's entry. Chapter: Xen, "x86/HVM
 * direct boot ABI"; hvm/save.h of the public headers.
 */
#include <core/abi/hvm_save.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <dom0/builder/builder_priv.h>
#include <dom0/rt/hypercall.h>
#include <dom0/rt/mem.h>

#define CR0_ET_PE 0x11u
#define RFLAGS_RESERVED 0x2u
#define ACCESS_CODE 0xc9bu
#define ACCESS_DATA 0xc93u
#define ACCESS_TSS 0x8bu
#define TSS_LIMIT 0x67u
#define MTRR_ENABLED_WRITE_BACK 0x806u
#define DR6_RESET 0xffff0ff0u
#define DR7_RESET 0x400u

struct cpu_context {
    struct hvm_save_descriptor header_d;
    HVM_SAVE_TYPE(HEADER) header;
    struct hvm_save_descriptor d;
    union {
        struct {
            HVM_SAVE_TYPE(CPU) cpu;
            struct hvm_save_descriptor end_d;
        } cpu;
        struct {
            HVM_SAVE_TYPE(MTRR) mtrr;
            struct hvm_save_descriptor end_d;
        } mtrr;
    };
};

static long builder_set_context(domid_t domid, void *buffer, size_t size)
{
    struct xen_domctl op = { .u.hvmcontext.size = (uint32_t)size };

    set_xen_guest_handle(op.u.hvmcontext.buffer, buffer);
    return hypercall_domctl(XEN_DOMCTL_sethvmcontext, domid, &op);
}

/* The record of this type and vCPU in a whole context; NULL: none. */
static const void *builder_record(const char *context, size_t size,
                                  unsigned int type, unsigned int vcpu,
                                  size_t length)
{
    size_t at = 0;

    while (size - at >= sizeof(struct hvm_save_descriptor)) {
        struct hvm_save_descriptor d;

        memcpy(&d, context + at, sizeof(d));
        at += sizeof(d);
        if (d.length > size - at) {
            return NULL;
        }
        if (d.typecode == type && d.instance == vcpu && d.length == length) {
            return context + at;
        }
        at += d.length;
    }
    return NULL;
}

static void builder_cpu_fill(HVM_SAVE_TYPE(CPU) *c,
                             const struct builder_layout *l)
{
    c->cr0 = CR0_ET_PE;
    c->rbx = l->info;
    c->rip = l->entry;
    c->rflags = RFLAGS_RESERVED;
    c->dr6 = DR6_RESET;
    c->dr7 = DR7_RESET;
    c->cs_limit = c->ds_limit = c->es_limit = c->ss_limit = UINT32_MAX;
    c->fs_limit = c->gs_limit = UINT32_MAX;
    c->cs_arbytes = ACCESS_CODE;
    c->ds_arbytes = c->es_arbytes = c->ss_arbytes = ACCESS_DATA;
    c->fs_arbytes = c->gs_arbytes = ACCESS_DATA;
    c->tr_limit = TSS_LIMIT;
    c->tr_arbytes = ACCESS_TSS;
}

static int builder_mtrr(domid_t domid, struct cpu_context *c,
                        const char *context, size_t size,
                        unsigned int vcpu)
{
    const HVM_SAVE_TYPE(MTRR) *const mtrr = builder_record(
        context, size, HVM_SAVE_CODE(MTRR), vcpu, HVM_SAVE_LENGTH(MTRR));

    if (mtrr == NULL) {
        return 0;       /* A vCPU that has none has none to set. */
    }
    c->d.typecode = HVM_SAVE_CODE(MTRR);
    c->d.instance = (uint16_t)vcpu;
    c->d.length = HVM_SAVE_LENGTH(MTRR);
    memset(&c->mtrr.end_d, 0, sizeof(c->mtrr.end_d));
    c->mtrr.mtrr = *mtrr;
    c->mtrr.mtrr.msr_mtrr_def_type = MTRR_ENABLED_WRITE_BACK;
    return (int)builder_set_context(
        domid, c, offsetof(struct cpu_context, mtrr.end_d) +
                      sizeof(c->mtrr.end_d));
}

static int builder_set_cpus(domid_t domid, const struct builder_layout *l,
                            unsigned int vcpus, const char *context,
                            size_t size)
{
    static struct cpu_context c;
    const void *const header = builder_record(
        context, size, HVM_SAVE_CODE(HEADER), 0, HVM_SAVE_LENGTH(HEADER));
    int rc = 0;

    if (header == NULL) {
        return -EINVAL;
    }
    memset(&c, 0, sizeof(c));
    c.header_d.typecode = HVM_SAVE_CODE(HEADER);
    c.header_d.length = HVM_SAVE_LENGTH(HEADER);
    memcpy(&c.header, header, sizeof(c.header));
    for (unsigned int i = 0; i < vcpus && rc == 0; i++) {
        rc = builder_mtrr(domid, &c, context, size, i);
    }
    if (rc != 0) {
        return rc;
    }
    c.d.typecode = HVM_SAVE_CODE(CPU);
    c.d.instance = 0;
    c.d.length = HVM_SAVE_LENGTH(CPU);
    memset(&c.cpu, 0, sizeof(c.cpu));
    builder_cpu_fill(&c.cpu.cpu, l);
    return (int)builder_set_context(
        domid, &c, offsetof(struct cpu_context, cpu.end_d) +
                       sizeof(c.cpu.end_d));
}

int builder_cpu(domid_t domid, const struct builder_layout *l,
                unsigned int vcpus, const char **why)
{
    struct xen_domctl op = { .u.hvmcontext.size = 0 };
    size_t size;
    char *context;
    long rc;

    *why = "the hypervisor does not give or take vCPU state";
    rc = hypercall_domctl(XEN_DOMCTL_gethvmcontext, domid, &op);
    if (rc < 0) {
        return (int)rc;
    }
    size = op.u.hvmcontext.size;
    context = mem_alloc(size);
    if (context == NULL) {
        return -ENOMEM;
    }
    set_xen_guest_handle(op.u.hvmcontext.buffer, (uint8_t *)context);
    rc = hypercall_domctl(XEN_DOMCTL_gethvmcontext, domid, &op);
    if (rc >= 0) {
        rc = builder_set_cpus(domid, l, vcpus, context,
                              op.u.hvmcontext.size);
    }
    mem_free(context);
    return (int)rc;
}
