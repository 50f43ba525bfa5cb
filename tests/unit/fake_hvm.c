/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See fake_hvm.h.
 */
#include <stdlib.h>
#include <string.h>

#include <arch/x86/cpu/fpu.h>
#include <arch/x86/hvm/cpuid_policy.h>
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hvm/hvm_reset.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/vdev/vlapic.h>
#include <core/arch/arch_domain.h>
#include <core/domain/vcpu.h>
#include <core/evtchn/evtchn.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/fake_hvm.h>

/* Of vlapic_priv.h. */
void vlapic_timer_init(struct vcpu *v);
void vlapic_regs_reset(struct vcpu *v);

struct domain fake_hvm_d;
static struct arch_domain arch_d;
static struct cpuid_policy policy;
static struct vcpu vcpus[FAKE_HVM_VCPUS];
static struct vcpu *table[FAKE_HVM_VCPUS];
static struct arch_vcpu archs[FAKE_HVM_VCPUS];
static uint8_t pages[FAKE_HVM_VCPUS][4096] __attribute__((aligned(4096)));
static uint8_t fpus[FAKE_HVM_VCPUS][4096] __attribute__((aligned(64)));

static bool inject(struct vcpu *v, const struct hvm_event *ev)
{
    return true;
}

static void ignore_pull(struct vcpu *v, uint32_t groups)
{
}

static void ignore_tsc(struct vcpu *v, uint64_t offset)
{
}

static const struct hvm_ops ops = {
    .inject = inject,
    .pull = ignore_pull,
    .set_tsc_offset = ignore_tsc,
};
const struct hvm_ops *hvm_ops = &ops;

struct vcpu *fake_hvm_v(unsigned int i)
{
    return &vcpus[i];
}

void fake_hvm_init(unsigned int n)
{
    fake_init(1);
    fake_cycles = 1000;
    memset(&policy, 0, sizeof(policy));
    policy.cr4_mask = CR4_PAE | CR4_PGE | CR4_PSE;
    policy.ext[1].edx = 1u << 29 | 1u << 20 | 1u << 11;
    policy.ext[8].eax = 0x3028;
    policy.has_x2apic = true;
    arch_d = (struct arch_domain){ .cpuid = &policy, .tsc_khz = 1000000 };
    fake_hvm_d = (struct domain){ .id = 1, .arch = &arch_d, .vcpu = table,
                                  .max_vcpus = n };
    for (unsigned int i = 0; i < n; i++) {
        struct vcpu *const v = &vcpus[i];

        archs[i] = (struct arch_vcpu){ .fpu = fpus[i],
                                       .vlapic.regs = pages[i] };
        *v = (struct vcpu){ .id = i, .domain = &fake_hvm_d,
                            .arch = &archs[i], .stop = VCPU_STOP_DOWN,
                            .on_cpu = CPU_NONE };
        table[i] = v;
        fpu_area_init(v->arch->fpu);
        hvm_vcpu_reset(v);
        vlapic_timer_init(v);
        v->arch->vlapic.base_msr = VLAPIC_BASE | 0x800;
        vlapic_regs_reset(v);
        v->arch->vlapic.isrv = -1;
        v->arch->vlapic.divide_shift = 1;
    }
}

struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
    return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

void hvm_vcpu_reset(struct vcpu *v)
{
    memset(&v->arch->s, 0, sizeof(v->arch->s));
    v->arch->s.valid = v->arch->s.dirty = (uint32_t)HVM_ALL;
    v->arch->event.type = HVM_EVENT_NONE;
    v->arch->xcr0 = XCR0_X87;
}

void hvm_debug_regs_set(struct vcpu *v)
{
}

void hvm_vcpu_set_tsc_offset(struct vcpu *v, uint64_t offset)
{
    v->arch->tsc_offset = offset;
}

void hvm_event_requeue(struct vcpu *v, const struct hvm_event *ev)
{
    v->arch->event = *ev;
}

bool vcpu_is_down(const struct vcpu *v)
{
    return v->stop & (VCPU_STOP_DOWN | VCPU_STOP_SIPI);
}

void vcpu_up(struct vcpu *v)
{
    v->initialised = true;
    v->stop = 0;
}

void vcpu_park(struct vcpu *v)
{
    v->stop |= VCPU_STOP_DOWN;
}

void vcpu_notify(struct vcpu *v)
{
}

uint32_t vlapic_id(const struct vcpu *v)
{
    return v->id * 2;
}

void vlapic_set_irq(struct vcpu *v, uint8_t vector, bool is_level)
{
}

void vlapic_local_irq(struct vcpu *v, uint32_t lvt_offset)
{
}

/* The build machine's FPU is not touched: FXSAVE's form. */
bool fpu_has_xsave(void)
{
    return false;
}

uint64_t fpu_xcr0_mask(void)
{
    return 0;
}

uint32_t fpu_area_size(void)
{
    return 512;
}

void fpu_area_init(void *area)
{
    memset(area, 0, 512);
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
    return EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;
}

/* What the files under test have beside what is tested. */

int arch_domain_hypercall_page(struct domain *d, gfn_t gfn)
{
    abort();
}

uint8_t vlapic_ppr(const struct vlapic *l)
{
    abort();
}

void vlapic_error(struct vcpu *v, uint32_t esr_bit)
{
    abort();
}

void vlapic_eoi(struct vcpu *v)
{
    abort();
}

void vlapic_write_icr(struct vcpu *v, uint64_t icr)
{
    abort();
}

void vlapic_reset(struct vcpu *v, bool is_init)
{
    abort();
}

bool evtchn_upcall_pending(const struct vcpu *v)
{
    abort();
}
