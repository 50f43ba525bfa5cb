/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MSR policy: what a PVH guest can read and write, what faults.
 * AMD64 Architecture Programmer's Manual, "Model-Specific Registers".
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#define MSR_MCG_CAP       0x179u
#define MSR_MCG_STATUS    0x17au
#define MSR_MC0_CTL       0x400u
#define MSR_MC0_STATUS    0x401u
#define MSR_MTRR_FIX64K   0x250u
#define MSR_PATCH_LEVEL   0x8bu
#define MSR_SYSCFG        0xc0010010u
#define MSR_NB_CFG        0xc001001fu
#define MSR_HWCR          0xc0010015u
#define MSR_DE_CFG        0xc0011029u
#define MSR_VM_HSAVE_PA   0xc0010117u
#define NON_CANONICAL     0x0000900000000000ull
#define CANONICAL         0xffff900000001000ull

/* Registers that hold what is written. */
static const struct {
    const char *name;
    uint32_t msr;
    uint64_t value;
} stored[] = {
    { "SYSENTER_CS", MSR_SYSENTER_CS, 0x1234 },
    { "SYSENTER_ESP", MSR_SYSENTER_ESP, CANONICAL },
    { "SYSENTER_EIP", MSR_SYSENTER_EIP, CANONICAL },
    { "STAR", MSR_STAR, 0x0023001000000000ull },
    { "LSTAR", MSR_LSTAR, CANONICAL },
    { "CSTAR", MSR_CSTAR, CANONICAL },
    { "SFMASK", MSR_SFMASK, 0x47700 },
    { "FS_BASE", MSR_FS_BASE, CANONICAL },
    { "KERNEL_GS_BASE", MSR_KERNEL_GS, CANONICAL },
    { "PAT", MSR_PAT, 0x0007040600070406ull ^ 0x1ull << 32 },
    { "MTRR_DEF_TYPE", MSR_MTRR_DEF_TYPE, 0xc00 },
};

/* Registers that read without a fault, whatever they hold. */
static const struct {
    const char *name;
    uint32_t msr;
} readable[] = {
    { "TSC", MSR_TSC },
    { "APIC_BASE", MSR_APIC_BASE },
    { "MTRRcap", MSR_MTRR_CAP },
    { "MTRR fixed", MSR_MTRR_FIX64K },
    { "MTRR variable", 0x200 },
    { "MCG_CAP", MSR_MCG_CAP },
    { "MCG_STATUS", MSR_MCG_STATUS },
    { "MC0_CTL", MSR_MC0_CTL },
    { "MC0_STATUS", MSR_MC0_STATUS },
    { "EFER", MSR_EFER },
    { "GS_BASE", MSR_GS_BASE },
};

static const struct {
    const char *name;
    uint32_t msr;
} amd_readable[] = {
    { "PATCH_LEVEL", MSR_PATCH_LEVEL },
    { "SYSCFG", MSR_SYSCFG },
    { "HWCR", MSR_HWCR },
    { "NB_CFG", MSR_NB_CFG },
    { "DE_CFG", MSR_DE_CFG },
    { "K7 event select", 0xc0010000u },
};

static const uint32_t absent[] = {
    0x2, 0x3a00, 0x12345678, 0x40000100, 0x4fffffff, 0xbfffffff,
    0xc0000000, 0xc00000ff, 0xc0020000, 0xdeadbeef, 0xffffffff,
};

static const uint32_t bases[] = {
    MSR_LSTAR, MSR_CSTAR, MSR_FS_BASE, MSR_KERNEL_GS,
};

static void stored_values(void)
{
    for (unsigned int i = 0; i < sizeof(stored) / sizeof(stored[0]); i++) {
        uint64_t old;
        uint64_t val;
        uint32_t f = rdmsr_safe(stored[i].msr, &old);

        f |= wrmsr_safe(stored[i].msr, stored[i].value);
        f |= rdmsr_safe(stored[i].msr, &val);
        check(stored[i].name, f == 0 && val == stored[i].value,
              "fault %x, value %lx", f, val);
        wrmsr_safe(stored[i].msr, old);
    }
}

static void readable_values(void)
{
    uint64_t val;

    for (unsigned int i = 0; i < sizeof(readable) / sizeof(readable[0]);
         i++) {
        check_fault(readable[i].name, rdmsr_safe(readable[i].msr, &val), 0);
    }
    if (!hypercall_is_vmmcall) {
        return;
    }
    for (unsigned int i = 0;
         i < sizeof(amd_readable) / sizeof(amd_readable[0]); i++) {
        check_fault(amd_readable[i].name,
                    rdmsr_safe(amd_readable[i].msr, &val), 0);
    }
    check_eq("SYSCFG shows no secrets",
             (int64_t)(rdmsr_safe(MSR_SYSCFG, &val) | val), 0);
}

static void faults(void)
{
    uint64_t val;

    for (unsigned int i = 0; i < sizeof(absent) / 4; i++) {
        uint32_t f = rdmsr_safe(absent[i], &val);

        check_quiet("read of an absent MSR", f == FAULT_GP, "%x: %x",
                    absent[i], f);
        f = wrmsr_safe(absent[i], 0);
        check_quiet("write of an absent MSR", f == FAULT_GP, "%x: %x",
                    absent[i], f);
    }
    /* QEMU's processor does not look at what goes into these. */
    for (unsigned int i = 0;
         !hypercall_is_vmmcall && i < sizeof(bases) / 4; i++) {
        const uint32_t f = wrmsr_safe(bases[i], NON_CANONICAL);

        check_quiet("non-canonical base", f == FAULT_GP, "%x: %x", bases[i],
                    f);
    }
    if (!hypercall_is_vmmcall) {
        check_fault("PAT with a reserved type", wrmsr_safe(MSR_PAT, 2),
                    FAULT_GP);
    }
    check_fault("MTRR_DEF_TYPE with reserved bits",
                wrmsr_safe(MSR_MTRR_DEF_TYPE, 0x100000), FAULT_GP);
    check_fault("MTRR_DEF_TYPE with a reserved type",
                wrmsr_safe(MSR_MTRR_DEF_TYPE, 0xc02), FAULT_GP);
    check_fault("MTRRcap is read-only", wrmsr_safe(MSR_MTRR_CAP, 0),
                FAULT_GP);
    /* Xen shows and takes a value for nested virtualisation it has not
     * offered. */
    if (!on_xen()) {
        check_fault("VM_HSAVE_PA", rdmsr_safe(MSR_VM_HSAVE_PA, &val),
                    FAULT_GP);
        check_fault("VM_HSAVE_PA write",
                    wrmsr_safe(MSR_VM_HSAVE_PA, 0x1000), FAULT_GP);
    }
    check_fault("VMX capabilities", rdmsr_safe(0x480, &val), FAULT_GP);
    check_fault("x2APIC range's end", rdmsr_safe(0xbff, &val), FAULT_GP);
}

static void tsc(void)
{
    const uint64_t before = rdtsc();
    uint64_t val;

    rdmsr_safe(MSR_TSC, &val);
    CHECK("TSC by RDMSR lies between two RDTSC",
          val >= before && val <= rdtsc());
}

static void mce(void)
{
    check_fault("MC0_CTL takes all ones", wrmsr_safe(MSR_MC0_CTL, ~0ull),
                0);
    check_fault("MC0_STATUS takes 0", wrmsr_safe(MSR_MC0_STATUS, 0), 0);
    check_fault("MC0_STATUS takes nothing else",
                wrmsr_safe(MSR_MC0_STATUS, 1), FAULT_GP);
}

TEST(msr_policy, "MSRs: what holds, what reads, what faults", 0)
{
    stored_values();
    readable_values();
    faults();
    tsc();
    mce();
}
