/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels: the 2-level ABI.  One pending and one mask bit a port in
 * shared_info, one selector bit for each word of them in vcpu_info.  Words
 * have the guest's width, so a 32-bit guest has a quarter of the ports.
 * Locking: none; the bits are atomic and their order is the protocol
 * (xen/xen.h, "struct shared_info").
 */
#include <core/evtchn/evtchn_priv.h>

#include <core/abi/compat.h>

/* A 32-bit guest's selector is the second word of vcpu_info. */
#define COMPAT_SEL_OFFSET 4u

static_assert(offsetof(struct shared_info, evtchn_pending) == 2048 &&
                  offsetof(struct compat_shared_info, evtchn_pending) == 2048,
              "shared_info");
static_assert(offsetof(struct shared_info, evtchn_mask) == 2560,
              "shared_info");
static_assert(offsetof(struct vcpu_info, evtchn_pending_sel) == 8,
              "vcpu_info");

/* The word of a port is its number shifted by so many bits. */
static inline unsigned int evtchn_2l_word_shift(const struct domain *d)
{
    return d->is_32bit ? 5 : 6;
}

static unsigned int evtchn_2l_max_ports(const struct domain *d)
{
    return d->is_32bit ? 32 * 32 : 64 * 64;
}

static void *evtchn_2l_pending_map(const struct domain *d)
{
    return d->shared_info->evtchn_pending;
}

static void *evtchn_2l_mask_map(const struct domain *d)
{
    return d->is_32bit ? (char *)((struct compat_shared_info *)d->shared_info)
                             ->evtchn_mask
                       : (char *)d->shared_info->evtchn_mask;
}

/* Set the selector bit, and if that is new, tell the vCPU. */
static void evtchn_2l_select(struct domain *d, const struct evtchn *chn)
{
    struct vcpu *const v = READ_ONCE(d->vcpu[READ_ONCE(chn->vcpu)]);

    if (unlikely(v == NULL)) {
        return; /* The tools have made the port before the vCPU. */
    }
    struct vcpu_info *const info = READ_ONCE(v->info);
    void *const sel = d->is_32bit ? (char *)info + COMPAT_SEL_OFFSET
                                  : (char *)&info->evtchn_pending_sel;

    if (!evtchn_bit_set(sel, chn->port >> evtchn_2l_word_shift(d))) {
        evtchn_raise_upcall(v);
    }
}

static void evtchn_2l_init(struct domain *d, struct evtchn *chn)
{
    (void)d;
    (void)chn;
}

static void evtchn_2l_set_pending(struct domain *d, struct evtchn *chn)
{
    /* Ports above the ABI's are left from a switch: nowhere to mark them. */
    if (chn->port >= evtchn_2l_max_ports(d) ||
        evtchn_bit_set(evtchn_2l_pending_map(d), chn->port)) {
        return;
    }
    if (!evtchn_bit_test(evtchn_2l_mask_map(d), chn->port)) {
        evtchn_2l_select(d, chn);
    }
    evtchn_wake_pollers(d, chn->port);
}

static void evtchn_2l_clear_pending(struct domain *d, struct evtchn *chn)
{
    if (chn->port < evtchn_2l_max_ports(d)) {
        evtchn_bit_clear(evtchn_2l_pending_map(d), chn->port);
    }
}

static bool evtchn_2l_is_pending(const struct domain *d,
                                 const struct evtchn *chn)
{
    return chn->port < evtchn_2l_max_ports(d) &&
           evtchn_bit_test(evtchn_2l_pending_map(d), chn->port);
}

static bool evtchn_2l_is_masked(const struct domain *d,
                                const struct evtchn *chn)
{
    return chn->port >= evtchn_2l_max_ports(d) ||
           evtchn_bit_test(evtchn_2l_mask_map(d), chn->port);
}

static void evtchn_2l_unmask(struct domain *d, struct evtchn *chn)
{
    if (chn->port < evtchn_2l_max_ports(d) &&
        evtchn_bit_clear(evtchn_2l_mask_map(d), chn->port) &&
        evtchn_2l_is_pending(d, chn)) {
        evtchn_2l_select(d, chn);
    }
}

static bool evtchn_2l_is_busy(const struct domain *d, const struct evtchn *chn)
{
    (void)d;
    (void)chn;
    return false;
}

const struct evtchn_abi evtchn_abi_2l = {
    .name = "2-level",
    .max_ports = evtchn_2l_max_ports,
    .init = evtchn_2l_init,
    .set_pending = evtchn_2l_set_pending,
    .clear_pending = evtchn_2l_clear_pending,
    .unmask = evtchn_2l_unmask,
    .is_pending = evtchn_2l_is_pending,
    .is_masked = evtchn_2l_is_masked,
    .is_busy = evtchn_2l_is_busy,
};
