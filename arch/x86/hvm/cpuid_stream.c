/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies in the form in which the tools exchange them: a list of leaves and
 * one of MSRs, <xen/domctl.h>.  Pure.
 */
#include <arch/x86/hvm/cpuid_policy.h>
#include <arch/x86/hw/msr_index.h>
#include <core/abi/cpuid.h>
#include <core/arch/arch_policy.h>
#include <core/kernel/bug.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/util.h>

#define NO_SUBLEAF XEN_CPUID_INPUT_UNUSED
/* Where the tools look for another hypervisor's interface. */
#define SECOND_HV_LEAF (XEN_CPUID_FIRST_LEAF + 0x100u)

static_assert(CPUID_BASIC_LEAVES + (CPUID_CACHE_LEAVES - 1) +
                      (CPUID_FEATURE_LEAVES - 1) +
                      (CPUID_TOPOLOGY_LEAVES - 1) +
                      (CPUID_XSTATE_LEAVES - 1) + CPUID_EXT_LEAVES + 2 <=
                  POLICY_LEAVES_MAX, "all leaves have room");

static void put(struct policy_stream *s, uint32_t leaf, uint32_t subleaf,
                const struct cpuid_regs *r)
{
    BUG_ON(s->nr_leaves >= POLICY_LEAVES_MAX);
    s->leaves[s->nr_leaves++] = (xen_cpuid_leaf_t){
        .leaf = leaf, .subleaf = subleaf,
        .a = r->eax, .b = r->ebx, .c = r->ecx, .d = r->edx,
    };
}

static void put_all(struct policy_stream *s, uint32_t leaf,
                    const struct cpuid_regs *r, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        put(s, leaf, i, &r[i]);
    }
}

/* As @put_all(), up to and with the first one of type 0. */
static void put_until(struct policy_stream *s, uint32_t leaf,
                      const struct cpuid_regs *r, uint32_t max, bool by_ecx)
{
    for (uint32_t i = 0; i < max; i++) {
        put(s, leaf, i, &r[i]);
        if (by_ecx ? !(r[i].ecx & 0xff00) : !(r[i].eax & 0x1f)) {
            break;
        }
    }
}

static uint32_t xstate_leaves(const struct cpuid_policy *p)
{
    const uint64_t states =
        make64(p->xstate[0].edx, p->xstate[0].eax) |
        make64(p->xstate[1].edx, p->xstate[1].ecx);
    const uint32_t last = states ? bit_highest(states) : 0;

    return clamp(last + 1, 2u, CPUID_XSTATE_LEAVES);
}

static void put_basic(struct policy_stream *s, const struct cpuid_policy *p)
{
    for (uint32_t leaf = 0; leaf <= p->max_basic; leaf++) {
        switch (leaf) {
        case CPUID_CACHE:
            put_until(s, leaf, p->cache, CPUID_CACHE_LEAVES, false);
            break;
        case CPUID_FEATURES:
            put_all(s, leaf, p->feature,
                    min(p->feature[0].eax + 1, CPUID_FEATURE_LEAVES));
            break;
        case CPUID_TOPOLOGY:
            put_until(s, leaf, p->topology, CPUID_TOPOLOGY_LEAVES, true);
            break;
        case CPUID_XSTATE:
            put_all(s, leaf, p->xstate, xstate_leaves(p));
            break;
        default:
            put(s, leaf, NO_SUBLEAF, &p->basic[leaf]);
            break;
        }
    }
}

/* Of MSRs that list features a guest has none. */
void cpuid_stream_write(struct policy_stream *s, const struct cpuid_policy *p)
{
    put_basic(s, p);
    put(s, XEN_CPUID_FIRST_LEAF, NO_SUBLEAF,
        &(struct cpuid_regs){ .eax = p->hv_limit });
    put(s, SECOND_HV_LEAF, NO_SUBLEAF,
        &(struct cpuid_regs){ .eax = p->hv2_limit });
    for (uint32_t i = 0; i <= p->max_ext - CPUID_EXT_BASE; i++) {
        put(s, CPUID_EXT_BASE + i, NO_SUBLEAF, &p->ext[i]);
    }
    s->msrs[0] = (xen_msr_entry_t){ .idx = MSR_PLATFORM_INFO };
    s->msrs[1] = (xen_msr_entry_t){ .idx = MSR_ARCH_CAPABILITIES };
    s->nr_msrs = 2;
}

static bool has_subleaves(uint32_t leaf)
{
    return leaf == CPUID_CACHE || leaf == CPUID_FEATURES ||
           leaf == CPUID_TOPOLOGY || leaf == CPUID_XSTATE;
}

/* Where @l belongs, or false. */
static bool read_leaf(struct cpuid_policy *p, const xen_cpuid_leaf_t *l)
{
    struct cpuid_regs *slot;

    if (!has_subleaves(l->leaf) && l->subleaf != NO_SUBLEAF) {
        return false;
    }
    if (l->leaf == XEN_CPUID_FIRST_LEAF) {
        p->hv_limit = (uint8_t)l->a;
        return true;
    }
    if (l->leaf == SECOND_HV_LEAF) {
        p->hv2_limit = (uint8_t)l->a;
        return true;
    }
    slot = cpuid_slot(p, l->leaf, l->subleaf);
    if (slot) {
        *slot = (struct cpuid_regs){ l->a, l->b, l->c, l->d };
    }
    return slot;
}

/* ARCH_CAPABILITIES is masked like CPUID: to nothing. */
static int check_msr(const xen_msr_entry_t *m)
{
    if (m->flags) {
        return -EINVAL;
    }
    switch (m->idx) {
    case MSR_PLATFORM_INFO: return m->val ? -EINVAL : 0;
    case MSR_ARCH_CAPABILITIES: return 0;
    default: return -ERANGE;
    }
}

int cpuid_stream_read(struct cpuid_policy *p, struct policy_stream *s)
{
    for (uint32_t i = 0; i < s->nr_leaves; i++) {
        if (!read_leaf(p, &s->leaves[i])) {
            s->err_leaf = s->leaves[i].leaf;
            s->err_subleaf = s->leaves[i].subleaf;
            return -ERANGE;
        }
    }
    for (uint32_t i = 0; i < s->nr_msrs; i++) {
        const int rc = check_msr(&s->msrs[i]);

        if (rc) {
            s->err_msr = s->msrs[i].idx;
            return rc;
        }
    }
    return 0;
}
