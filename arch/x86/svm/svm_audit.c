/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Would VMRUN refuse this VMCB, and why.  The rows follow APM volume 2,
 * "Canonicalization and Consistency Checks"; run when an entry fails, and
 * before each entry in builds with GUEST_AUDIT.
 */
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/svm/vmcb.h>
#include <core/console/printk.h>
#include <core/lib/errno.h>

#define CR4_KNOWN                                                            \
    (GENMASK64(11, 0) | CR4_LA57 | CR4_FSGSBASE | CR4_PCIDE | CR4_OSXSAVE |  \
     CR4_SMEP | CR4_SMAP | CR4_PKE | CR4_CET)
#define EFER_KNOWN                                                           \
    (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE | EFER_SVME | EFER_LMSLE |    \
     EFER_FFXSR | EFER_TCE | GENMASK64(21, 16))

static bool is_long_mode_paging(const struct vmcb *b)
{
    return (vmcb_get_efer(b) & EFER_LME) && (vmcb_get_cr0(b) & CR0_PG);
}

static bool cs_is_long_and_default32(const struct vmcb *b)
{
    struct segment seg[SEG_COUNT];

    vmcb_get_segments(b, seg);
    return (seg[SEG_CS].attr & SEG_ATTR_L) &&
           (seg[SEG_CS].attr & SEG_ATTR_DB);
}

static bool event_is_illegal(const struct vmcb *b)
{
    const uint64_t ev = vmcb_get_eventinj(b);
    const uint64_t type = field_get(SVM_EV_TYPE, ev);

    if (!(ev & SVM_EV_VALID)) {
        return false;
    }
    if (type == 1 || type > SVM_EV_SOFT_INT) {
        return true;
    }
    return type == SVM_EV_EXCEPTION && field_get(SVM_EV_VECTOR, ev) > 31;
}

struct check {
    bool failed;
    const char *what;
};

int vmcb_audit(const struct vmcb *b, uint32_t max_asid)
{
    const uint64_t cr0 = vmcb_get_cr0(b);
    const uint64_t cr4 = vmcb_get_cr4(b);
    const uint64_t efer = vmcb_get_efer(b);
    const bool is_long = is_long_mode_paging(b);
    const struct check checks[] = {
        { !(efer & EFER_SVME), "EFER.SVME is clear" },
        { (cr0 & CR0_NW) && !(cr0 & CR0_CD), "CR0.NW without CR0.CD" },
        { cr0 >> 32, "CR0 has bits above 31" },
        { cr4 & ~CR4_KNOWN, "CR4 has reserved bits" },
        { efer & ~EFER_KNOWN, "EFER has reserved bits" },
        { vmcb_get_dr6(b) >> 32, "DR6 has bits above 31" },
        { vmcb_get_dr7(b) >> 32, "DR7 has bits above 31" },
        { is_long && !(cr4 & CR4_PAE), "long mode paging without CR4.PAE" },
        { is_long && !(cr0 & CR0_PE), "long mode paging without CR0.PE" },
        { is_long && cs_is_long_and_default32(b), "CS.L and CS.D" },
        { !(vmcb_get_icpt_4(b) & SVM_I_VMRUN), "VMRUN is not intercepted" },
        { vmcb_get_asid(b) == 0, "ASID 0" },
        { vmcb_get_asid(b) > max_asid, "ASID above what the CPU has" },
        { vmcb_get_iopm_base(b) % PAGE_SIZE, "I/O map is not aligned" },
        { vmcb_get_msrpm_base(b) % PAGE_SIZE, "MSR map is not aligned" },
        { vmcb_get_ncr3(b) % PAGE_SIZE, "nCR3 is not aligned" },
        { event_is_illegal(b), "EVENTINJ is not a legal event" },
    };
    int rc = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(checks); i++) {
        if (checks[i].failed) {
            printk(LOG_ERR, "VMCB audit: %s\n", checks[i].what);
            rc = -EINVAL;
        }
    }
    return rc;
}
