/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VMCS as a whole, and the fields that are not one scalar.  SDM volume 3,
 * "Software Use of the VMCS and Related Structures", "Guest Register State".
 */
#include <arch/x86/vmx/vmcs.h>

#define ATTR_LOW GENMASK64(7, 0)
#define ATTR_HIGH GENMASK64(11, 8)
#define ATTR_ACCESSED BIT(0)
#define LIMIT_BYTES GENMASK64(11, 0)
#define LIMIT_NO_BYTES GENMASK64(31, 20)
#define TABLE_LIMIT_MAX 0xffffu

bool vmcs_read_safe(uint64_t field, uint64_t *val)
{
    uint64_t got = 0;
    bool ok;

    asm volatile("vmread %[field], %[got]"
                 : "=@cca"(ok), [got] "+r"(got)
                 : [field] "r"(field));
    *val = got;
    return ok;
}

static uint16_t attr_of(uint32_t ar)
{
    uint64_t attr = FIELD_PREP(ATTR_LOW, field_get(VMX_AR_LOW, ar)) |
                    FIELD_PREP(ATTR_HIGH, field_get(VMX_AR_HIGH, ar));

    if (ar & VMX_AR_UNUSABLE) {
        attr &= ~SEG_ATTR_P;
    }
    return (uint16_t)attr;
}

/*
 * Entry wants what loading the register would have made: the accessed bit,
 * and a granularity that fits the limit.
 */
static uint32_t ar_of(const struct segment *s)
{
    uint64_t attr = s->attr;

    if (!(attr & SEG_ATTR_P)) {
        return (uint32_t)(VMX_AR_UNUSABLE | (attr & SEG_ATTR_DPL));
    }
    if (attr & SEG_ATTR_S) {
        attr |= ATTR_ACCESSED;
    }
    if (s->limit & LIMIT_NO_BYTES) {
        attr |= SEG_ATTR_G;
    } else if ((s->limit & LIMIT_BYTES) != LIMIT_BYTES) {
        attr &= ~SEG_ATTR_G;
    }
    return (uint32_t)(FIELD_PREP(VMX_AR_LOW, field_get(ATTR_LOW, attr)) |
                      FIELD_PREP(VMX_AR_HIGH, field_get(ATTR_HIGH, attr)));
}

void vmcs_get_segments(struct segment *seg)
{
    for (unsigned int i = 0; i < SEG_COUNT; i++) {
        seg[i].limit = (uint32_t)vmcs_read_raw(VMCS_GUEST_LIMIT(i));
        seg[i].base = vmcs_read_raw(VMCS_GUEST_BASE(i));
        if (i >= SEG_GDTR) {
            seg[i].sel = 0;
            seg[i].attr = 0;
        } else {
            seg[i].sel = (uint16_t)vmcs_read_raw(VMCS_GUEST_SEL(i));
            seg[i].attr = attr_of((uint32_t)vmcs_read_raw(VMCS_GUEST_AR(i)));
        }
    }
}

void vmcs_set_segments(const struct segment *seg)
{
    for (unsigned int i = 0; i < SEG_COUNT; i++) {
        vmcs_write_sure(VMCS_GUEST_BASE(i), seg[i].base);
        if (i >= SEG_GDTR) {
            vmcs_write_sure(VMCS_GUEST_LIMIT(i),
                            seg[i].limit & TABLE_LIMIT_MAX);
            continue;
        }
        const uint32_t ar = ar_of(&seg[i]);
        uint32_t limit = seg[i].limit;

        if (limit & LIMIT_NO_BYTES) {
            limit |= (uint32_t)LIMIT_BYTES;
        }
        vmcs_write_sure(VMCS_GUEST_SEL(i), seg[i].sel);
        vmcs_write_sure(VMCS_GUEST_LIMIT(i), limit);
        vmcs_write_sure(VMCS_GUEST_AR(i), ar);
    }
}
