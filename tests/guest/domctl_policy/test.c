/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU policies: what sysctl has to offer, what a domain gets, how it is
 * changed before its first run, and what the domain then sees by CPUID.
 * Public headers "domctl.h", "sysctl.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

#define LEAVES 128
#define MSRS   16

#define FEATURE_ECX_X2APIC 0x00200000u
#define FEATURE_EDX_HTT    0x10000000u

static struct child c;
static struct xen_cpuid_leaf leaves[LEAVES];
static struct xen_msr_entry msrs[MSRS];
static struct xen_domctl op;
static struct xen_sysctl sys;

static int64_t host(uint32_t index, void *l, uint32_t nl, void *m,
                    uint32_t nm)
{
    memset(&sys, 0, sizeof(sys));
    sys.u.cpu_policy.index = index;
    sys.u.cpu_policy.nr_leaves = nl;
    sys.u.cpu_policy.nr_msrs = nm;
    set_xen_guest_handle(sys.u.cpu_policy.leaves, l);
    set_xen_guest_handle(sys.u.cpu_policy.msrs, m);
    return sysctl(&sys, XEN_SYSCTL_get_cpu_policy);
}

static void offers(void)
{
    uint32_t nl;
    uint32_t nm;

    check_eq("how many", host(XEN_SYSCTL_cpu_policy_host, NULL, 0, NULL, 0),
             0);
    nl = sys.u.cpu_policy.nr_leaves;
    nm = sys.u.cpu_policy.nr_msrs;
    check("leaves", nl >= 4 && nl <= LEAVES, "%u", nl);
    check("MSRs", nm >= 1 && nm <= MSRS, "%u", nm);
    for (uint32_t i = 0; i <= XEN_SYSCTL_cpu_policy_hvm_default; i++) {
        if (i == XEN_SYSCTL_cpu_policy_pv_max ||
            i == XEN_SYSCTL_cpu_policy_pv_default) {
            continue;
        }
        check_quiet("policy", host(i, leaves, LEAVES, msrs, MSRS) == 0,
                    "%u is not there", i);
        check_quiet("first leaf", leaves[0].leaf == 0, "%x",
                    leaves[0].leaf);
    }
    check_eq("an unknown policy", host(6, leaves, LEAVES, msrs, MSRS),
             -XEN_EINVAL);
    check_eq("too few leaves", host(XEN_SYSCTL_cpu_policy_hvm_default,
                                    leaves, 1, msrs, MSRS), -XEN_ENOBUFS);
    check_eq("too few MSRs", host(XEN_SYSCTL_cpu_policy_hvm_default, leaves,
                                  LEAVES, msrs, 0), -XEN_ENOBUFS);
    check_eq("to nowhere", host(XEN_SYSCTL_cpu_policy_host,
                                (void *)MM_WINDOW, LEAVES, msrs, MSRS),
             -XEN_EFAULT);
}

static void featuresets(void)
{
    static uint32_t words[64];
    uint32_t n;

    memset(&sys, 0, sizeof(sys));
    sys.u.cpu_featureset.index = XEN_SYSCTL_cpu_featureset_host;
    check_eq("size of a feature set",
             sysctl(&sys, XEN_SYSCTL_get_cpu_featureset), 0);
    n = sys.u.cpu_featureset.nr_features;
    check("words", n >= 8 && n <= 64, "%u", n);
    set_xen_guest_handle(sys.u.cpu_featureset.features, words);
    check_eq("the host's", sysctl(&sys, XEN_SYSCTL_get_cpu_featureset), 0);
    check_eq("words", sys.u.cpu_featureset.nr_features, n);
    check("FPU, TSC, MSR, PAE", (words[0] & 0x71) == 0x71, "%x", words[0]);
    sys.u.cpu_featureset.index = XEN_SYSCTL_cpu_featureset_hvm;
    sys.u.cpu_featureset.nr_features = 1;
    check_eq("one word is too few",
             sysctl(&sys, XEN_SYSCTL_get_cpu_featureset), -XEN_ENOBUFS);
    sys.u.cpu_featureset.index = 6;
    sys.u.cpu_featureset.nr_features = n;
    check_eq("an unknown set", sysctl(&sys, XEN_SYSCTL_get_cpu_featureset),
             -XEN_EINVAL);
}

static int64_t policy(uint32_t cmd, void *l, uint32_t nl, void *m,
                      uint32_t nm)
{
    memset(&op, 0, sizeof(op));
    op.u.cpu_policy.nr_leaves = nl;
    op.u.cpu_policy.nr_msrs = nm;
    set_xen_guest_handle(op.u.cpu_policy.leaves, l);
    set_xen_guest_handle(op.u.cpu_policy.msrs, m);
    return domctl(&op, cmd, c.domid);
}

static struct xen_cpuid_leaf *leaf(uint32_t nr, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (leaves[i].leaf == nr) {
            return &leaves[i];
        }
    }
    return NULL;
}

static void reading(void)
{
    check_eq("get to nowhere", policy(XEN_DOMCTL_get_cpu_policy,
             (void *)MM_WINDOW, LEAVES, msrs, MSRS), -XEN_EFAULT);
    check_eq("get with too few leaves", policy(XEN_DOMCTL_get_cpu_policy,
             leaves, 1, msrs, MSRS), -XEN_ENOBUFS);
    check_eq("get", policy(XEN_DOMCTL_get_cpu_policy, leaves, LEAVES, msrs,
                           MSRS), 0);
    CHECK("leaf 1 is there", leaf(1, op.u.cpu_policy.nr_leaves) != NULL);
    CHECK("leaf 80000001 is there",
          leaf(0x80000001u, op.u.cpu_policy.nr_leaves) != NULL);
}

/* Whatever the machine has: they say how to read a guest's own topology. */
static void topology(struct xen_cpuid_leaf one)
{
    const struct xen_cpuid_leaf *l1;

    for (unsigned int i = 0; i < 2; i++) {
        one.d = i ? one.d & ~FEATURE_EDX_HTT : one.d | FEATURE_EDX_HTT;
        check_eq("set HTT", policy(XEN_DOMCTL_set_cpu_policy, &one, 1, NULL,
                                   0), 0);
        check_eq("get", policy(XEN_DOMCTL_get_cpu_policy, leaves, LEAVES,
                               msrs, MSRS), 0);
        l1 = leaf(1, op.u.cpu_policy.nr_leaves);
        check_eq("HTT is as set", l1 ? l1->d : 0, one.d);
    }
}

static void writing(void)
{
    struct xen_cpuid_leaf one = {
        .leaf = 1, .subleaf = XEN_CPUID_NO_SUBLEAF,
    };
    struct xen_cpuid_leaf *l1;

    policy(XEN_DOMCTL_get_cpu_policy, leaves, LEAVES, msrs, MSRS);
    l1 = leaf(1, op.u.cpu_policy.nr_leaves);
    if (!l1) {
        return;
    }
    one = *l1;
    one.c &= ~FEATURE_ECX_X2APIC;
    check_eq("set leaf 1 alone", policy(XEN_DOMCTL_set_cpu_policy, &one, 1,
                                        NULL, 0), 0);
    check_eq("get", policy(XEN_DOMCTL_get_cpu_policy, leaves, LEAVES, msrs,
                           MSRS), 0);
    l1 = leaf(1, op.u.cpu_policy.nr_leaves);
    check_eq("x2APIC is gone", l1 ? l1->c & FEATURE_ECX_X2APIC : 1, 0);
    topology(one);
    one.leaf = 0x20000000;
    check_eq("a leaf out of range", policy(XEN_DOMCTL_set_cpu_policy, &one,
                                           1, NULL, 0), -XEN_ERANGE);
    check_eq("is named", op.u.cpu_policy.err_leaf, 0x20000000);
    one.leaf = 1;
    check_eq("set from nowhere", policy(XEN_DOMCTL_set_cpu_policy,
             (void *)MM_WINDOW, 1, NULL, 0), -XEN_EFAULT);
    check_eq("set of nothing", policy(XEN_DOMCTL_set_cpu_policy, NULL, 0,
                                      NULL, 0), 0);
    check_eq("too many leaves", policy(XEN_DOMCTL_set_cpu_policy, leaves,
                                       100000, NULL, 0), -XEN_E2BIG);
    msrs[0] = (struct xen_msr_entry){ .idx = 0x12345678 };
    check_eq("an unknown MSR", policy(XEN_DOMCTL_set_cpu_policy, NULL, 0,
                                      msrs, 1), -XEN_ERANGE);
    check_eq("is named", op.u.cpu_policy.err_msr, 0x12345678);
    msrs[0] = (struct xen_msr_entry){ .idx = 0xce, .flags = 1 };
    check_eq("flags of an MSR", policy(XEN_DOMCTL_set_cpu_policy, NULL, 0,
                                       msrs, 1), -XEN_EINVAL);
}

/* push rbx; mov eax, edi; xor ecx, ecx; cpuid; mov eax, ecx; pop rbx; ret */
static const uint8_t cpuid_ecx[] = {
    0x53, 0x89, 0xf8, 0x31, 0xc9, 0x0f, 0xa2, 0x89, 0xc8, 0x5b, 0xc3,
};

static void seen(void)
{
    const struct xen_cpuid_leaf *l1;
    int64_t ecx;

    check_eq("start", child_start(&c, 1), 0);
    check_eq("unpause", domctl_plain(XEN_DOMCTL_unpausedomain, c.domid), 0);
    ecx = child_run(&c, 0, cpuid_ecx, sizeof(cpuid_ecx), 1, 0);
    check("the child answers", ecx != CHILD_SILENT, "silent");
    check_eq("it sees no x2APIC", ecx & FEATURE_ECX_X2APIC, 0);
    check_eq("but a hypervisor", ecx >> 31 & 1, 1);
    l1 = leaf(1, LEAVES);
    check_eq("set while it runs", policy(XEN_DOMCTL_set_cpu_policy,
             (void *)(uintptr_t)l1, 1, NULL, 0), -XEN_EEXIST);
}

TEST(domctl_policy, "CPU policies: offers, reading, writing, effect",
     TEST_DOM0)
{
    mm_map(MM_WINDOW, 0, 0);
    offers();
    featuresets();
    check_eq("create", child_create(&c, NULL), 0);
    reading();
    writing();
    seen();
    CHECK("it goes", child_destroy(&c));
}
