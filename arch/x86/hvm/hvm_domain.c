/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's half of a domain.
 */
#include <arch/x86/cpu/tsc.h>
#include <arch/x86/hvm/cpuid_policy.h>
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hvm/hvm_reset.h>
#include <arch/x86/hvm/hvm_run.h>
#include <arch/x86/hvm/hvm_vpci.h>
#include <arch/x86/vdev/vioapic.h>
#include <arch/x86/vdev/vlegacy.h>
#include <core/abi/domctl.h>
#include <core/abi/hvm.h>
#include <core/arch/arch_domain.h>
#include <core/console/printk.h>
#include <core/kernel/time.h>
#include <core/lib/errno.h>
#include <core/lib/rangeset.h>
#include <core/mm/slab.h>
#include <core/sync/atomic.h>

/* HVM_PARAM_CALLBACK_IRQ: the kind in the top byte, see public/hvm/params.h */
#define VIA_TYPE GENMASK64(63, 56)
#define VIA_VECTOR 2u

/* xen_domctl_tsc_info.tsc_mode; 0: native where that is as good.  */
#define TSC_MODE_EMULATED 1u
#define TSC_MODE_NATIVE 2u

static int add_devices(struct domain *d)
{
    int rc = 0;

    /* What is asked for most comes first. */
    if (d->is_hardware) {
        rc = vioapic_init(d);
        hvm_vpci_init(d);
    }
    hvm_io_add_mmio(d, 1, 0, &vlapic_mmio_ops);
    vlegacy_init(d);
    return rc;
}

/* A PVH guest has a local APIC; the hardware domain gets the rest as well. */
static int check_config(const struct domain *d,
                        const struct xen_arch_domainconfig *cfg)
{
    if (d->is_hardware || !cfg) {
        return 0;
    }
    if ((cfg->emulation_flags & ~XEN_X86_EMU_ALL) ||
        (cfg->misc_flags & ~XEN_X86_MSR_RELAXED)) {
        return -EINVAL;
    }
    return cfg->emulation_flags == XEN_X86_EMU_LAPIC ? 0 : -EOPNOTSUPP;
}

int arch_domain_init(struct domain *d, const struct xen_arch_domainconfig *cfg)
{
    struct arch_domain *ad;
    int rc = check_config(d, cfg);

    if (rc) {
        return rc;
    }
    ad = xzalloc_type(struct arch_domain);
    if (!ad) {
        return -ENOMEM;
    }
    d->arch = ad;
    ad->emulation_flags = d->is_hardware
                              ? XEN_X86_EMU_LAPIC | XEN_X86_EMU_IOAPIC |
                                    XEN_X86_EMU_VPCI
                              : XEN_X86_EMU_LAPIC;
    d->arch_config.emulation_flags = ad->emulation_flags;
    ad->tsc_khz = (uint32_t)(time_cycles_hz() / 1000);
    rc = p2m_init(d, hvm_ops->p2m_format);
    if (!rc) {
        rc = cpuid_policy_init(d);
    }
    if (!rc) {
        rc = hvm_ops->domain_init(d);
    }
    if (!rc) {
        rc = add_devices(d);
    }
    if (rc) {
        arch_domain_free(d);
    }
    return rc;
}

void arch_domain_free(struct domain *d)
{
    if (!d->arch) {
        return;
    }
    vioapic_free(d);
    hvm_ops->domain_free(d);
    cpuid_policy_free(d);
    p2m_free(d);
    xfree(d->arch);
    d->arch = NULL;
}

/*
 * Pages are released by their list, device entries own nothing.  The timers
 * of the local APICs, which go on while a domain is paused, end here: one
 * that fired while its vCPU is freed would be a use after it.
 */
int arch_domain_relinquish(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu(d, v) {
        vlapic_timer_free(v);
    }
    return 0;
}

void arch_domain_update_ports(struct domain *d)
{
    const struct range *r;

    hvm_ops->allow_ports(d, 0, UINT16_MAX, false);
    rangeset_for_each(r, d->port_ok) {
        hvm_ops->allow_ports(d, (uint16_t)r->first, (uint16_t)r->last, true);
    }
}

void arch_vcpu_set_upcall_vector(struct vcpu *v, uint8_t vector)
{
    WRITE_ONCE(v->arch->upcall_vector, vector);
}

void arch_domain_set_callback(struct domain *d, uint64_t via)
{
    if (field_get(VIA_TYPE, via) == VIA_VECTOR) {
        WRITE_ONCE(d->arch->callback_vector, (uint8_t)via);
    }
}

uint64_t arch_vcpu_tsc(const struct vcpu *v, uint64_t cycles)
{
    return cycles + v->arch->tsc_offset;
}

void arch_vcpu_send_nmi(struct vcpu *v)
{
    hvm_nmi(v);
}

void arch_domain_dump(const struct domain *d)
{
    struct p2m *const p2m = p2m_of(d);

    printk(LOG_INFO, "  %s, %lu table pages, highest frame %#lx\n", hvm_ops->name,
           p2m->table_pages, p2m->max_gfn);
    vioapic_dump((struct domain *)(uintptr_t)d);
}

unsigned int arch_domain_audit(struct domain *d)
{
    return p2m_audit(d);
}

bool arch_tsc_is_stable(void)
{
    return tsc_is_invariant();
}

void arch_domain_get_tsc(const struct domain *d,
                         struct xen_domctl_tsc_info *t)
{
    const struct arch_domain *const ad = d->arch;
    const bool is_native = ad->tsc_mode == TSC_MODE_NATIVE;

    *t = (struct xen_domctl_tsc_info){
        .tsc_mode = ad->tsc_mode,
        .gtsc_khz = is_native ? 0 : ad->tsc_khz,
        .incarnation = ad->tsc_incarnation,
        .elapsed_nsec = is_native ? 0 : time_now(),
    };
}

int arch_domain_set_tsc(struct domain *d, const struct xen_domctl_tsc_info *t)
{
    struct arch_domain *const ad = d->arch;

    if (t->tsc_mode == TSC_MODE_EMULATED) {
        return -EOPNOTSUPP;
    }
    if (t->tsc_mode > TSC_MODE_NATIVE) {
        return -EINVAL;
    }
    if (t->gtsc_khz && t->gtsc_khz != ad->tsc_khz) {
        printk(LOG_WARN, "d%u: its TSC ran at %u kHz, runs at %u now\n",
               d->id, t->gtsc_khz, ad->tsc_khz);
    }
    ad->tsc_mode = t->tsc_mode;
    ad->tsc_incarnation = t->incarnation + 1;
    return 0;
}
