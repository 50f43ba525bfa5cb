/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual processor identifiers.  Each physical CPU draws VPIDs in turn; when
 * it runs out, it drops all translations and a new generation begins, which
 * makes the VPIDs of all vCPUs stale on that CPU.  A vCPU that came from
 * another CPU draws a new one.  SDM volume 3, "Caching Translation
 * Information".
 *
 * What comes of the p2m alone is tagged by the root of its tables, not by the
 * VPID: INVEPT drops it, with all that was combined from it.  Needed as well
 * when a vCPU comes to a CPU, which may have slept through a change (or the
 * whole life of a domain that had its tables in the same frame).
 *
 * No locking: a CPU's numbers are its own.
 */
#include <arch/x86/vmx/vmx_priv.h>

#define VPID_COUNT 0x10000u

struct inv_operand {
    uint64_t what;
    uint64_t address;
};

static void invept(uint64_t type, uint64_t ept_pointer)
{
    const struct inv_operand op = { .what = ept_pointer };
    bool ok;

    asm volatile("invept %[op], %[type]"
                 : "=@cca"(ok)
                 : [op] "m"(op), [type] "r"(type)
                 : "memory");
    BUG_ON(!ok);
}

static void invvpid(uint64_t type, uint16_t vpid)
{
    const struct inv_operand op = { .what = vpid };
    bool ok;

    asm volatile("invvpid %[op], %[type]"
                 : "=@cca"(ok)
                 : [op] "m"(op), [type] "r"(type)
                 : "memory");
    BUG_ON(!ok);
}

uint64_t vmx_ept_pointer(const struct domain *d)
{
    return mfn_to_paddr(p2m_of(d)->root) | EPTP_WALK4 | EPTP_WB;
}

static void ept_flush(const struct domain *d)
{
    invept(vmx_features.ept_vpid & EPT_CAP_INVEPT_SINGLE ? INVEPT_SINGLE
                                                         : INVEPT_ALL,
           vmx_ept_pointer(d));
}

static void vpid_draw(struct vmx_vcpu *vv, struct vmx_cpu *vc)
{
    if (vc->next_vpid == VPID_COUNT) {
        vc->next_vpid = 1;
        vc->vpid_generation++;
        invvpid(INVVPID_ALL, 0);
    }
    vv->vpid = (uint16_t)vc->next_vpid++;
    vv->vpid_generation = vc->vpid_generation;
    vmcs_set_vpid(vv->vpid);
}

/* Without VPIDs each entry and each exit drops all of this by itself. */
static void linear_flush(struct vmx_vcpu *vv, struct vmx_cpu *vc)
{
    if (!(vmx_features.proc2 & PROC2_VPID)) {
        return;
    }
    if (vmx_features.ept_vpid & VPID_CAP_SINGLE) {
        invvpid(INVVPID_SINGLE, vv->vpid);
    } else {
        vpid_draw(vv, vc);
    }
}

/*
 * Generations only change by other vCPUs drawing, that is while this one is
 * not loaded.
 */
void vmx_vpid_load(struct vmx_vcpu *vv)
{
    struct vmx_cpu *const vc = vv->cpu;

    if (vv->vpid_generation == 0) {
        vv->due |= VMX_DUE_EPT;
    }
    if (vmx_features.proc2 & PROC2_VPID) {
        vpid_draw(vv, vc);
    }
    vv->vpid_generation = vc->vpid_generation;
}

void vmx_vpid_flush(struct vcpu *v, uint32_t due)
{
    struct vmx_vcpu *const vv = v->arch->vmx;

    if (due & VMX_DUE_EPT) {
        ept_flush(v->domain);
    } else {
        linear_flush(vv, vv->cpu);
    }
}

void vmx_p2m_changed(struct vcpu *v)
{
    v->arch->vmx->due |= VMX_DUE_EPT;
}
