/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions about caches and TLBs, and a few that virtualisation tends to
 * forget: INVD, WBINVD, CLFLUSH, INVLPG, PAUSE, RDPMC, RDTSCP, SMSW, STR,
 * descriptor tables, MWAIT.
 * AMD64 Architecture Programmer's Manual, "System Instruction Reference".
 */
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#define ECX1_MONITOR  (1u << 3)
#define EDXE_RDTSCP   (1u << 27)
#define VA            (MM_WINDOW + 0x50000)

static void do_wbinvd(void *arg)
{
    (void)arg;
    asm volatile("wbinvd" : : : "memory");
}

static void do_invd(void *arg)
{
    (void)arg;
    asm volatile("invd" : : : "memory");
}

static void do_rdpmc(void *arg)
{
    (void)arg;
    asm volatile("rdpmc" : : "c"(0x12345) : "eax", "edx");
}

static void do_monitor(void *arg)
{
    asm volatile("monitor" : : "a"(arg), "c"(0), "d"(0));
}

static void do_mwait(void *arg)
{
    (void)arg;
    asm volatile("mwait" : : "a"(0), "c"(0));
}

static void do_rsm(void *arg)
{
    (void)arg;
    asm volatile("rsm");
}

static void do_rdtscp(void *arg)
{
    asm volatile("rdtscp" : "=c"(*(uint32_t *)arg) : : "eax", "edx");
}

static void mappings(void)
{
    volatile uint32_t *one = mm_alloc(1);
    volatile uint32_t *two = mm_alloc(1);
    volatile uint32_t *va = (uint32_t *)VA;

    *one = 1;
    *two = 2;
    mm_map(VA, (uint64_t)one, PTE_RW);
    check_eq("first mapping", *va, 1);
    *mm_pte(VA) = (uint64_t)two | PTE_RW;
    invlpg((void *)VA);
    check_eq("INVLPG shows the second", *va, 2);
    *mm_pte(VA) = (uint64_t)one | PTE_RW;
    write_cr3(read_cr3());
    check_eq("a write of CR3 shows the first", *va, 1);
    CHECK("accessed bit is set", *mm_pte(VA) & PTE_A);
    *va = 3;
    CHECK("dirty bit is set", *mm_pte(VA) & PTE_D);
    asm volatile("clflush (%0)" : : "r"(va) : "memory");
    check_eq("CLFLUSH keeps the data", *va, 3);
    asm volatile("invlpg (%0)" : : "r"(1ull << 62) : "memory");
    check("INVLPG of a non-canonical address is nothing", true, "-");
    mm_map(VA, 0, 0);
}

static void tables(void)
{
    uint8_t buf[10] = { 0 };
    uint32_t val = 0;

    asm volatile("sgdt %0" : "=m"(buf));
    check_eq("SGDT limit", buf[0] | buf[1] << 8, 63);
    asm volatile("sidt %0" : "=m"(buf));
    check_eq("SIDT limit", buf[0] | buf[1] << 8, 4095);
    asm volatile("str %k0" : "=r"(val));
    check_eq("STR", val, SEL_TSS);
    asm volatile("sldt %k0" : "=r"(val));
    check_eq("SLDT", val, 0);
    asm volatile("smsw %k0" : "=r"(val));
    check_eq("SMSW", val & 0xffff, (int64_t)(read_cr0() & 0xffff));
}

TEST(cache_ops, "Cache, TLB and other system instructions", 0)
{
    uint32_t aux = 0;

    check_fault("WBINVD", trap_try(do_wbinvd, NULL), 0);
    aux = 0x5a5a;
    /* Xen takes it for WBINVD when it has to find its length. */
    check_fault("INVD", trap_try(do_invd, NULL), on_xen() ? FAULT_GP : 0);
    check_eq("INVD loses nothing", aux, 0x5a5a);
    /* QEMU's processor has no RDPMC at all. */
    check_fault("RDPMC of no counter", trap_try(do_rdpmc, NULL),
                on_xen() ? FAULT_UD : FAULT_GP);
    check_fault("RSM", trap_try(do_rsm, NULL), FAULT_UD);
    if (!(cpuid(1, 0).ecx & ECX1_MONITOR)) {
        check_fault("MONITOR is not offered",
                    trap_try(do_monitor, &aux), FAULT_UD);
        check_fault("MWAIT is not offered", trap_try(do_mwait, NULL),
                    FAULT_UD);
    }
    if (cpuid(0x80000001u, 0).edx & EDXE_RDTSCP) {
        wrmsr(MSR_TSC_AUX, 0x1357);
        check_fault("RDTSCP", trap_try(do_rdtscp, &aux), 0);
        check_eq("TSC_AUX", aux, 0x1357);
    } else {
        check_fault("RDTSCP is not offered", trap_try(do_rdtscp, &aux),
                    FAULT_UD);
    }
    mappings();
    tables();
}
