/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FPU state.  SDM 1, "Managing State Using the XSAVE Feature Set".
 * Locking: none, the registers are this CPU's.
 */
#include <arch/x86/asm/extable.h>
#include <arch/x86/asm/regs.h>
#include <arch/x86/cpu/fpu.h>
#include <arch/x86/cpu/identify.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/kernel/bug.h>
#include <core/kernel/param.h>
#include <core/lib/bits.h>
#include <core/lib/string.h>

#define FXSAVE_SIZE 512u
#define FCW_RESET 0x037f
#define MXCSR_OFFSET 24u
#define MXCSR_RESET 0x1f80u
#define RSTR_FP_ERR_PTRS BIT32(2)

/* What XSAVE can manage and the hypervisor knows to be safe for guests. */
#define XCR0_KNOWN                                                           \
    (XCR0_X87 | XCR0_SSE | XCR0_AVX | XCR0_OPMASK | XCR0_ZMM_HI256 |         \
     XCR0_HI16_ZMM | XCR0_PKRU)

static uint64_t xcr0_mask RO_AFTER_INIT;
static uint32_t area_size RO_AFTER_INIT = FXSAVE_SIZE;
/*
 * AMD processors without RstrFpErrPtrs load the x87 pointers only if an
 * exception is pending: what the last guest did would show.
 */
static bool keeps_pointers RO_AFTER_INIT;

bool fpu_has_xsave(void)
{
    return xcr0_mask != 0;
}

uint64_t fpu_xcr0_mask(void)
{
    return xcr0_mask;
}

uint32_t fpu_area_size(void)
{
    return area_size;
}

void INIT_TEXT fpu_init(void)
{
    struct cpuid_regs r;

    keeps_pointers =
        cpu_info.vendor == CPU_VENDOR_AMD &&
        (cpu_info.max_ext_leaf < CPUID_LEAF_ADDRESS_SIZES ||
         !(cpuid_raw(CPUID_LEAF_ADDRESS_SIZES, 0).ebx & RSTR_FP_ERR_PTRS));
    if (!cpu_has(CPU_FEATURE_XSAVE) || !param.xsave) {
        return;
    }
    r = cpuid_raw(CPUID_LEAF_XSTATE, 0);
    xcr0_mask = (((uint64_t)r.edx << 32) | r.eax) & XCR0_KNOWN;
    if (!cpu_has(CPU_FEATURE_PKU)) {
        xcr0_mask &= ~XCR0_PKRU;
    }
}

void fpu_init_cpu(void)
{
    uint64_t cr4 = cr4_read() | CR4_OSFXSR | CR4_OSXMMEXCPT;

    cr0_write(cr0_read() & ~(CR0_TS | CR0_EM));
    if (fpu_has_xsave()) {
        cr4 |= CR4_OSXSAVE;
    }
    cr4_write(cr4);
    if (fpu_has_xsave()) {
        xsetbv(0, xcr0_mask);
        area_size = cpuid_raw(CPUID_LEAF_XSTATE, 0).ebx;
    }
    asm volatile("fninit");
}

void fpu_area_init(void *area)
{
    const uint16_t fcw = FCW_RESET;
    const uint32_t mxcsr = MXCSR_RESET;

    memset(area, 0, area_size);
    memcpy(area, &fcw, sizeof(fcw));
    memcpy((char *)area + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
}

void fpu_save(void *area, uint64_t *xcr0)
{
    if (!fpu_has_xsave()) {
        asm volatile("fxsave64 (%[area])" : : [area] "r"(area) : "memory");
        return;
    }
    *xcr0 = xgetbv(0);
    if (*xcr0 != xcr0_mask) {
        xsetbv(0, xcr0_mask);
    }
    asm volatile("xsave64 (%[area])"
                 :
                 : [area] "r"(area), "a"((uint32_t)xcr0_mask),
                   "d"((uint32_t)(xcr0_mask >> 32))
                 : "memory");
}

/* The pointers become those of this load, which is no secret. */
static void forget_pointers(void)
{
    static const int32_t zero;

    asm volatile("fnclex\n"
                 "ffree %%st(7)\n"
                 "fildl %[zero]"
                 :
                 : [zero] "m"(zero));
}

static inline bool fpu_load(const void *area)
{
    if (keeps_pointers) {
        forget_pointers();
    }

    if (fpu_has_xsave()) {
        asm goto("1: xrstor64 (%[area])\n" EXTABLE("1b", "%l[fault]")
                 :
                 : [area] "r"(area), "a"((uint32_t)xcr0_mask),
                   "d"((uint32_t)(xcr0_mask >> 32))
                 : "memory"
                 : fault);
    } else {
        asm goto("1: fxrstor64 (%[area])\n" EXTABLE("1b", "%l[fault]")
                 :
                 : [area] "r"(area)
                 : "memory"
                 : fault);
    }
    return true;

fault:
    return false;
}

bool fpu_restore(void *area, uint64_t xcr0)
{
    const bool ok = fpu_load(area);

    if (unlikely(!ok)) {
        fpu_area_init(area);
        /* The state after reset always loads. */
        BUG_ON(!fpu_load(area));
    }
    if (fpu_has_xsave() && xcr0 != xcr0_mask) {
        xsetbv(0, xcr0);
    }
    return ok;
}
