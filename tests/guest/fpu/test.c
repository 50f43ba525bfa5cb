/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FPU, SSE and AVX state: kept across exits, sleeps and the other vCPU's
 * use; #NM by CR0.TS; XSETBV and its refusals with XSAVE and without.
 * AMD64 Architecture Programmer's Manual, "Saving and Restoring State".
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/smp.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#define XCR0_X87 1ull
#define XCR0_SSE 2ull
#define XCR0_AVX 4ull
#define ECX1_XSAVE (1u << 26)

static void load_xmm(uint64_t val)
{
    asm volatile("movq %0, %%xmm0; movq %0, %%xmm7; movq %0, %%xmm15"
                 : : "r"(val));
}

static bool xmm_is(uint64_t val)
{
    uint64_t a;
    uint64_t b;
    uint64_t c;

    asm volatile("movq %%xmm0, %0; movq %%xmm7, %1; movq %%xmm15, %2"
                 : "=r"(a), "=r"(b), "=r"(c));
    return a == val && b == val && c == val;
}

static void exits(void)
{
    uint16_t cw = 0x27f;
    uint16_t got = 0;

    load_xmm(0x1122334455667788ull);
    asm volatile("fninit; fldcw %0" : : "m"(cw));
    for (unsigned int i = 0; i < 10; i++) {
        xen_version(XENVER_version, NULL);
        cpuid(0, 0);
        sched_op(SCHEDOP_yield, NULL);
    }
    CHECK("SSE registers survive exits", xmm_is(0x1122334455667788ull));
    asm volatile("fnstcw %0" : "=m"(got));
    check_eq("x87 control word too", got, cw);
}

static void use_sse(void *arg)
{
    (void)arg;
    asm volatile("movq %xmm0, %rax");
}

static void task_switched(void)
{
    write_cr0(read_cr0() | CR0_TS);
    check_fault("#NM when CR0.TS is set", trap_try(use_sse, NULL),
                FAULT(TRAP_NM, 0));
    asm volatile("clts");
    check_fault("none when it is clear", trap_try(use_sse, NULL), 0);
    CHECK("and the registers are as before",
          xmm_is(0x1122334455667788ull));
}

static void spoil(void *arg)
{
    for (unsigned int i = 0; i < 20; i++) {
        load_xmm((uint64_t)arg + i);
        sched_op(SCHEDOP_yield, NULL);
    }
}

static void other_vcpu(void)
{
    unsigned int wrong = 0;

    if (smp_vcpus() < 2 || !smp_start(1)) {
        return;
    }
    load_xmm(0xa5a5a5a5a5a5a5a5ull);
    smp_call(1, spoil, (void *)0x77);
    for (unsigned int i = 0; i < 20; i++) {
        sched_op(SCHEDOP_yield, NULL);
        wrong += !xmm_is(0xa5a5a5a5a5a5a5a5ull);
    }
    smp_wait(1);
    check_eq("another vCPU's registers are its own", wrong, 0);
}

static void xgetbv_0(void *arg)
{
    *(uint64_t *)arg = xgetbv(0);
}

static void xsave(void)
{
    const uint64_t cr4 = read_cr4();
    uint64_t mask;
    uint64_t val = 0;

    if (!(cpuid(1, 0).ecx & ECX1_XSAVE)) {
        check_fault("no XSAVE: XGETBV", trap_try(xgetbv_0, &val), FAULT_UD);
        check_fault("no XSAVE: XSETBV", xsetbv_safe(0, 1), FAULT_UD);
        check_eq("no XSAVE: leaf 13 is empty", cpuid(0xd, 0).eax, 0);
        return;
    }
    check_fault("XSETBV without CR4.OSXSAVE", xsetbv_safe(0, 1), FAULT_UD);
    write_cr4(cr4 | CR4_OSXSAVE);
    CHECK("CPUID shows OSXSAVE", cpuid(1, 0).ecx & (1u << 27));
    check_eq("XCR0 at reset", (int64_t)xgetbv(0), XCR0_X87);
    mask = cpuid(0xd, 0).eax;
    check_fault("XCR0 without x87", xsetbv_safe(0, XCR0_SSE), FAULT_GP);
    check_fault("XCR0 AVX without SSE",
                xsetbv_safe(0, XCR0_AVX | XCR0_X87), FAULT_GP);
    check_fault("XCR0 bit 63", xsetbv_safe(0, 1ull << 63 | 1), FAULT_GP);
    check_fault("XCR 1", xsetbv_safe(1, 1), FAULT_GP);
    check_fault("XCR0 all that is offered", xsetbv_safe(0, mask), 0);
    check_eq("reads back", (int64_t)xgetbv(0), (int64_t)mask);
    check_eq("size in CPUID follows", cpuid(0xd, 0).ebx,
             cpuid(0xd, 0).ecx);
    if (mask & XCR0_AVX) {
        asm volatile("vmovq %0, %%xmm3; vinsertf128 $1, %%xmm3, %%ymm3,"
                     "%%ymm3" : : "r"(0x99887766ull));
        sched_op(SCHEDOP_yield, NULL);
        shared_delay_ns(2000000);
        asm volatile("vextractf128 $1, %%ymm3, %%xmm4; vmovq %%xmm4, %0"
                     : "=r"(val));
        check_eq("upper half of a YMM register survives", (int64_t)val,
                 0x99887766);
    }
    xsetbv_safe(0, XCR0_X87);
    write_cr4(cr4);
}

TEST(fpu, "FPU state and XSAVE", 0)
{
    exits();
    task_switched();
    other_vcpu();
    xsave();
}
