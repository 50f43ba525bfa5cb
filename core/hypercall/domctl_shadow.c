/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domctls of those who copy a domain's memory: what there is
 * (getpageframeinfo3) and which of it has been written (shadow_op).
 *
 * Both go on where they were interrupted by what they leave in the caller's
 * structure.  getpageframeinfo3 moves on in the caller's list, as Xen does;
 * shadow_op notes in the mode that it has begun, and how far it is in a member
 * that these operations do not use.
 */
#include <core/hypercall/domctl.h>

#include <core/arch/arch_copy.h>
#include <core/arch/arch_p2m.h>
#include <core/hypercall/guest_handle.h>
#include <core/hypercall/hypercall.h>
#include <core/lib/bitmap.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>

#define LIST_MAX 1024u

/* A bit of xen_domctl_shadow_op.mode that means nothing to Xen. */
#define MODE_CONTINUED BIT32(31)
/* The member mb counts these many frames when continued. */
#define PROGRESS_FRAMES 512u

static uint64_t page_type(const struct domain *d, uint64_t gfn)
{
    switch (p2m_lookup(d, GFN(gfn)).type) {
    case P2M_RAM_RW:
    case P2M_RAM_RO:
    case P2M_RAM_LOGDIRTY:
    case P2M_POD: /* Who maps it to read it finds zeros there. */
        return XEN_DOMCTL_PFINFO_NOTAB;
    default:
        return XEN_DOMCTL_PFINFO_XTAB;
    }
}

int domctl_getpageframeinfo3(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_getpageframeinfo3 *const l = &op->u.getpageframeinfo3;
    uint64_t list[HCALL_BATCH];
    const unsigned int n = (unsigned int)min(l->num, HCALL_BATCH + UINT64_C(0));

    if (l->num > LIST_MAX) {
        return -E2BIG;
    }
    if (handle_read_array(list, l->array, 0, n)) {
        return -EFAULT;
    }
    for (unsigned int i = 0; i < n; i++) {
        list[i] = page_type(d, list[i]);
    }
    if (handle_write_array(l->array, 0, list, n)) {
        return -EFAULT;
    }
    l->num -= n;
    l->array.p += n;
    return l->num ? -ERESTART : 0;
}

/*
 * The next frames of those that the caller wants: their bits to its map.  It
 * is written to first, because a bit that it does not get is lost.
 */
static int scan_some(struct domain *d, struct xen_domctl_shadow_op *s,
                     uint64_t first, bool clean, uint64_t *done)
{
    uint64_t map[BITMAP_WORDS(P2M_LOG_FRAMES)];
    const uint64_t want = min(s->pages - first, P2M_LOG_FRAMES + UINT64_C(0));
    const uint64_t bytes = DIV_ROUND_UP(want, 8);
    const gva_t at = handle_gva(s->dirty_bitmap) + first / 8;
    const bool has_map = !handle_is_null(s->dirty_bitmap);

    if (has_map && guest_clear(at, bytes)) {
        return -EFAULT;
    }
    *done = min(want, p2m_log_scan(d, GFN(first), clean, map));
    if (has_map && guest_copy_to(at, map, DIV_ROUND_UP(*done, 8))) {
        return -EFAULT;
    }
    s->stats.dirty_count += bitmap_weight(map, (unsigned int)*done);
    return 0;
}

/* Over @s->pages frames; -ERESTART with the progress in @s. */
static int scan(struct domain *d, struct xen_domctl_shadow_op *s, bool clean)
{
    uint64_t first = 0;
    uint64_t done = 0;
    int rc = 0;

    if (s->mode & MODE_CONTINUED) {
        first = (uint64_t)s->mb * PROGRESS_FRAMES;
    } else {
        s->stats.dirty_count = 0;
        s->stats.fault_count = p2m_log_faults(d, clean);
    }
    if (first < s->pages) {
        rc = scan_some(d, s, first, clean, &done);
    }
    if (!rc && first + done < s->pages) {
        s->mode |= MODE_CONTINUED;
        s->mb = (uint32_t)((first + done) / PROGRESS_FRAMES);
        return -ERESTART;
    }
    s->mode &= ~MODE_CONTINUED;
    s->mb = 0;
    return rc;
}

/* All RAM that there is becomes clean, without a map for anybody. */
static int enable(struct domain *d, struct xen_domctl_shadow_op *s)
{
    struct xen_domctl_shadow_op all = {
        .mode = s->mode, .mb = s->mb, .pages = gfn_x(p2m_max_gfn(d)) + 1,
    };
    int rc = s->mode & MODE_CONTINUED ? 0 : p2m_log_start(d);

    if (!rc) {
        rc = scan(d, &all, true);
        s->mode = all.mode;
        s->mb = all.mb;
    }
    return rc;
}

int domctl_shadow_op(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_shadow_op *const s = &op->u.shadow_op;

    if (d->dying != DOMAIN_ALIVE) {
        return 0;
    }
    if (!domain_vcpu(d, 0)) {
        return -EINVAL;
    }
    switch (s->op) {
    case XEN_DOMCTL_SHADOW_OP_OFF:
        p2m_log_stop(d);
        return 0;
    case XEN_DOMCTL_SHADOW_OP_ENABLE:
        if (!(s->mode & XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY)) {
            return -EINVAL;
        }
        return enable(d, s);
    case XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY:
        return enable(d, s);
    case XEN_DOMCTL_SHADOW_OP_CLEAN:
    case XEN_DOMCTL_SHADOW_OP_PEEK:
        if (s->mode & ~(MODE_CONTINUED | XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL)) {
            return -EINVAL;
        }
        return scan(d, s, s->op == XEN_DOMCTL_SHADOW_OP_CLEAN);
    default:
        return -EINVAL;
    }
}
