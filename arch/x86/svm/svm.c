/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The AMD-V back end: its table of operations, life of a vCPU, one run.
 * APM volume 2, "Secure Virtual Machine".
 *
 * Locking: see hvm_ops.h.
 */
#include <arch/x86/cpu/identify.h>
#include <arch/x86/svm/svm_priv.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/console/printk.h>
#include <core/mm/page_alloc.h>
#include <core/mm/slab.h>

static int svm_domain_init(struct domain *d)
{
    d->arch->svm = xzalloc(sizeof(*d->arch->svm));
    return d->arch->svm ? 0 : -ENOMEM;
}

static void svm_domain_free(struct domain *d)
{
    if (d->arch->svm) {
        svm_io_domain_free(d);
        xfree(d->arch->svm);
        d->arch->svm = NULL;
    }
}

static int svm_vcpu_init(struct vcpu *v)
{
    struct svm_vcpu *const sv = xzalloc(sizeof(*sv));

    if (!sv) {
        return -ENOMEM;
    }
    sv->vmcb = xpage_alloc(0);
    if (!sv->vmcb) {
        xfree(sv);
        return -ENOMEM;
    }
    memset(sv->vmcb, 0, sizeof(*sv->vmcb));
    sv->vmcb_pa = mfn_to_paddr(page_mfn(va_page(sv->vmcb)));
    v->arch->svm = sv;
    svm_ctrl_init(v);
    return 0;
}

static void svm_vcpu_free(struct vcpu *v)
{
    if (v->arch->svm) {
        xpage_free(v->arch->svm->vmcb, 0);
        xfree(v->arch->svm);
        v->arch->svm = NULL;
    }
}

/*
 * The VMCB is plain memory: nothing to load.  Clean bits speak of the CPU
 * that ran it last.
 */
static void svm_vcpu_load(struct vcpu *v)
{
    vmcb_set_clean(v->arch->svm->vmcb, 0);
}

/* The VMCB is memory that any CPU can pull from: nothing to put away. */
static void svm_vcpu_unload(struct vcpu *v)
{
    const struct svm_vcpu *const sv = v->arch->svm;

    if (unlikely(sv->virq | sv->oneshot)) {
        svm_take_back(v);
    }
}

static __always_inline void enter(struct vcpu *v, struct hvm_exit *exit,
                                  const struct svm_cpu *sc, svm_enter_fn *fn)
{
    struct vcpu_state *const s = &v->arch->s;
    const struct svm_vcpu *const sv = v->arch->svm;
    struct vmcb *const b = sv->vmcb;

    vmcb_set_rax(b, s->gpr[GPR_RAX]);
    vmcb_set_rsp(b, s->gpr[GPR_RSP]);
    vmcb_set_rip(b, s->rip);
    vmcb_set_rflags(b, s->rflags);
    fn(s, sv->vmcb_pa, sc->host_pa, v, exit);
}

/* Bring the VMCB up to date with what has changed, then run. */
static __noinline void run_changed(struct vcpu *v, struct hvm_exit *exit)
{
    struct svm_vcpu *const sv = v->arch->svm;
    struct vcpu_state *const s = &v->arch->s;
    struct svm_cpu *const sc = svm_this_cpu();
    const bool shadow = s->shadow & HVM_SHADOW_ANY;

    if (s->dirty) {
        svm_push(v, s->dirty);
        s->dirty = 0;
    }
    if (sv->stale & SVM_STALE_VINTR) {
        svm_vintr_prepare(sv);
    }
    if (sv->stale & SVM_STALE_TLB) {
        svm_asid_flush(sv);
    }
    if (sv->asid_tag != sc->asid_tag) {
        svm_asid_draw(sv, sc);
    }
    /* The hardware has it from here on; an exit brings it back. */
    vmcb_set_interrupt_shadow(sv->vmcb, shadow);
    s->shadow &= ~(uint32_t)HVM_SHADOW_ANY;
    sv->stale = 0;
    if (unlikely(shadow) && cpu_info.is_tcg) {
        enter(v, exit, sc, svm_enter_shadow);
    } else {
        enter(v, exit, sc, svm_enter);
    }
}

static void svm_run(struct vcpu *v, struct hvm_exit *exit)
{
    const struct vcpu_state *const s = &v->arch->s;
    const struct svm_vcpu *const sv = v->arch->svm;
    const struct svm_cpu *const sc = svm_this_cpu();

    if (unlikely(s->dirty | (s->shadow & HVM_SHADOW_ANY) | sv->stale) ||
        unlikely(sv->asid_tag != sc->asid_tag)) {
        run_changed(v, exit);
        return;
    }
    enter(v, exit, sc, svm_enter);
}

static int svm_audit(struct vcpu *v)
{
    return vmcb_audit(v->arch->svm->vmcb, svm_features.asids - 1);
}

static void svm_dump(struct vcpu *v)
{
    printk(LOG_INFO, "VMCB of d%uv%u at %#lx:\n", v->domain->id, v->id,
           v->arch->svm->vmcb_pa);
    vmcb_dump(v->arch->svm->vmcb);
}

const struct hvm_ops hvm_ops_svm = {
    .name = "AMD-V",
    .p2m_format = &p2m_format_npt,
    .cpu_enable = svm_cpu_enable,
    .domain_init = svm_domain_init,
    .domain_free = svm_domain_free,
    .vcpu_init = svm_vcpu_init,
    .vcpu_free = svm_vcpu_free,
    .vcpu_load = svm_vcpu_load,
    .vcpu_unload = svm_vcpu_unload,
    .run = svm_run,
    .pull = svm_pull,
    .push = svm_push,
    .inject = svm_inject,
    .want_window = svm_want_window,
    .allow_ports = svm_allow_ports,
    .intercept_dr = svm_intercept_dr,
    .set_tsc_offset = svm_set_tsc_offset,
    .p2m_changed = svm_p2m_changed,
    .audit = svm_audit,
    .dump = svm_dump,
};
