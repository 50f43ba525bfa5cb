/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which instruction is a hypercall.
 */
#include <core/abi/cpuid.h>
#include <dom0/rt/hypercall.h>
#include <dom0/rt/rt.h>
#include <dom0/rt/x86.h>

#define VENDOR_AMD_EBX 0x68747541u      /* "Auth" */
#define VENDOR_HYGON_EBX 0x6f677948u    /* "Hygo" */

bool hypercall_is_vmmcall;

void hypercall_init(void)
{
    const uint32_t vendor = x86_cpuid(0, 0).ebx;
    const struct x86_cpuid xen = x86_cpuid(XEN_CPUID_FIRST_LEAF, 0);

    hypercall_is_vmmcall = vendor == VENDOR_AMD_EBX ||
                           vendor == VENDOR_HYGON_EBX;
    if (xen.ebx != XEN_CPUID_SIGNATURE_EBX ||
        xen.ecx != XEN_CPUID_SIGNATURE_ECX ||
        xen.edx != XEN_CPUID_SIGNATURE_EDX) {
        panic_shutdown(SHUTDOWN_crash);
    }
}
