/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the hypervisor, and how it is called. Chapter: Xen, CPUID leaves of
 * arch-x86/cpuid.h of the public headers.
 */
#include <core/abi/cpuid.h>
#include <dom0/rt/rt.h>

char hypercall_page[PAGE_SIZE] __aligned(PAGE_SIZE);

void hypercall_init(void)
{
    const struct cpuid_regs xen = cpuid_raw(XEN_CPUID_FIRST_LEAF, 0);

    if (xen.ebx != XEN_CPUID_SIGNATURE_EBX ||
        xen.ecx != XEN_CPUID_SIGNATURE_ECX ||
        xen.edx != XEN_CPUID_SIGNATURE_EDX) {
        panic_shutdown(SHUTDOWN_crash);
    }
    /* Leaf 2: the number of pages, and the MSR that takes their address. */
    msr_write(cpuid_raw(XEN_CPUID_LEAF(2), 0).ebx, (uint64_t)hypercall_page);
}
