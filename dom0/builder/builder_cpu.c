/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first state of a guest's vCPUs, as a stream of records: MTRRs that make
 * memory write back for all, and for vCPU 0 the registers of PVH's entry.
 * Chapter: Xen, "x86/HVM direct boot ABI"; hvm/save.h of the public headers.
 */
#include <arch/x86/hw/cr_bits.h>
#include <core/abi/hvm_save.h>
#include <dom0/builder/builder_priv.h>
#include <dom0/rt/rt.h>

#define ACCESS_CODE 0xc9bu
#define ACCESS_DATA 0xc93u
#define ACCESS_TSS 0x8bu
#define TSS_LIMIT 0x67u
#define MTRR_ENABLED_WRITE_BACK 0x806u

#define DESCRIPTOR sizeof(struct hvm_save_descriptor)

/* Begins a record, or ends the last one; its body, which is zero. */
static void *builder_record(char **at, unsigned int type, unsigned int vcpu,
                            size_t length)
{
    const struct hvm_save_descriptor d = {
        .typecode = (uint16_t)type, .instance = (uint16_t)vcpu,
        .length = (uint32_t)length,
    };
    char *const body = *at + sizeof(d);

    memcpy(*at, &d, sizeof(d));
    *at = body + length;
    return body;
}

static void builder_header_fill(HVM_SAVE_TYPE(HEADER) *h)
{
    h->magic = HVM_FILE_MAGIC;
    h->version = HVM_FILE_VERSION;
    h->cpuid = cpuid_raw(1, 0).eax;
}

static void builder_cpu_fill(HVM_SAVE_TYPE(CPU) *c,
                             const struct builder_layout *l)
{
    c->cr0 = CR0_ET | CR0_PE;
    c->rbx = l->info;
    c->rip = l->entry;
    c->rflags = RFLAGS_MBS;
    c->dr6 = DR6_BASE;
    c->dr7 = DR7_BASE;
    c->cs_limit = c->ds_limit = c->es_limit = c->ss_limit = UINT32_MAX;
    c->fs_limit = c->gs_limit = UINT32_MAX;
    c->cs_arbytes = ACCESS_CODE;
    c->ds_arbytes = c->es_arbytes = c->ss_arbytes = ACCESS_DATA;
    c->fs_arbytes = c->gs_arbytes = ACCESS_DATA;
    c->tr_limit = TSS_LIMIT;
    c->tr_arbytes = ACCESS_TSS;
}

/* What the vCPU has, but for the type of memory. */
static int builder_mtrr_fill(domid_t domid, unsigned int vcpu,
                             HVM_SAVE_TYPE(MTRR) *mtrr)
{
    struct xen_domctl op = { .u.hvmcontext_partial = {
        .type = HVM_SAVE_CODE(MTRR), .instance = vcpu,
        .bufsz = sizeof(*mtrr),
    } };
    long rc;

    set_xen_guest_handle(op.u.hvmcontext_partial.buffer, (uint8_t *)mtrr);
    rc = hypercall_domctl(XEN_DOMCTL_gethvmcontext_partial, domid, &op);
    mtrr->msr_mtrr_def_type = MTRR_ENABLED_WRITE_BACK;
    return (int)rc;
}

int builder_cpu(struct builder *b)
{
    const domid_t domid = b->d->domid;
    const unsigned int vcpus = b->g->vcpus;
    char *const stream = mem_alloc(
        3 * DESCRIPTOR + HVM_SAVE_LENGTH(HEADER) + HVM_SAVE_LENGTH(CPU) +
        vcpus * (DESCRIPTOR + HVM_SAVE_LENGTH(MTRR)));
    struct xen_domctl op = { .cmd = 0 };
    char *at = stream;
    int rc = 0;

    if (stream == NULL) {
        return -ENOMEM;
    }
    builder_header_fill(builder_record(&at, HVM_SAVE_CODE(HEADER), 0,
                                       HVM_SAVE_LENGTH(HEADER)));
    for (unsigned int i = 0; i < vcpus && rc == 0; i++) {
        rc = builder_mtrr_fill(domid, i,
                               builder_record(&at, HVM_SAVE_CODE(MTRR), i,
                                              HVM_SAVE_LENGTH(MTRR)));
    }
    builder_cpu_fill(builder_record(&at, HVM_SAVE_CODE(CPU), 0,
                                    HVM_SAVE_LENGTH(CPU)), &b->l);
    builder_record(&at, HVM_SAVE_CODE(END), 0, 0);
    op.u.hvmcontext.size = (uint32_t)(at - stream);
    set_xen_guest_handle(op.u.hvmcontext.buffer, (uint8_t *)stream);
    rc = rc ?: (int)hypercall_domctl(XEN_DOMCTL_sethvmcontext, domid, &op);
    mem_free(stream);
    return rc;
}
