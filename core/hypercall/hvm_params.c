/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HVM parameters: a table says for each who may get and set it and which
 * values it takes; a few have an effect beyond being remembered.
 * Locking: the domain's lock.  Chapter: xen/hvm/params.h.
 */
#include <core/hypercall/hvm_params.h>

#include <core/abi/sched.h>
#include <core/arch/arch_copy.h>
#include <core/arch/arch_domain.h>
#include <core/domain/wallclock.h>
#include <core/evtchn/evtchn.h>
#include <core/lib/errno.h>

enum param_rule {
    PARAM_NONE = 1u << 0,       /* Deprecated, or never was                  */
    PARAM_GUEST_GET = 1u << 1,  /* The guest itself may                      */
    PARAM_GUEST_SET = 1u << 2,
    PARAM_ONCE = 1u << 3,       /* Not changed from non-zero                 */
    PARAM_CONTROL = 1u << 4,    /* Only a control domain may set it          */
    PARAM_ABSENT = 1u << 5,     /* Setting it needs a device we do not have  */
};

#define PARAM_GUEST (PARAM_GUEST_GET | PARAM_GUEST_SET)

struct param_row {
    uint8_t rules;
    uint64_t max;               /* Largest value that may be set             */
};

/* What has no row: for the tools only, any value. */
#define PARAM(name, flags, limit) \
    [HVM_PARAM_##name] = { .rules = (flags), .max = (limit) }

static const struct param_row param_rows[HVM_NR_PARAMS] = {
    PARAM(CALLBACK_IRQ, PARAM_GUEST, UINT64_MAX),
    PARAM(STORE_PFN, PARAM_GUEST_GET, UINT64_MAX),
    PARAM(STORE_EVTCHN, PARAM_GUEST, UINT64_MAX),
    [3] = { .max = UINT64_MAX },
    PARAM(PAE_ENABLED, PARAM_NONE, 0),
    PARAM(IOREQ_PFN, PARAM_ONCE, UINT64_MAX),
    PARAM(BUFIOREQ_PFN, PARAM_ONCE, UINT64_MAX),
    [7] = { .max = UINT64_MAX },
    [8] = { .max = UINT64_MAX },
    PARAM(VIRIDIAN, PARAM_ONCE, 0),
    PARAM(TIMER_MODE, 0, HVMPTM_one_missed_tick_pending),
    PARAM(HPET_ENABLED, 0, UINT64_MAX),
    PARAM(IDENT_PT, 0, UINT64_MAX),
    PARAM(DM_DOMAIN, PARAM_NONE, 0),
    PARAM(ACPI_S_STATE, 0, 0),
    PARAM(VM86_TSS, PARAM_GUEST, UINT32_MAX),
    PARAM(VPT_ALIGN, 0, UINT64_MAX),
    PARAM(CONSOLE_PFN, PARAM_GUEST_GET, UINT64_MAX),
    PARAM(CONSOLE_EVTCHN, PARAM_GUEST, UINT64_MAX),
    PARAM(ACPI_IOPORTS_LOCATION, PARAM_GUEST | PARAM_ABSENT, UINT64_MAX),
    PARAM(MEMORY_EVENT_CR0, PARAM_NONE, 0),
    PARAM(MEMORY_EVENT_CR3, PARAM_NONE, 0),
    PARAM(MEMORY_EVENT_CR4, PARAM_NONE, 0),
    PARAM(MEMORY_EVENT_INT3, PARAM_NONE, 0),
    PARAM(NESTEDHVM, PARAM_NONE, 0),
    PARAM(MEMORY_EVENT_SINGLE_STEP, PARAM_NONE, 0),
    PARAM(BUFIOREQ_EVTCHN, PARAM_NONE, 0),
    PARAM(PAGING_RING_PFN, 0, UINT64_MAX),
    PARAM(MONITOR_RING_PFN, 0, UINT64_MAX),
    PARAM(SHARING_RING_PFN, 0, UINT64_MAX),
    PARAM(MEMORY_EVENT_MSR, PARAM_NONE, 0),
    PARAM(TRIPLE_FAULT_REASON, 0, SHUTDOWN_MAX),
    PARAM(IOREQ_SERVER_PFN, PARAM_ONCE, UINT64_MAX),
    PARAM(NR_IOREQ_SERVER_PAGES, PARAM_ONCE, 64),
    PARAM(VM_GENERATION_ID_ADDR, PARAM_GUEST, UINT64_MAX),
    PARAM(ALTP2M, PARAM_GUEST_GET | PARAM_ONCE | PARAM_CONTROL, 0),
    PARAM(X87_FIP_WIDTH, PARAM_GUEST, 8),
    PARAM(VM86_TSS_SIZED, PARAM_GUEST, UINT64_MAX),
    PARAM(MCA_CAP, PARAM_ONCE, 0),
};

/* Bytes of a 32-bit TSS, what old firmware assumes, and what is useful. */
#define TSS32_BYTES 104u
#define VM86_TSS_OLD_BYTES 128u
#define VM86_TSS_MAX_BYTES (TSS32_BYTES + 0x100u / 8u + 0x10000u / 8u + 1u)

/* Checks that a single largest value does not express; may adjust @value. */
static int param_check(uint32_t index, uint64_t *value)
{
    const uint64_t size = *value >> 32;

    switch (index) {
    case HVM_PARAM_NR_IOREQ_SERVER_PAGES:
        return *value == 0 ? -EINVAL : 0;
    case HVM_PARAM_X87_FIP_WIDTH:
        return *value == 0 || *value == 4 || *value == 8 ? 0 : -EINVAL;
    case HVM_PARAM_VM86_TSS_SIZED:
        if (size < TSS32_BYTES) {
            return -EINVAL;
        }
        *value = (uint32_t)*value |
                 min_t(uint64_t, size, VM86_TSS_MAX_BYTES) << 32;
        return 0;
    default:
        return 0;
    }
}

/* The event upcall changed: whoever has something to handle is told again. */
static void param_set_callback(const struct vcpu *caller, struct domain *d,
                               uint64_t value)
{
    struct vcpu *v;

    if (caller->domain == d) {
        /* The layout of shared_info follows the kernel that asks. */
        d->is_32bit = !guest_is_64bit();
        wallclock_update(d);
    }
    arch_domain_set_callback(d, value);
    for_each_vcpu(d, v) {
        if (evtchn_upcall_pending(v)) {
            arch_vcpu_upcall(v);
        }
    }
}

static void param_store(struct domain *d, uint32_t index, uint64_t value)
{
    spin_lock(&d->lock);
    WRITE_ONCE(d->hvm_params.value[index], value);
    spin_unlock(&d->lock);
}

/* May @caller set this parameter of @d from @old to @value?  0, -errno. */
static int param_may_set(const struct vcpu *caller, const struct domain *d,
                         const struct param_row *row, uint64_t old,
                         uint64_t value)
{
    if (row->rules & PARAM_NONE) {
        return -EINVAL;
    }
    if ((caller->domain == d && !(row->rules & PARAM_GUEST_SET)) ||
        ((row->rules & PARAM_CONTROL) && !caller->domain->is_control)) {
        return -EPERM;
    }
    if ((row->rules & PARAM_ONCE) && old != 0 && old != value) {
        return -EEXIST;
    }
    if (row->rules & PARAM_ABSENT) {
        return -ENODEV;
    }
    return value > row->max ? -EINVAL : 0;
}

int hvm_params_set(const struct vcpu *caller, struct domain *d,
                   uint32_t index, uint64_t value)
{
    int rc;

    if (index >= HVM_NR_PARAMS) {
        return -EINVAL;
    }
    index = (uint32_t)index_nospec(index, HVM_NR_PARAMS);
    rc = param_may_set(caller, d, &param_rows[index],
                       READ_ONCE(d->hvm_params.value[index]), value);
    if (rc == 0) {
        rc = param_check(index, &value);
    }
    if (rc != 0) {
        return rc;
    }

    /* Commit: nothing below may fail. */
    if (index == HVM_PARAM_VM86_TSS) {
        index = HVM_PARAM_VM86_TSS_SIZED;
        value |= value != 0 ? (uint64_t)VM86_TSS_OLD_BYTES << 32 : 0;
    }
    param_store(d, index, value);
    if (index == HVM_PARAM_CALLBACK_IRQ) {
        param_set_callback(caller, d, value);
    }
    return 0;
}

int hvm_params_get(const struct vcpu *caller, const struct domain *d,
                   uint32_t index, uint64_t *value)
{
    const struct param_row *row;

    if (index >= HVM_NR_PARAMS) {
        return -EINVAL;
    }
    index = (uint32_t)index_nospec(index, HVM_NR_PARAMS);
    row = &param_rows[index];
    if (row->rules & PARAM_NONE) {
        return -EINVAL;
    }
    if (caller->domain == d && !(row->rules & PARAM_GUEST_GET)) {
        return -EPERM;
    }
    switch (index) {
    case HVM_PARAM_VM86_TSS:
        *value = (uint32_t)d->hvm_params.value[HVM_PARAM_VM86_TSS_SIZED];
        break;
    default:
        *value = READ_ONCE(d->hvm_params.value[index]);
        break;
    }
    return 0;
}
