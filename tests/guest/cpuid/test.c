/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor's CPUID leaves, and what must and must not show in the
 * ordinary ones of a PVH guest.
 * Public header "arch-x86/cpuid.h".
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/arch-x86/cpuid.h>

#define BASE 0x40000000u
/* From an emulator's 100 MHz to what is sold. */
#define KHZ_MIN 10000
#define KHZ_MAX 10000000

#define ECX1_MONITOR    (1u << 3)
#define ECX1_VMX        (1u << 5)
#define ECX1_X2APIC     (1u << 21)
#define ECX1_OSXSAVE    (1u << 27)
#define ECX1_HYPERVISOR (1u << 31)
#define EDX1_APIC       (1u << 9)
#define ECXE_SVM        (1u << 2)
#define EDXE_NX         (1u << 20)
#define EDXE_LM         (1u << 29)

static void hypervisor_leaves(void)
{
    struct cpuid_regs r = cpuid(BASE, 0);

    check_eq("highest leaf", r.eax, BASE + 5);
    check_eq("signature ebx", r.ebx, XEN_CPUID_SIGNATURE_EBX);
    check_eq("signature ecx", r.ecx, XEN_CPUID_SIGNATURE_ECX);
    check_eq("signature edx", r.edx, XEN_CPUID_SIGNATURE_EDX);
    r = cpuid(BASE + 1, 0);
    check_eq("version", r.eax, 0x40011);
    CHECK("version leaf's rest is zero", !(r.ebx | r.ecx | r.edx));
    r = cpuid(BASE + 2, 0);
    check_eq("hypercall pages", r.eax, 1);
    check_eq("hypercall page MSR", r.ebx, 0x40000000);
    check_eq("no PV features", r.ecx | r.edx, 0);
    r = cpuid(BASE + 4, 0);
    CHECK("vCPU id is present and 0",
          (r.eax & XEN_HVM_CPUID_VCPU_ID_PRESENT) && r.ebx == 0);
    CHECK("domain id is present", r.eax & XEN_HVM_CPUID_DOMID_PRESENT);
    CHECK("upcall vector works", r.eax & XEN_HVM_CPUID_UPCALL_VECTOR);
    CHECK("IOMMU mappings are said", r.eax & XEN_HVM_CPUID_IOMMU_MAPPINGS);
    if (test_is_dom0()) {
        check_eq("domain id", r.ecx, 0);
    }
    r = cpuid(BASE + 5, 0);
    check_eq("leaf 5 is of PV only", r.eax | r.ebx | r.ecx | r.edx, 0);
}

static void time_leaf(void)
{
    const struct cpuid_regs r = cpuid(BASE + 3, 0);
    const struct cpuid_regs host = cpuid(BASE + 3, 2);

    CHECK("guest TSC frequency is sane",
          r.ecx > KHZ_MIN && r.ecx < KHZ_MAX);
    CHECK("host TSC frequency is sane",
          host.eax > KHZ_MIN && host.eax < KHZ_MAX);
    check_eq("TSC mode is default", r.ebx, 0);
}

static void no_other_signature(void)
{
    unsigned int found = 0;

    for (uint32_t base = BASE + 0x100; base < BASE + 0x10000; base += 0x100) {
        const struct cpuid_regs r = cpuid(base, 0);

        found += r.eax || r.ebx || r.ecx || r.edx;
    }
    check_eq("no second hypervisor signature", found, 0);
}

static void ordinary_leaves(void)
{
    const struct cpuid_regs one = cpuid(1, 0);
    const struct cpuid_regs ext = cpuid(0x80000001u, 0);

    CHECK("hypervisor bit", one.ecx & ECX1_HYPERVISOR);
    CHECK("APIC", one.edx & EDX1_APIC);
    CHECK("x2APIC is offered", one.ecx & ECX1_X2APIC);
    CHECK("no MONITOR", !(one.ecx & ECX1_MONITOR));
    CHECK("no VMX", !(one.ecx & ECX1_VMX));
    CHECK("no SVM", !(ext.ecx & ECXE_SVM));
    CHECK("long mode and NX", (ext.edx & EDXE_NX) && (ext.edx & EDXE_LM));
    check_eq("initial APIC id of vCPU 0", one.ebx >> 24, 0);
    CHECK("no PMU leaf", !(cpuid(0, 0).eax >= 0xa &&
                           (cpuid(0xa, 0).eax & 0xff)));
    check_eq("SVM leaf is zero", cpuid(0x8000000au, 0).eax |
             cpuid(0x8000000au, 0).edx, 0);
    check_eq("OSXSAVE follows CR4", !!(one.ecx & ECX1_OSXSAVE),
             !!(read_cr4() & CR4_OSXSAVE));
}

static void highest_leaves(void)
{
    const uint32_t max = cpuid(0, 0).eax;
    const struct cpuid_regs last = cpuid(max, 0);
    struct cpuid_regs beyond = cpuid(max + 1, 0);

    CHECK("basic leaves reach at least 7", max >= 7);
    if (hypercall_is_vmmcall) {
        CHECK("beyond the last leaf AMD reads zero",
              !(beyond.eax | beyond.ebx | beyond.ecx | beyond.edx));
    } else {
        CHECK("beyond the last leaf Intel reads zero or the last leaf",
              memcmp(&beyond, &last, sizeof(last)) == 0 ||
              !(beyond.eax | beyond.ebx | beyond.ecx | beyond.edx));
    }
    beyond = cpuid(0x80000000u, 0);
    CHECK("extended leaves reach 8", beyond.eax >= 0x80000008u);
    beyond = cpuid(beyond.eax + 1, 0);
    CHECK("beyond the extended leaves is zero or the basic last",
          !(beyond.eax | beyond.ebx | beyond.ecx | beyond.edx) ||
          !hypercall_is_vmmcall);
}

TEST(cpuid, "Hypervisor leaves and the CPUID policy of a PVH guest", 0)
{
    hypervisor_leaves();
    time_leaf();
    no_other_signature();
    ordinary_leaves();
    highest_leaves();
}
