/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multicall, the hypercall page, hypercalls from user mode, unknown numbers
 * and which registers a hypercall keeps.
 * Public headers "xen.h", "arch-x86/xen-x86_64.h", "arch-x86/cpuid.h".
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

#define USER_CODE (MM_WINDOW + 0x20000)

static int64_t multicall(struct multicall_entry *e, unsigned int n)
{
    return hypercall2(__HYPERVISOR_multicall, (uint64_t)e, n);
}

static void multicalls(void)
{
    static struct multicall_entry e[600];
    unsigned int wrong = 0;

    e[0] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version,
                                     .args = { XENVER_version } };
    e[1] = (struct multicall_entry){ .op = 63 };
    e[2] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version,
                                     .args = { 99 } };
    e[3] = (struct multicall_entry){ .op = __HYPERVISOR_multicall,
                                     .args = { (uint64_t)e, 1 } };
    check_eq("four calls", multicall(e, 4), 0);
    check_eq("first result", (int64_t)e[0].result, 0x40011);
    check_eq("unknown number", (int64_t)e[1].result, -XEN_ENOSYS);
    check_eq("a call that fails does not end it", (int64_t)e[2].result,
             -XEN_ENOSYS);
    check_eq("not within itself", (int64_t)e[3].result, -XEN_EINVAL);
    for (unsigned int i = 0; i < 600; i++) {
        e[i] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version,
                                         .args = { XENVER_version } };
    }
    check_eq("600 calls", multicall(e, 600), 0);
    for (unsigned int i = 0; i < 600; i++) {
        wrong += (int64_t)e[i].result != 0x40011;
    }
    check_eq("600 results", wrong, 0);
    check_eq("no calls", multicall(e, 0), 0);
    check_eq("unmapped list", multicall((void *)MM_WINDOW, 1),
             -XEN_EFAULT);
}

static void hypercall_page(void)
{
    uint8_t *page = mm_alloc(1);
    uint64_t val = 1;
    int64_t ret;
    uint64_t nr = __HYPERVISOR_xen_version;

    check_fault("write the MSR",
                wrmsr_safe(0x40000000, (uint64_t)page), 0);
    CHECK("the page is filled", page[0] != 0);
    asm volatile("call *%1"
                 : "=a"(ret)
                 : "r"(page + nr * 32), "D"(XENVER_version), "S"(0)
                 : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory");
    check_eq("a call through it", ret, 0x40011);
    check_fault("read the MSR", rdmsr_safe(0x40000000, &val), 0);
    check_eq("it reads 0", (int64_t)val, 0);
    check_fault("page index 1", wrmsr_safe(0x40000000,
                                           (uint64_t)page | 1), FAULT_GP);
    check_fault("a page in a hole", wrmsr_safe(0x40000000,
                                               0x3b0000000000ull),
                FAULT_GP);
}

static void from_user(void)
{
    /* mov $17,%eax; xor %edi,%edi; xor %esi,%esi; vm(m)call; int $0x80 */
    static const uint8_t code[] = {
        0xb8, 17, 0, 0, 0, 0x31, 0xff, 0x31, 0xf6, 0x0f, 0x01, 0xd9,
        0xcd, VEC_USER_EXIT,
    };
    uint8_t *page = mm_alloc(2);
    uint64_t rax = 0;

    memcpy(page, code, sizeof(code));
    if (!hypercall_is_vmmcall) {
        page[11] = 0xc1;
    }
    mm_map(USER_CODE, (uint64_t)page, PTE_RW | PTE_U);
    mm_map(USER_CODE + PAGE_SIZE, (uint64_t)page + PAGE_SIZE,
           PTE_RW | PTE_U);
    check_fault("the instruction itself is allowed",
                trap_user_run(USER_CODE, USER_CODE + 2 * PAGE_SIZE, &rax),
                0);
    check_eq("the call is not", (int64_t)rax, -XEN_EPERM);
}

static void registers(void)
{
    uint64_t a = 0;
    uint64_t b = 0x1122334455667788ull;
    register uint64_t r12 asm("r12") = 12;
    register uint64_t r13 asm("r13") = 13;
    register uint64_t r14 asm("r14") = 14;
    register uint64_t r15 asm("r15") = 15;
    register uint64_t r9 asm("r9") = 9;
    int64_t ret;

    if (hypercall_is_vmmcall) {
        asm volatile("vmmcall"
                     : "=a"(ret), "+b"(b), "+r"(r9), "+r"(r12), "+r"(r13),
                       "+r"(r14), "+r"(r15), "+D"(a)
                     : "0"(17ull), "S"(0) : "rcx", "rdx", "r8", "r10",
                       "r11", "memory");
    } else {
        asm volatile("vmcall"
                     : "=a"(ret), "+b"(b), "+r"(r9), "+r"(r12), "+r"(r13),
                       "+r"(r14), "+r"(r15), "+D"(a)
                     : "0"(17ull), "S"(0) : "rcx", "rdx", "r8", "r10",
                       "r11", "memory");
    }
    check_eq("call", ret, 0x40011);
    CHECK("other registers are kept",
          b == 0x1122334455667788ull && r9 == 9 && r12 == 12 &&
          r13 == 13 && r14 == 14 && r15 == 15);
}

static void unknown(void)
{
    for (uint64_t nr = 64; nr < 100; nr++) {
        check_quiet("unknown number", hypercall2(nr, 1, 2) == -XEN_ENOSYS,
                    "%lu", nr);
    }
    check_eq("number -1", hypercall2(~0ull, 0, 0), -XEN_ENOSYS);
    check_eq("number 1 << 32",
             hypercall2(1ull << 32 | __HYPERVISOR_xen_version, 0, 0),
             -XEN_ENOSYS);
}

TEST(multicall, "Multicall, hypercall page, user mode, registers", 0)
{
    mm_map(MM_WINDOW, 0, 0);
    multicalls();
    hypercall_page();
    from_user();
    registers();
    unknown();
}
