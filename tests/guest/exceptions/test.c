/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions delivered inside the guest, with vector, error code and CR2 as
 * the manual says, whether or not the hypervisor intercepts them.
 * AMD64 Architecture Programmer's Manual, "Exceptions and Interrupts".
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/smp.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#define PF_P   1u
#define PF_W   2u
#define PF_U   4u
#define PF_RSV 8u
#define PF_I   16u

#define VA (MM_WINDOW + 0x30000)

static volatile uint32_t hits;
static volatile uint64_t hit_rip;
static volatile uint64_t hit_dr6;

static void divide(void *arg)
{
    uint32_t zero = 0;

    (void)arg;
    asm volatile("xorl %%edx, %%edx; movl $1, %%eax; divl %0"
                 : "+r"(zero) : : "eax", "edx");
}

static void breakpoint(void *arg)
{
    (void)arg;
    asm volatile("int3");
}

static void bad_selector(void *arg)
{
    (void)arg;
    asm volatile("movw %w0, %%ds" : : "r"(0x1238));
}

static void bad_int(void *arg)
{
    /* Gate DPL 0 is fine at CPL 0; a vector past the limit is not: IDT
     * entries all exist here, so use a null code selector instead. */
    (void)arg;
    asm volatile("pushq $0; pushq $0; lretq");
}

static void non_canonical(void *arg)
{
    (void)arg;
    asm volatile("movl (%0), %%eax" : : "r"(1ull << 63) : "eax");
}

static void plain(void)
{
    uint32_t val;

    check_fault("#DE", trap_try(divide, NULL), FAULT(TRAP_DE, 0));
    check_fault("#BP", trap_try(breakpoint, NULL), FAULT(TRAP_BP, 0));
    check_fault("#GP by a bad selector", trap_try(bad_selector, NULL),
                FAULT(TRAP_GP, 0x1238));
    check_fault("#GP by a null code selector", trap_try(bad_int, NULL),
                FAULT_GP);
    check_fault("#GP by a non-canonical address",
                trap_try(non_canonical, NULL), FAULT_GP);
    check_fault("no fault at all", read32_safe(&hits, &val), 0);
}

static void page_faults(void)
{
    volatile uint32_t *page = mm_alloc(1);
    volatile uint32_t *va = (uint32_t *)(VA + 0x123);
    uint32_t val;

    mm_map(VA, 0, 0);
    check_fault("#PF read, not present", read32_safe(va, &val),
                FAULT(TRAP_PF, 0));
    check_eq("CR2", (int64_t)this_cpu()->fault_cr2, VA + 0x123);
    check_fault("#PF write, not present", write32_safe(va, 1),
                FAULT(TRAP_PF, PF_W));
    mm_map(VA, (uint64_t)page, PTE_P);
    check_fault("read-only page can be read", read32_safe(va, &val), 0);
    check_fault("#PF write, present", write32_safe(va, 1),
                FAULT(TRAP_PF, PF_W | PF_P));
    mm_map(VA, (uint64_t)page, PTE_RW | PTE_NX);
    check_fault("#PF fetch from NX",
                trap_try_code((void *)VA), FAULT(TRAP_PF, PF_I | PF_P));
    check_eq("CR2 of the fetch", (int64_t)this_cpu()->fault_cr2, VA);
    mm_map(VA, (uint64_t)page | 1ull << 51, PTE_RW);
    if (mm_maxphysaddr() < 52) {
        /* QEMU forgets P, which a reserved bit implies. */
        check_fault("#PF reserved bit",
                    read32_safe(va, &val) & ~(PF_P << 8),
                    FAULT(TRAP_PF, PF_RSV));
    }
    mm_map(VA, 0, 0);
}

static void user_faults(void)
{
    /* mov (VA),%eax would need its address; hlt and mov %cr0 do not. */
    static const uint8_t hlt[] = { 0xf4 };
    static const uint8_t touch[] = { 0x8a, 0x04, 0x25, 0, 0, 0x20, 0 };
    static const uint8_t in[] = { 0xe4, 0x80 };
    static const uint8_t leave[] = { 0xcd, VEC_USER_EXIT };
    const struct {
        const char *name;
        const uint8_t *code;
        unsigned int len;
        uint32_t fault;
    } cases[] = {
        { "HLT at CPL 3", hlt, sizeof(hlt), FAULT_GP },
        { "kernel page at CPL 3", touch, sizeof(touch),
          FAULT(TRAP_PF, PF_P | PF_U) },
        { "IN at CPL 3", in, sizeof(in), FAULT_GP },
        { "INT 0x80 at CPL 3", leave, sizeof(leave), 0 },
    };
    uint8_t *page = mm_alloc(1);

    mm_map(VA, (uint64_t)page, PTE_RW | PTE_U);
    for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t rax = 0;

        for (unsigned int k = 0; k < cases[i].len; k++) {
            page[k] = cases[i].code[k];
        }
        check_fault(cases[i].name, trap_user_run(VA, VA + 0xff0, &rax),
                    cases[i].fault);
    }
    mm_map(VA, 0, 0);
}

static bool count_db(struct trap_frame *f)
{
    if (f->vector != TRAP_DB) {
        return false;
    }
    if (hits++ == 0) {
        hit_rip = f->rip;
        hit_dr6 = read_dr6();
    }
    if (hits == 3) {
        f->rflags &= ~RFLAGS_TF;
    }
    return true;
}

static void debug(void)
{
    uint64_t expected;

    hits = 0;
    trap_exception_hook = count_db;
    asm volatile("pushfq; orl $0x100, (%%rsp); popfq\n"
                 "nop\n"
                 "1: cpuid\n"
                 "nop\n"
                 "nop\n"
                 "leaq 1b(%%rip), %0\n"
                 : "=r"(expected), "+a"((int){ 0 }), "+c"((int){ 0 })
                 : : "rbx", "rdx", "memory", "cc");
    trap_exception_hook = NULL;
    check_eq("single step: three steps", hits, 3);
    check_eq("first one after the NOP", (int64_t)hit_rip,
             (int64_t)expected);
    CHECK("DR6.BS", hit_dr6 & (1u << 14));
    write_dr6_safe(0xffff0ff0);
}

static void watchpoint(void)
{
    static volatile uint32_t watched;

    hits = 0;
    trap_exception_hook = count_db;
    check_fault("DR0", write_dr0_safe((uint64_t)&watched), 0);
    /* Enable breakpoint 0: write, four bytes. */
    check_fault("DR7", write_dr7_safe(0x000d0402), 0);
    watched = 1;
    asm volatile("nop");
    check_fault("DR7 off", write_dr7_safe(0x400), 0);
    trap_exception_hook = NULL;
    check_eq("data breakpoint hits", hits, 1);
    CHECK("DR6.B0", hit_dr6 & 1);
    write_dr6_safe(0xffff0ff0);
    check_fault("DR7 with high bits",
                write_dr7_safe(0x100000400ull), FAULT_GP);
    check_fault("DR6 with high bits",
                write_dr6_safe(0x1ffff0ff0ull), FAULT_GP);
}

/*
 * Registers that the hypervisor exchanges only where it has to: with the
 * breakpoint off, then with one on that nothing meets.
 */
static uint64_t others_seen(uint64_t mine)
{
    const uint64_t gs = rdmsr(MSR_KERNEL_GS);
    uint64_t wrong = 0;

    for (uint64_t i = 0; i < 20; i++) {
        const uint64_t val = mine + i / 3;
        uint64_t dr;

        asm volatile("mov %0, %%db3" : : "r"(val));
        asm volatile("mov %0, %%db7" : : "r"(i < 10 ? 0x400ul : 0x440ul));
        wrmsr(MSR_LSTAR, val);
        wrmsr(MSR_SFMASK, val);
        wrmsr(MSR_KERNEL_GS, val);
        sched_op(SCHEDOP_yield, NULL);
        asm volatile("mov %%db3, %0" : "=r"(dr));
        wrong += dr != val || rdmsr(MSR_LSTAR) != val ||
                 rdmsr(MSR_SFMASK) != val || rdmsr(MSR_KERNEL_GS) != val;
        sched_op(SCHEDOP_yield, NULL);
        asm volatile("mov %%db7, %0" : "=r"(dr));
        wrong += dr != (i < 10 ? 0x400 : 0x440);
    }
    asm volatile("mov %0, %%db7" : : "r"(0x400ul));
    wrmsr(MSR_KERNEL_GS, gs);
    return wrong;
}

static void use_registers(void *arg)
{
    *(volatile uint64_t *)arg = others_seen(0x7000);
}

static void other_vcpu(void)
{
    static volatile uint64_t wrong = 1;

    if (smp_vcpus() < 2 || !smp_start(1)) {
        return;
    }
    smp_call(1, use_registers, (void *)&wrong);
    check_eq("DR3 and MSRs are this vCPU's own",
             (int64_t)others_seen(0x5000), 0);
    smp_wait(1);
    check_eq("and the other's", (int64_t)wrong, 0);
}

static void double_fault(void *arg)
{
    /* A page fault whose handler cannot be reached: the stack pointer of
     * the interrupted code is unmapped and #PF uses no IST. */
    (void)arg;
    asm volatile("movq %0, %%rsp; pushq $1" : : "r"(VA + 0x800));
}

TEST(exceptions, "Exceptions delivered inside the guest", 0)
{
    plain();
    page_faults();
    user_faults();
    debug();
    watchpoint();
    other_vcpu();
    mm_map(VA, 0, 0);
    check_fault("#DF", trap_try(double_fault, NULL), FAULT(TRAP_DF, 0));
}
