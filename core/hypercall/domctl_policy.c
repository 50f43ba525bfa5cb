/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processor as the tools see it and as they want a domain to see it:
 * get_cpu_policy, set_cpu_policy, and the two sysctls beside them.
 *
 * A null handle asks for the most entries there can be.
 */
#include <core/hypercall/domctl.h>

#include <core/arch/arch_policy.h>
#include <core/hypercall/guest_handle.h>
#include <core/hypercall/sysctl.h>
#include <core/lib/errno.h>
#include <core/mm/slab.h>

/* The two arrays of a policy, for the domctl's and the sysctl's handles. */
struct arrays {
    XEN_GUEST_HANDLE_64(xen_cpuid_leaf_t) leaves;
    XEN_GUEST_HANDLE_64(xen_msr_entry_t) msrs;
    uint32_t *nr_leaves;
    uint32_t *nr_msrs;
};

static int write_arrays(const struct policy_stream *s, const struct arrays *a)
{
    const bool has_leaves = !handle_is_null(a->leaves);
    const bool has_msrs = !handle_is_null(a->msrs);

    if ((has_leaves && *a->nr_leaves < s->nr_leaves) ||
        (has_msrs && *a->nr_msrs < s->nr_msrs)) {
        return -ENOBUFS;
    }
    if ((has_leaves &&
         handle_write_array(a->leaves, 0, s->leaves, s->nr_leaves)) ||
        (has_msrs && handle_write_array(a->msrs, 0, s->msrs, s->nr_msrs))) {
        return -EFAULT;
    }
    *a->nr_leaves = has_leaves ? s->nr_leaves : POLICY_LEAVES_MAX;
    *a->nr_msrs = has_msrs ? s->nr_msrs : POLICY_MSRS_MAX;
    return 0;
}

int sysctl_get_cpu_policy(struct xen_sysctl *op)
{
    struct xen_sysctl_cpu_policy *const p = &op->u.cpu_policy;
    const struct arrays a = {
        p->leaves, p->msrs, &p->nr_leaves, &p->nr_msrs,
    };
    struct policy_stream *s;
    int rc;

    if (p->_rsvd) {
        return -EINVAL;
    }
    s = xzalloc_type(struct policy_stream);
    if (!s) {
        return -ENOMEM;
    }
    rc = arch_policy_get_system(p->index, s);
    if (!rc) {
        rc = write_arrays(s, &a);
    }
    xfree(s);
    return rc;
}

/* Who asks for less than there is gets that, and -ENOBUFS. */
int sysctl_get_cpu_featureset(struct xen_sysctl *op)
{
    struct xen_sysctl_cpu_featureset *const f = &op->u.cpu_featureset;
    uint32_t words[POLICY_FEATURE_WORDS];
    int rc;

    if (handle_is_null(f->features)) {
        f->nr_features = POLICY_FEATURE_WORDS;
        return 0;
    }
    rc = arch_policy_features(f->index, words);
    if (rc) {
        return rc;
    }
    f->nr_features = min(f->nr_features, POLICY_FEATURE_WORDS);
    if (handle_write_array(f->features, 0, words, f->nr_features)) {
        return -EFAULT;
    }
    return f->nr_features < POLICY_FEATURE_WORDS ? -ENOBUFS : 0;
}

int domctl_get_cpu_policy(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_cpu_policy *const p = &op->u.cpu_policy;
    const struct arrays a = {
        p->leaves, p->msrs, &p->nr_leaves, &p->nr_msrs,
    };
    struct policy_stream *const s = xzalloc_type(struct policy_stream);
    int rc;

    if (!s) {
        return -ENOMEM;
    }
    arch_policy_get(d, s);
    rc = write_arrays(s, &a);
    xfree(s);
    return rc;
}

static int read_arrays(struct policy_stream *s,
                       const struct xen_domctl_cpu_policy *p)
{
    if (p->nr_leaves > POLICY_LEAVES_MAX || p->nr_msrs > POLICY_MSRS_MAX) {
        return -E2BIG;
    }
    s->nr_leaves = p->nr_leaves;
    s->nr_msrs = p->nr_msrs;
    if (handle_read_array(s->leaves, p->leaves, 0, s->nr_leaves) ||
        handle_read_array(s->msrs, p->msrs, 0, s->nr_msrs)) {
        return -EFAULT;
    }
    return 0;
}

/* A kernel has looked at the processor by the time that it runs. */
int domctl_set_cpu_policy(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_cpu_policy *const p = &op->u.cpu_policy;
    struct policy_stream *s;
    int rc;

    if (d->is_created) {
        return -EEXIST;
    }
    s = xzalloc_type(struct policy_stream);
    if (!s) {
        return -ENOMEM;
    }
    s->err_leaf = s->err_subleaf = s->err_msr = UINT32_MAX;
    rc = read_arrays(s, p);
    if (!rc) {
        rc = arch_policy_set(d, s);
    }
    p->err_leaf = s->err_leaf;
    p->err_subleaf = s->err_subleaf;
    p->err_msr = s->err_msr;
    xfree(s);
    return rc;
}
