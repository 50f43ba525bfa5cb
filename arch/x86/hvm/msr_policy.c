/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MSRs a guest has: one row for each range, what a read and a write do.
 * A register without a row faults with #GP, as on a processor that lacks it.
 * SDM volume 4; APM volume 2, appendix "MSR Cross-Reference".
 *
 * Context: the CPU whose current the vCPU is.
 */
#include <arch/x86/hvm/cpuid_policy.h>
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_emul.h>
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hvm/hvm_run.h>
#include <arch/x86/hvm/hvm_save.h>
#include <arch/x86/hvm/msr_policy.h>
#include <arch/x86/cpu/msr.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/hw/msr_index.h>
#include <core/arch/arch_domain.h>
#include <core/arch/arch_time.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>

#define MSR_HYPERCALL_PAGE 0x40000000u
#define MSR_K7_PERFEVTSEL0 0xc0010000u
#define MSR_K7_PERFCTR_LAST 0xc0010007u
#define MTRR_VARIABLE 8u
#define MTRRCAP_VALUE (MTRR_VARIABLE | BIT(8) | BIT(10))
#define MISC_ENABLE_VALUE (BIT(0) | BIT(11) | BIT(12))
#define DE_CFG_LFENCE_SERIALIZE BIT(1)
#define MTRR_DEF_VALID (GENMASK64(11, 10) | GENMASK64(7, 0))

/* 0; -EFAULT for #GP. */
typedef int msr_read_fn(struct vcpu *v, uint32_t msr, uint64_t *val);
typedef int msr_write_fn(struct vcpu *v, uint32_t msr, uint64_t val);

struct msr_row {
    uint32_t first;
    uint32_t last;
    msr_read_fn *read;   /* NULL: #GP */
    msr_write_fn *write; /* NULL: #GP */
};

static int read_zero(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    *val = 0;
    return 0;
}

static int write_drop(struct vcpu *v, uint32_t msr, uint64_t val)
{
    return 0;
}

/* All processors have it, if not all emulators: 0 then. */
static int read_ucode(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    if (!msr_read_safe(msr, val)) {
        *val = 0;
    }
    return 0;
}

static int read_tsc(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    *val = arch_cycles() + v->arch->tsc_offset;
    return 0;
}

static int write_tsc(struct vcpu *v, uint32_t msr, uint64_t val)
{
    hvm_vcpu_set_tsc_offset(v, val - arch_cycles());
    return 0;
}

static int read_apic_base(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    *val = v->arch->vlapic.base_msr;
    return 0;
}

static int write_apic_base(struct vcpu *v, uint32_t msr, uint64_t val)
{
    return vlapic_set_base(v, val);
}

static int read_deadline(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    *val = vlapic_get_tsc_deadline(v);
    return v->domain->arch->cpuid->has_tsc_deadline ? 0 : -EFAULT;
}

static int write_deadline(struct vcpu *v, uint32_t msr, uint64_t val)
{
    if (!v->domain->arch->cpuid->has_tsc_deadline) {
        return -EFAULT;
    }
    return vlapic_set_tsc_deadline(v, val);
}

static int read_efer(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    vcpu_state_pull(v, HVM_CR);
    *val = v->arch->s.efer;
    return 0;
}

static int write_efer(struct vcpu *v, uint32_t msr, uint64_t val)
{
    struct vcpu_state *const s = &v->arch->s;

    vcpu_state_pull(v, HVM_CR);
    if ((val & ~cpuid_policy_efer_mask(v->domain)) ||
        ((s->cr0 & CR0_PG) && ((val ^ s->efer) & EFER_LME))) {
        return -EFAULT;
    }
    vcpu_state_change(v, HVM_CR);
    /* LMA is the processor's own. */
    s->efer = (val & ~EFER_LMA) | (s->efer & EFER_LMA);
    return 0;
}

static int read_pat(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    vcpu_state_pull(v, HVM_PAT);
    *val = v->arch->s.pat;
    return 0;
}

/* Types 2, 3 and above 7 do not exist. */
static bool pat_is_legal(uint64_t val)
{
    for (unsigned int i = 0; i < 8; i++) {
        const uint8_t type = (uint8_t)(val >> (i * 8));

        if (type > 7 || type == 2 || type == 3) {
            return false;
        }
    }
    return true;
}

static int write_pat(struct vcpu *v, uint32_t msr, uint64_t val)
{
    if (!pat_is_legal(val)) {
        return -EFAULT;
    }
    vcpu_state_change(v, HVM_PAT);
    v->arch->s.pat = val;
    return 0;
}

/* On VT-x writes of STAR and its neighbours exit, see vmx_msr.c. */
static uint64_t *syscall_slot(struct vcpu_state *s, uint32_t msr)
{
    switch (msr) {
    case MSR_SYSENTER_CS: return &s->sysenter_cs;
    case MSR_SYSENTER_ESP: return &s->sysenter_esp;
    case MSR_SYSENTER_EIP: return &s->sysenter_eip;
    case MSR_STAR: return &s->star;
    case MSR_LSTAR: return &s->lstar;
    case MSR_CSTAR: return &s->cstar;
    case MSR_SFMASK: return &s->sfmask;
    default: return &s->kernel_gs;
    }
}

static int read_syscall(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    vcpu_state_pull(v, HVM_SYSCALL | HVM_SYSENTER);
    *val = *syscall_slot(&v->arch->s, msr);
    return 0;
}

static int write_syscall(struct vcpu *v, uint32_t msr, uint64_t val)
{
    const bool is_address = msr != MSR_STAR && msr != MSR_SFMASK &&
                            msr != MSR_SYSENTER_CS;

    if (is_address && !hvm_is_canonical(val)) {
        return -EFAULT;
    }
    vcpu_state_change(v, HVM_SYSCALL | HVM_SYSENTER);
    *syscall_slot(&v->arch->s, msr) = val;
    return 0;
}

static int read_seg_base(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    vcpu_state_pull(v, HVM_SEG);
    *val = v->arch->s.seg[msr == MSR_FS_BASE ? SEG_FS : SEG_GS].base;
    return 0;
}

static int write_seg_base(struct vcpu *v, uint32_t msr, uint64_t val)
{
    if (!hvm_is_canonical(val)) {
        return -EFAULT;
    }
    vcpu_state_change(v, HVM_SEG);
    v->arch->s.seg[msr == MSR_FS_BASE ? SEG_FS : SEG_GS].base = val;
    return 0;
}

static int read_tsc_aux(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    *val = v->arch->tsc_aux;
    return v->domain->arch->cpuid->has_rdtscp ? 0 : -EFAULT;
}

static int write_tsc_aux(struct vcpu *v, uint32_t msr, uint64_t val)
{
    if (!v->domain->arch->cpuid->has_rdtscp || val >> 32) {
        return -EFAULT;
    }
    v->arch->tsc_aux = val;
    msr_write(MSR_TSC_AUX, val);
    return 0;
}

static int read_mtrrcap(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    *val = MTRRCAP_VALUE;
    return 0;
}

static const uint32_t mtrr_fixed[] = {
    0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e,
    0x26f,
};

/*
 * MTRRs are kept for the guest to read back; memory types come from the
 * machine's own and from the guest's PAT.
 */
static uint64_t *mtrr_slot(struct arch_vcpu *a, uint32_t msr)
{
    if (msr == MSR_MTRR_DEF_TYPE) {
        return &a->mtrr_def;
    }
    if (msr - MSR_MTRR_PHYSBASE0 < 2 * MTRR_VARIABLE) {
        return &a->mtrr_var[msr - MSR_MTRR_PHYSBASE0];
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(mtrr_fixed); i++) {
        if (mtrr_fixed[i] == msr) {
            return &a->mtrr_fixed[i];
        }
    }
    return NULL;
}

static int read_mtrr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    const uint64_t *const slot = mtrr_slot(v->arch, msr);

    if (!slot) {
        return -EFAULT;
    }
    *val = *slot;
    return 0;
}

static bool mtrr_type_ok(uint8_t type)
{
    return type == 0 || type == 1 || (type >= 4 && type <= 6);
}

static bool mtrr_is_legal(uint32_t msr, uint64_t val)
{
    const bool is_base = msr - MSR_MTRR_PHYSBASE0 < 2 * MTRR_VARIABLE &&
                         msr % 2 == 0;

    if ((msr == MSR_MTRR_DEF_TYPE && (val & ~MTRR_DEF_VALID)) ||
        ((is_base || msr == MSR_MTRR_DEF_TYPE) &&
         !mtrr_type_ok((uint8_t)val))) {
        return false;
    }
    for (unsigned int i = 0; msr >= MSR_MTRR_FIX64K_00000 &&
                             msr <= MSR_MTRR_FIX4K_F8000 && i < 8; i++) {
        if (!mtrr_type_ok((uint8_t)(val >> (i * 8)))) {
            return false;
        }
    }
    return true;
}

static int write_mtrr(struct vcpu *v, uint32_t msr, uint64_t val)
{
    uint64_t *const slot = mtrr_slot(v->arch, msr);

    if (!slot || !mtrr_is_legal(msr, val)) {
        return -EFAULT;
    }
    *slot = val;
    return 0;
}

static int read_mcg_cap(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    *val = HVM_MCA_BANKS;
    return 0;
}

static int read_mca(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    const uint32_t bank = (msr - MSR_MC0_CTL) / 4;

    *val = msr % 4 == 0 ? v->arch->mca_ctl[bank] : 0;
    return 0;
}

/* Status can only be cleared; control is what the guest wants. */
static int write_mca(struct vcpu *v, uint32_t msr, uint64_t val)
{
    const uint32_t bank = (msr - MSR_MC0_CTL) / 4;

    if (msr % 4 == 0) {
        v->arch->mca_ctl[bank] = val;
        return 0;
    }
    return val == 0 ? 0 : -EFAULT;
}

static int read_misc_enable(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    *val = v->arch->misc_enable | MISC_ENABLE_VALUE;
    return 0;
}

static int write_misc_enable(struct vcpu *v, uint32_t msr, uint64_t val)
{
    v->arch->misc_enable = val;
    return 0;
}

static int read_de_cfg(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    *val = DE_CFG_LFENCE_SERIALIZE;
    return 0;
}

/* The frame number stands in the upper bits, the stub index in the lower. */
static int write_hypercall_page(struct vcpu *v, uint32_t msr, uint64_t val)
{
    if (page_offset(val)) {
        return -EFAULT;
    }
    return arch_domain_hypercall_page(v->domain, gpa_to_gfn(val));
}

/* Ascending; searched from the top. */
static const struct msr_row rows[] = {
    { MSR_P5_MC_ADDR, MSR_P5_MC_TYPE, read_zero, write_drop },
    { MSR_TSC, MSR_TSC, read_tsc, write_tsc },
    { MSR_PLATFORM_ID, MSR_PLATFORM_ID, read_zero, NULL },
    { MSR_APIC_BASE, MSR_APIC_BASE, read_apic_base, write_apic_base },
    { MSR_UCODE_REV, MSR_UCODE_REV, read_ucode, write_drop },
    { MSR_MTRRCAP, MSR_MTRRCAP, read_mtrrcap, NULL },
    { MSR_SYSENTER_CS, MSR_SYSENTER_EIP, read_syscall, write_syscall },
    { MSR_MCG_CAP, MSR_MCG_CAP, read_mcg_cap, NULL },
    { MSR_MCG_STATUS, MSR_MCG_STATUS, read_zero, write_drop },
    { MSR_MISC_ENABLE, MSR_MISC_ENABLE, read_misc_enable,
      write_misc_enable },
    { MSR_DEBUGCTL, MSR_LASTINT_TO, read_zero, write_drop },
    { MSR_MTRR_PHYSBASE0, MSR_MTRR_FIX4K_F8000, read_mtrr, write_mtrr },
    { MSR_PAT, MSR_PAT, read_pat, write_pat },
    { MSR_MTRR_DEF_TYPE, MSR_MTRR_DEF_TYPE, read_mtrr, write_mtrr },
    { MSR_MC0_CTL, MSR_MC0_CTL + 4 * HVM_MCA_BANKS - 1, read_mca, write_mca },
    { MSR_TSC_DEADLINE, MSR_TSC_DEADLINE, read_deadline, write_deadline },
    { MSR_X2APIC_BASE, MSR_X2APIC_LAST, vlapic_rdmsr, vlapic_wrmsr },
    { MSR_HYPERCALL_PAGE, MSR_HYPERCALL_PAGE, read_zero,
      write_hypercall_page },
    { MSR_EFER, MSR_EFER, read_efer, write_efer },
    { MSR_STAR, MSR_SFMASK, read_syscall, write_syscall },
    { MSR_FS_BASE, MSR_GS_BASE, read_seg_base, write_seg_base },
    { MSR_KERNEL_GS_BASE, MSR_KERNEL_GS_BASE, read_syscall, write_syscall },
    { MSR_TSC_AUX, MSR_TSC_AUX, read_tsc_aux, write_tsc_aux },
    { MSR_K7_PERFEVTSEL0, MSR_K7_PERFCTR_LAST, read_zero, write_drop },
    { MSR_AMD_SYSCFG, MSR_AMD_SYSCFG, read_zero, write_drop },
    { MSR_AMD_HWCR, MSR_AMD_HWCR, read_zero, write_drop },
    { MSR_AMD_NB_CFG, MSR_AMD_NB_CFG, read_zero, write_drop },
    { MSR_AMD_DE_CFG, MSR_AMD_DE_CFG, read_de_cfg, write_drop },
};

static const struct msr_row *row_of(uint32_t msr)
{
    unsigned int low = 0;
    unsigned int high = ARRAY_SIZE(rows);

    while (low < high) {
        const unsigned int mid = (low + high) / 2;

        if (msr > rows[mid].last) {
            low = mid + 1;
        } else if (msr < rows[mid].first) {
            high = mid;
        } else {
            return &rows[mid];
        }
    }
    return NULL;
}

int hvm_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    const struct msr_row *const row = row_of(msr);

    return row && row->read ? row->read(v, msr, val) : -EFAULT;
}

int hvm_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
    const struct msr_row *const row = row_of(msr);

    return row && row->write ? row->write(v, msr, val) : -EFAULT;
}

void hvm_handle_rdmsr(struct vcpu *v, const struct hvm_exit *exit)
{
    uint64_t *const gpr = v->arch->s.gpr;
    const uint32_t msr = (uint32_t)gpr[GPR_RCX];
    uint64_t val;
    /* Of all MSRs, x2APIC registers are read and written most. */
    const int rc = msr - MSR_X2APIC_BASE < 0x40
                       ? vlapic_rdmsr(v, msr, &val)
                       : hvm_rdmsr(v, msr, &val);

    if (rc) {
        hvm_inject_fault_error(v, X86_GP, 0);
        return;
    }
    gpr[GPR_RAX] = (uint32_t)val;
    gpr[GPR_RDX] = val >> 32;
    hvm_skip(v, exit->insn_len);
}

void hvm_handle_wrmsr(struct vcpu *v, const struct hvm_exit *exit)
{
    const uint64_t *const gpr = v->arch->s.gpr;
    const uint32_t msr = (uint32_t)gpr[GPR_RCX];
    const uint64_t val = (gpr[GPR_RDX] << 32) | (uint32_t)gpr[GPR_RAX];
    const int rc = msr - MSR_X2APIC_BASE < 0x40 ? vlapic_wrmsr(v, msr, val)
                                                : hvm_wrmsr(v, msr, val);

    if (rc) {
        hvm_inject_fault_error(v, X86_GP, 0);
        return;
    }
    hvm_skip(v, exit->insn_len);
}

/* The machine's own MTRRs for the domain that drives it. */
void hvm_msr_init(struct vcpu *v)
{
    for (uint32_t msr = MSR_MTRR_PHYSBASE0; msr <= MSR_MTRR_DEF_TYPE;
         msr++) {
        uint64_t *const slot = mtrr_slot(v->arch, msr);
        uint64_t val;

        if (slot && v->domain->is_hardware && msr_read_safe(msr, &val)) {
            *slot = val;
        }
    }
}

uint32_t hvm_mtrr_save(struct vcpu *v, void *body)
{
    const struct arch_vcpu *const a = v->arch;
    struct hvm_hw_mtrr *const r = body;

    vcpu_state_pull(v, HVM_PAT);
    *r = (struct hvm_hw_mtrr){
        .msr_pat_cr = a->s.pat,
        .msr_mtrr_cap = MTRRCAP_VALUE,
        .msr_mtrr_def_type = a->mtrr_def,
    };
    memcpy(r->msr_mtrr_var, a->mtrr_var, sizeof(a->mtrr_var));
    memcpy(r->msr_mtrr_fixed, a->mtrr_fixed, sizeof(a->mtrr_fixed));
    return sizeof(*r);
}

int hvm_mtrr_check(struct vcpu *v, const void *body, uint32_t bytes)
{
    const struct hvm_hw_mtrr *const r = body;
    bool ok = pat_is_legal(r->msr_pat_cr) &&
              (uint8_t)r->msr_mtrr_cap <= MTRR_VARIABLE &&
              mtrr_is_legal(MSR_MTRR_DEF_TYPE, r->msr_mtrr_def_type);

    for (unsigned int i = 0; i < 2 * MTRR_VARIABLE; i++) {
        ok = ok && mtrr_is_legal(MSR_MTRR_PHYSBASE0 + i, r->msr_mtrr_var[i]);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(mtrr_fixed); i++) {
        ok = ok && mtrr_is_legal(mtrr_fixed[i], r->msr_mtrr_fixed[i]);
    }
    return ok ? 0 : -EINVAL;
}

void hvm_mtrr_load(struct vcpu *v, const void *body, uint32_t bytes)
{
    const struct hvm_hw_mtrr *const r = body;
    struct arch_vcpu *const a = v->arch;

    vcpu_state_change(v, HVM_PAT);
    a->s.pat = r->msr_pat_cr;
    a->mtrr_def = r->msr_mtrr_def_type;
    memcpy(a->mtrr_var, r->msr_mtrr_var, sizeof(a->mtrr_var));
    memcpy(a->mtrr_fixed, r->msr_mtrr_fixed, sizeof(a->mtrr_fixed));
}
