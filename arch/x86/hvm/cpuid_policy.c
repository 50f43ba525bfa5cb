/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policies of domains and, for the tools, of the machine; see
 * cpuid_policy.h.
 *
 * Locking: a policy changes only before its domain first runs, by one domctl
 * at a time.
 */
#include <arch/x86/hvm/cpuid_policy.h>
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/abi/sysctl.h>
#include <core/arch/arch_policy.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/slab.h>

#define LEAF1_EDX_HTT BIT32(28)
#define EXT1_ECX_CMP_LEGACY BIT32(1)
#define EXT1_EDX_SYSCALL BIT32(11)
#define EXT1_EDX_NX BIT32(20)
#define EXT1_EDX_FFXSR BIT32(25)
#define EXT1_EDX_LM BIT32(29)

/*
 * One thread a core, ids two apart as Xen has them; one package.  @ids: how
 * many APIC ids the package spans.
 */
static void set_topology(struct cpuid_policy *p, unsigned int vcpus)
{
    const uint32_t ids = 1u << order_of_pages(vcpus * 2);
    const uint32_t id_bits = bit_highest(ids);

    p->basic[1].ebx = (p->basic[1].ebx & 0xff00) | min(ids, 255u) << 16;
    p->basic[1].edx |= LEAF1_EDX_HTT;
    for (unsigned int i = 0; i < CPUID_CACHE_LEAVES; i++) {
        const uint32_t eax = p->cache[i].eax;

        if (eax & 0x1f) {
            p->cache[i].eax = (eax & 0x3fff) | (ids / 2 - 1) << 26 |
                              ((eax >> 5 & 7) >= 3 ? ids - 1 : 1) << 14;
        }
    }
    if (cpuid_in_range(p, CPUID_EXT_BASE + 8)) {
        p->ext[1].ecx = (p->ext[1].ecx & ~EXT1_ECX_CMP_LEGACY) |
                        (vcpus > 1 ? EXT1_ECX_CMP_LEGACY : 0);
        p->ext[8].ecx = id_bits << 12 | (ids - 1);
    }
}

int cpuid_policy_init(struct domain *d)
{
    struct cpuid_policy *const p = xzalloc_type(struct cpuid_policy);

    if (!p) {
        return -ENOMEM;
    }
    cpuid_host_guest(p);
    set_topology(p, d->max_vcpus);
    d->arch->cpuid = p;
    return 0;
}

void cpuid_policy_free(struct domain *d)
{
    xfree(d->arch->cpuid);
    d->arch->cpuid = NULL;
}

uint64_t cpuid_policy_cr4_mask(const struct domain *d)
{
    return d->arch->cpuid->cr4_mask;
}

uint64_t cpuid_policy_xcr0_mask(const struct domain *d)
{
    return d->arch->cpuid->xcr0_mask;
}

uint64_t cpuid_policy_efer_mask(const struct domain *d)
{
    const uint32_t edx = d->arch->cpuid->ext[1].edx;

    return (edx & EXT1_EDX_SYSCALL ? EFER_SCE : 0) |
           (edx & EXT1_EDX_LM ? EFER_LME | EFER_LMA : 0) |
           (edx & EXT1_EDX_NX ? EFER_NXE : 0) |
           (edx & EXT1_EDX_FFXSR ? EFER_FFXSR : 0);
}

/*
 * The most that can be shown.  HTT and CMP-LEGACY are not the processor's to
 * give: they say how a guest is to read the leaves of its own topology.
 */
static void make_max(struct cpuid_policy *p)
{
    cpuid_host_guest(p);
    p->basic[1].edx |= LEAF1_EDX_HTT;
    p->ext[1].ecx |= EXT1_ECX_CMP_LEGACY;
}

static void (*const makers[])(struct cpuid_policy *) = {
    [XEN_SYSCTL_cpu_policy_raw] = cpuid_host_raw,
    [XEN_SYSCTL_cpu_policy_host] = cpuid_host_used,
    [XEN_SYSCTL_cpu_policy_hvm_max] = make_max,
    [XEN_SYSCTL_cpu_policy_hvm_default] = cpuid_host_guest,
};

/* The same policies under the numbers of get_cpu_featureset. */
static const uint8_t of_featureset[] = {
    [XEN_SYSCTL_cpu_featureset_raw] = XEN_SYSCTL_cpu_policy_raw,
    [XEN_SYSCTL_cpu_featureset_host] = XEN_SYSCTL_cpu_policy_host,
    [XEN_SYSCTL_cpu_featureset_pv] = XEN_SYSCTL_cpu_policy_pv_default,
    [XEN_SYSCTL_cpu_featureset_hvm] = XEN_SYSCTL_cpu_policy_hvm_default,
    [XEN_SYSCTL_cpu_featureset_pv_max] = XEN_SYSCTL_cpu_policy_pv_max,
    [XEN_SYSCTL_cpu_featureset_hvm_max] = XEN_SYSCTL_cpu_policy_hvm_max,
};

static int make_policy(unsigned int index, struct cpuid_policy **out)
{
    if (index > XEN_SYSCTL_cpu_policy_hvm_default) {
        return -EINVAL;
    }
    index = (unsigned int)index_nospec(index, ARRAY_SIZE(makers));
    if (!makers[index]) {
        return -EOPNOTSUPP;
    }
    *out = xzalloc_type(struct cpuid_policy);
    if (!*out) {
        return -ENOMEM;
    }
    makers[index](*out);
    return 0;
}

int arch_policy_get_system(unsigned int index, struct policy_stream *s)
{
    struct cpuid_policy *p;
    int rc = make_policy(index, &p);

    if (!rc) {
        cpuid_stream_write(s, p);
        xfree(p);
    }
    return rc;
}

int arch_policy_features(unsigned int index,
                         uint32_t words[POLICY_FEATURE_WORDS])
{
    struct cpuid_policy *p;
    int rc;

    if (index >= ARRAY_SIZE(of_featureset)) {
        return -EINVAL;
    }
    rc = make_policy(of_featureset[index_nospec(index,
                                                ARRAY_SIZE(of_featureset))],
                     &p);
    if (rc) {
        return rc;
    }
    const uint32_t all[POLICY_FEATURE_WORDS] = {
        p->basic[1].edx,   p->basic[1].ecx,   p->ext[1].edx,
        p->ext[1].ecx,     p->xstate[1].eax,  p->feature[0].ebx,
        p->feature[0].ecx, p->ext[7].edx,     p->ext[8].ebx,
        p->feature[0].edx, p->feature[1].eax, p->ext[0x21].eax,
        p->feature[1].ebx, p->feature[2].edx, p->feature[1].ecx,
        p->feature[1].edx, 0,                 0,
        p->ext[0x21].ecx,
    };

    memcpy(words, all, sizeof(all));
    xfree(p);
    return 0;
}

void arch_policy_get(const struct domain *d, struct policy_stream *s)
{
    cpuid_stream_write(s, d->arch->cpuid);
}

int arch_policy_set(struct domain *d, struct policy_stream *s)
{
    struct cpuid_policy *const wish = xzalloc_type(struct cpuid_policy);
    struct cpuid_policy *max;
    int rc;

    if (!wish) {
        return -ENOMEM;
    }
    *wish = *d->arch->cpuid;
    rc = cpuid_stream_read(wish, s);
    if (rc) {
        goto free_wish;
    }
    rc = make_policy(XEN_SYSCTL_cpu_policy_hvm_max, &max);
    if (rc) {
        goto free_wish;
    }
    rc = cpuid_policy_sanitise(wish, max, &s->err_leaf, &s->err_subleaf);
    xfree(max);
    if (!rc) {
        /* Commit: vCPUs look at it when they first run. */
        *d->arch->cpuid = *wish;
    }
free_wish:
    xfree(wish);
    return rc;
}
