/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of a vCPU: there and back, and streams from an enemy.  The
 * hardware keeps nothing here: what is pushed is what is in the state.
 * Links: core arch/x86/hvm/hvm_save.c arch/x86/hvm/hvm_save_cpu.c
 * Links: arch/x86/hvm/hvm_save_misc.c arch/x86/hvm/hvm_stream.c
 * Links: arch/x86/hvm/cr.c arch/x86/hvm/msr_policy.c
 * Links: arch/x86/hvm/vcpu_state.c arch/x86/vdev/vlapic_save.c
 * Links: arch/x86/vdev/vlapic_regs.c arch/x86/vdev/vlapic_timer.c
 * Links: tests/unit/fake_hvm.c
 */
#include <string.h>

#include <arch/x86/hvm/hvm_save.h>
#include <arch/x86/hw/apic_regs.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/arch/arch_save.h>
#include <core/domain/vcpu.h>
#include <core/lib/errno.h>
#include <tests/unit/fake_hvm.h>
#include <tests/unit/unit.h>

static uint8_t first[65536];
static uint8_t second[65536];

static struct hvm_save_descriptor *find(uint8_t *stream, unsigned int type,
                                        unsigned int instance)
{
    for (;;) {
        struct hvm_save_descriptor *const d = (void *)stream;

        if (d->typecode == type && d->instance == instance) {
            return d;
        }
        if (d->typecode == 0) {
            return NULL;
        }
        stream += sizeof(*d) + d->length;
    }
}

#define BODY(stream, type, n)                                             \
    ((void *)(find((stream), HVM_SAVE_CODE(type), (n)) + 1))

/* Something in each register that long mode allows. */
static void fill(struct vcpu *v)
{
    struct vcpu_state *const s = &v->arch->s;

    for (unsigned int i = 0; i < GPR_COUNT; i++) {
        s->gpr[i] = 0x1111 * (i + 1) + v->id;
    }
    s->rip = 0xffffffff81001234;
    s->rflags = 0x246;
    s->cr0 = CR0_PE | CR0_PG | CR0_ET | CR0_WP;
    s->cr2 = 0xdeadbeef000;
    s->cr3 = 0x1234000;
    s->cr4 = CR4_PAE | CR4_PGE;
    s->efer = EFER_LME | EFER_LMA | EFER_SCE | EFER_NXE;
    for (unsigned int i = SEG_ES; i <= SEG_GS; i++) {
        s->seg[i] = (struct segment){ 0x18, 0xc93, 0xffffffff, 0 };
    }
    s->seg[SEG_CS] = (struct segment){ 0x10, 0xa9b, 0xffffffff, 0 };
    s->seg[SEG_GS].base = 0xffff888000000000;
    s->seg[SEG_TR] = (struct segment){ 0x40, 0x8b, 0x206f, 0xfffffe00 };
    s->seg[SEG_LDTR] = (struct segment){ 0, 0, 0, 0 };
    s->seg[SEG_GDTR] = (struct segment){ .limit = 127, .base = 0xfffffe1000 };
    s->seg[SEG_IDTR] = (struct segment){ .limit = 4095, .base = 0xfffffe0 };
    s->is_64bit = true;
    s->dr[0] = 0x1000;
    s->dr6 = DR6_BASE;
    s->dr7 = DR7_BASE | 1;
    s->star = 0x23001000000000;
    s->lstar = 0xffffffff81c00000;
    s->sfmask = 0x47700;
    s->kernel_gs = 0x7f0000000000;
    s->sysenter_cs = 0x10;
    s->pat = 0x0407050600070106;
    v->arch->tsc_aux = 1 + v->id;
    v->arch->mtrr_def = 0xc06;
    v->arch->mtrr_fixed[3] = 0x0606060606060606;
}

static size_t save(uint8_t *to)
{
    memset(to, 0xa5, sizeof(first));
    return arch_save(&fake_hvm_d, to);
}

TEST(there_and_back)
{
    struct vcpu_state before;
    size_t n;

    fake_hvm_init(2);
    vcpu_up(fake_hvm_v(0));
    fill(fake_hvm_v(0));
    before = fake_hvm_v(0)->arch->s;
    n = save(first);
    CHECK(n <= arch_save_size(&fake_hvm_d));
    CHECK(find(first, HVM_SAVE_CODE(CPU), 0));
    CHECK(!find(first, HVM_SAVE_CODE(CPU), 1));
    CHECK(find(first, HVM_SAVE_CODE(MTRR), 1));

    fake_hvm_init(2);
    CHECK_EQ(arch_load(&fake_hvm_d, first, n), 0);
    CHECK(!vcpu_is_down(fake_hvm_v(0)));
    CHECK(fake_hvm_v(0)->initialised);
    CHECK(vcpu_is_down(fake_hvm_v(1)));
    before.valid = fake_hvm_v(0)->arch->s.valid;
    before.dirty = before.valid | (uint32_t)HVM_APIC_BASE;
    CHECK(memcmp(&fake_hvm_v(0)->arch->s, &before, sizeof(before)) == 0);
    CHECK_EQ(fake_hvm_v(0)->arch->mtrr_def, 0xc06);
    CHECK_EQ(save(second), n);
    /* All but the time, which goes on. */
    ((struct hvm_hw_cpu *)BODY(first, CPU, 0))->tsc = 0;
    ((struct hvm_hw_cpu *)BODY(second, CPU, 0))->tsc = 0;
    CHECK(memcmp(first, second, n) == 0);
}

TEST(counters_keep_their_distance)
{
    size_t n;

    fake_hvm_init(2);
    for (unsigned int i = 0; i < 2; i++) {
        vcpu_up(fake_hvm_v(i));
        fill(fake_hvm_v(i));
    }
    fake_hvm_v(0)->arch->tsc_offset = 1000;
    fake_hvm_v(1)->arch->tsc_offset = 1500;
    n = save(first);
    fake_hvm_init(2);
    CHECK_EQ(arch_load(&fake_hvm_d, first, n), 0);
    CHECK_EQ(fake_hvm_v(1)->arch->tsc_offset -
                 fake_hvm_v(0)->arch->tsc_offset, 500);
}

TEST(pending_event)
{
    struct hvm_hw_cpu *r;
    size_t n;

    fake_hvm_init(1);
    vcpu_up(fake_hvm_v(0));
    fill(fake_hvm_v(0));
    fake_hvm_v(0)->arch->event = (struct hvm_event){
        .type = HVM_EVENT_EXCEPTION, .vector = 14, .has_error = true,
        .error = 3,
    };
    n = save(first);
    r = BODY(first, CPU, 0);
    CHECK_EQ(r->pending_event, 0x80000b0e);
    CHECK_EQ(r->error_code, 3);
    fake_hvm_init(1);
    CHECK_EQ(arch_load(&fake_hvm_d, first, n), 0);
    CHECK_EQ(fake_hvm_v(0)->arch->event.type, HVM_EVENT_EXCEPTION);
    CHECK_EQ(fake_hvm_v(0)->arch->event.error, 3);

    r->pending_event = 0x80000100; /* Of a type that there is not */
    CHECK_EQ(arch_load(&fake_hvm_d, first, n), -EINVAL);
    r->pending_event = 0x80000b0e;
    r->error_code = 0x10000;
    CHECK_EQ(arch_load(&fake_hvm_d, first, n), -EINVAL);
}

TEST(bad_values_change_nothing)
{
    static const struct {
        size_t offset;
        uint64_t value;
    } rows[] = {
#define ROW(field, value) { offsetof(struct hvm_hw_cpu, field), (value) }
        ROW(cr0, CR0_PG | CR0_ET),       ROW(cr0, CR0_PE),
        ROW(cr0, UINT64_C(1) << 32 | CR0_PE | CR0_ET),
        ROW(cr4, CR4_VMXE | CR4_PAE),    ROW(cr4, 0),
        ROW(msr_efer, EFER_SVME | EFER_LMA | EFER_LME),
        ROW(msr_efer, EFER_LME),         ROW(cr3, UINT64_C(1) << 52),
        ROW(msr_lstar, UINT64_C(1) << 60),
        ROW(msr_cstar, UINT64_C(1) << 47),
        ROW(shadow_gs, UINT64_C(0x8000) << 32),
        ROW(sysenter_eip, UINT64_C(1) << 62),
        ROW(msr_syscall_mask, UINT64_C(1) << 32),
        ROW(msr_tsc_aux, UINT64_C(1) << 32),
        ROW(dr6, UINT64_C(1) << 32),     ROW(dr7, UINT64_C(1) << 63),
        ROW(flags, 2),
#undef ROW
    };
    struct vcpu_state before;
    size_t n;

    fake_hvm_init(1);
    vcpu_up(fake_hvm_v(0));
    fill(fake_hvm_v(0));
    n = save(first);
    before = fake_hvm_v(0)->arch->s;
    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memcpy(second, first, n);
        memcpy((uint8_t *)BODY(second, CPU, 0) + rows[i].offset,
               &rows[i].value, sizeof(uint64_t));
        CHECK_EQ(arch_load(&fake_hvm_d, second, n), -EINVAL);
        CHECK(!vcpu_is_down(fake_hvm_v(0)));
        CHECK(memcmp(&before, &fake_hvm_v(0)->arch->s, sizeof(before)) == 0);
    }
}

TEST(malformed_streams)
{
    struct hvm_save_descriptor *d;
    size_t n;

    fake_hvm_init(1);
    vcpu_up(fake_hvm_v(0));
    fill(fake_hvm_v(0));
    n = save(first);
    for (size_t cut = 0; cut < n; cut += 4) {
        const int rc = arch_load(&fake_hvm_d, first, cut);

        CHECK(rc == -ENODATA || rc == -EINVAL);
    }
    memcpy(second, first, n);
    second[8] ^= 1; /* Magic */
    CHECK_EQ(arch_load(&fake_hvm_d, second, n), -EINVAL);
    memcpy(second, first, n);
    d = find(second, HVM_SAVE_CODE(MTRR), 0);
    d->instance = 1;
    CHECK_EQ(arch_load(&fake_hvm_d, second, n), -EINVAL);
    d->instance = 0;
    d->typecode = 3;
    CHECK_EQ(arch_load(&fake_hvm_d, second, n), -EINVAL);
    d->typecode = HVM_SAVE_CODE(MTRR);
    d->length -= 8;
    CHECK_EQ(arch_load(&fake_hvm_d, second, n), -EINVAL);
    d->length = 0xfffffff8;
    CHECK_EQ(arch_load(&fake_hvm_d, second, n), -EINVAL);
}

TEST(one_record)
{
    size_t n;

    fake_hvm_init(2);
    vcpu_up(fake_hvm_v(0));
    CHECK_EQ(arch_save_one(&fake_hvm_d, HVM_SAVE_CODE(CPU), 0, first, &n), 0);
    CHECK_EQ(n, sizeof(struct hvm_hw_cpu));
    CHECK_EQ(arch_save_one(&fake_hvm_d, HVM_SAVE_CODE(CPU), 1, first, &n),
             -ENODATA);
    CHECK_EQ(arch_save_one(&fake_hvm_d, HVM_SAVE_CODE(CPU), 2, first, &n),
             -ENOENT);
    CHECK_EQ(arch_save_one(&fake_hvm_d, HVM_SAVE_CODE(HEADER), 0, first, &n),
             -EINVAL);
    CHECK_EQ(arch_save_one(&fake_hvm_d, ~0u, 0, first, &n), -EINVAL);
}

/* A page of noise leaves an APIC whose words and registers agree. */
TEST(hostile_apic_page)
{
    struct vcpu *const v = fake_hvm_v(1);
    uint64_t page[128];

    unit_seed(3);
    for (unsigned int n = 0; n < 2000; n++) {
        const struct vlapic *const l = &v->arch->vlapic;

        fake_hvm_init(2);
        for (unsigned int i = 0; i < 128; i++) {
            page[i] = unit_random();
        }
        vlapic_page_load(v, page, sizeof(page));
        CHECK_EQ(*(uint32_t *)(l->regs + APIC_IRR) & 0xffff, 0);
        CHECK_EQ(*(uint32_t *)(l->regs + APIC_ID), 2u << APIC_ID_SHIFT);
        CHECK_EQ(*(uint32_t *)(l->regs + APIC_VERSION), 0x50014);
        CHECK(l->isrv == -1 || l->isrv >= 16);
        CHECK((l->isr_words >> ((unsigned int)l->isrv / 32)) == 1 ||
              l->isrv == -1);
    }
}

/* Noise in a sound frame: accepted or not, the state must stay loadable. */
TEST(noise)
{
    size_t n;

    fake_hvm_init(2);
    vcpu_up(fake_hvm_v(0));
    fill(fake_hvm_v(0));
    n = save(first);
    unit_seed(11);
    for (unsigned int i = 0; i < 20000; i++) {
        memcpy(second, first, n);
        for (unsigned int j = 0; j < 1 + i % 8; j++) {
            second[unit_random() % n] = (uint8_t)unit_random();
        }
        if (arch_load(&fake_hvm_d, second, n) == 0) {
            const struct vcpu_state *const s = &fake_hvm_v(0)->arch->s;

            CHECK(((s->dr6 | s->dr7 | s->sfmask) >> 32) == 0);
            CHECK(hvm_is_canonical(s->lstar) &&
                  hvm_is_canonical(s->kernel_gs));
        }
    }
}
