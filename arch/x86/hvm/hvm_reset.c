/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Register states a vCPU starts from, and how registers are printed.  SDM
 * volume 3, "Processor State After Reset"; Xen's public
 * arch-x86/hvm/start_info.h for the PVH entry.
 */
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_reset.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/arch/arch_domain.h>
#include <core/console/printk.h>
#include <core/kernel/cpu.h>
#include <core/lib/string.h>

#define PAT_AT_RESET UINT64_C(0x0007040600070406)

#define ATTR_CODE 0x9bu   /* Present, code, readable, accessed               */
#define ATTR_DATA 0x93u   /* Present, data, writable, accessed               */
#define ATTR_LDT 0x82u
#define ATTR_TSS32 0x8bu  /* Busy                                            */
#define ATTR_FLAT32 0xc00u /* G and D/B                                      */

static const struct segment reset_data = { .attr = ATTR_DATA,
                                           .limit = 0xffff };

static void reset_segments(struct vcpu_state *s)
{
    for (unsigned int i = SEG_ES; i <= SEG_GS; i++) {
        s->seg[i] = reset_data;
    }
    s->seg[SEG_CS] = (struct segment){ .sel = 0xf000, .attr = ATTR_CODE,
                                       .limit = 0xffff,
                                       .base = 0xffff0000 };
    s->seg[SEG_LDTR] = (struct segment){ .attr = ATTR_LDT, .limit = 0xffff };
    /* Of 32 bits: long mode may be entered without another, and is. */
    s->seg[SEG_TR] = (struct segment){ .attr = ATTR_TSS32, .limit = 0xffff };
    s->seg[SEG_GDTR] = (struct segment){ .limit = 0xffff };
    s->seg[SEG_IDTR] = (struct segment){ .limit = 0xffff };
    s->cpl = 0;
}

void hvm_vcpu_reset(struct vcpu *v)
{
    static const struct hvm_event none = { .type = HVM_EVENT_NONE };
    struct vcpu_state *const s = &v->arch->s;

    hvm_ops->inject(v, &none);
    memset(s, 0, sizeof(*s));
    s->valid = (uint32_t)HVM_ALL;
    s->dirty = (uint32_t)HVM_ALL;
    s->rip = 0xfff0;
    s->rflags = RFLAGS_MBS;
    s->gpr[GPR_RDX] = 0x600;
    s->cr0 = CR0_CD | CR0_NW | CR0_ET;
    s->dr6 = DR6_BASE;
    s->dr7 = DR7_BASE;
    s->pat = PAT_AT_RESET;
    hvm_debug_regs_set(v);
    reset_segments(s);
    v->arch->event.type = HVM_EVENT_NONE;
    v->arch->xcr0 = XCR0_X87;
}

void hvm_vcpu_sipi(struct vcpu *v, uint8_t vector)
{
    struct vcpu_state *const s = &v->arch->s;

    hvm_vcpu_reset(v);
    s->seg[SEG_CS] = (struct segment){ .sel = (uint16_t)(vector << 8),
                                       .attr = ATTR_CODE, .limit = 0xffff,
                                       .base = (uint64_t)vector << 12 };
    s->rip = 0;
    /* Caches are the machine's affair: do not run uncached until told. */
    s->cr0 = CR0_ET;
}

void arch_vcpu_set_pvh_entry(struct vcpu *v, uint32_t eip, uint32_t ebx)
{
    struct vcpu_state *const s = &v->arch->s;

    vlapic_reset(v, false);
    arch_vcpu_set_upcall_vector(v, 0);
    hvm_vcpu_reset(v);
    for (unsigned int i = SEG_ES; i <= SEG_GS; i++) {
        s->seg[i] = (struct segment){ .attr = ATTR_DATA | ATTR_FLAT32,
                                      .limit = UINT32_MAX };
    }
    s->seg[SEG_CS] = (struct segment){ .attr = ATTR_CODE | ATTR_FLAT32,
                                       .limit = UINT32_MAX };
    s->seg[SEG_TR] = (struct segment){ .attr = ATTR_TSS32, .limit = 0x67 };
    s->cr0 = CR0_PE | CR0_ET;
    s->gpr[GPR_RDX] = 0;
    s->gpr[GPR_RBX] = ebx;
    s->rip = eip;
    v->initialised = true;
}

static const char *const seg_names[SEG_COUNT] = {
    "ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR", "GDTR", "IDTR",
};

void hvm_vcpu_print(struct vcpu *v)
{
    const struct vcpu_state *const s = &v->arch->s;

    if (v == this_cpu()->current) {
        vcpu_state_pull(v, (uint32_t)HVM_ALL);
    }
    printk(LOG_INFO, "  d%uv%u RIP %016lx RFLAGS %08lx CPL %u shadow %x\n",
           v->domain->id, v->id, s->rip, s->rflags, s->cpl, s->shadow);
    for (unsigned int i = 0; i < GPR_COUNT; i += 4) {
        printk(LOG_INFO, "  r%02u %016lx %016lx %016lx %016lx\n", i, s->gpr[i],
               s->gpr[i + 1], s->gpr[i + 2], s->gpr[i + 3]);
    }
    printk(LOG_INFO, "  CR0 %08lx CR2 %016lx CR3 %016lx CR4 %08lx EFER %04lx\n",
           s->cr0, s->cr2, s->cr3, s->cr4, s->efer);
    for (unsigned int i = 0; i < SEG_COUNT; i++) {
        printk(LOG_INFO, "  %-4s %04x attr %04x limit %08x base %016lx\n",
               seg_names[i], s->seg[i].sel, s->seg[i].attr, s->seg[i].limit,
               s->seg[i].base);
    }
}
