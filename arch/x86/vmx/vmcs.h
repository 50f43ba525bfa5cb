/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VMCS: instructions that handle one, and accessors generated from
 * vmcs_fields.def, each of the width that the field's encoding names.  They
 * act on the VMCS that is current on this CPU.
 *
 * A failing VMREAD or VMWRITE is a field that does not exist or no current
 * VMCS: a bug of ours.
 */
#ifndef ARCH_X86_VMX_VMCS_H
#define ARCH_X86_VMX_VMCS_H

#include <arch/x86/hvm/vcpu_state.h>
#include <arch/x86/hw/vmx_bits.h>
#include <core/kernel/bug.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>
#include <core/lib/util.h>

typedef uint64_t vmcs_natural_t;

/* Bits 14:13 of an encoding: the width of its field. */
#define VMCS_ENC_WIDTH GENMASK64(14, 13)
enum vmcs_width {
    VMCS_WIDTH_16 = 0,
    VMCS_WIDTH_64 = 1,
    VMCS_WIDTH_32 = 2,
    VMCS_WIDTH_NATURAL = 3,
};

static __always_inline uint64_t vmcs_read_raw(uint64_t field)
{
    uint64_t val;

    asm goto volatile("vmread %[field], %[val]\n\t"
                      "jna %l[failed]"
                      : [val] "=r"(val)
                      : [field] "r"(field)
                      : "cc"
                      : failed);
    return val;
failed:
    BUG();
}

/*
 * Neither of them checked, where exits and switches are common: the fields are
 * those of all processors with EPT, and a VMCS is current there.
 */
static __always_inline uint64_t vmcs_read_sure(uint64_t field)
{
    uint64_t val;

    asm volatile("vmread %[field], %[val]"
                 : [val] "=r"(val)
                 : [field] "r"(field)
                 : "cc");
    return val;
}

static __always_inline void vmcs_write_sure(uint64_t field, uint64_t val)
{
    asm volatile("vmwrite %[val], %[field]"
                 :
                 : [val] "r"(val), [field] "r"(field)
                 : "cc");
}

static __always_inline void vmcs_write_raw(uint64_t field, uint64_t val)
{
    asm goto volatile("vmwrite %[val], %[field]\n\t"
                      "jna %l[failed]"
                      :
                      : [val] "r"(val), [field] "r"(field)
                      : "cc"
                      : failed);
    return;
failed:
    BUG();
}

/* True, or false if there is no such field; for the dump. */
bool vmcs_read_safe(uint64_t field, uint64_t *val);

#define VMCS_WIDTH_OF(type)                                                  \
    (sizeof(type) == 2 ? VMCS_WIDTH_16                                       \
                       : sizeof(type) == 4 ? VMCS_WIDTH_32 : VMCS_WIDTH_64)

/* A natural-width field is 64 bits wide here. */
#define VMCS_FIELD(name, type, encoding)                                     \
    static_assert(FIELD_GET(VMCS_ENC_WIDTH, encoding) ==                     \
                          VMCS_WIDTH_OF(type) ||                             \
                      (FIELD_GET(VMCS_ENC_WIDTH, encoding) ==                \
                           VMCS_WIDTH_NATURAL &&                             \
                       sizeof(type) == 8),                                   \
                  #name);                                                    \
    static inline type vmcs_get_##name(void)                                 \
    {                                                                        \
        return (type)vmcs_read_raw(encoding);                                \
    }                                                                        \
    static inline void vmcs_set_##name(type val)                             \
    {                                                                        \
        vmcs_write_raw((encoding), val);                                     \
    }                                                                        \
    static inline type vmcs_fast_get_##name(void)                            \
    {                                                                        \
        return (type)vmcs_read_sure(encoding);                               \
    }                                                                        \
    static inline void vmcs_fast_set_##name(type val)                        \
    {                                                                        \
        vmcs_write_sure((encoding), val);                                    \
    }
#include <arch/x86/vmx/vmcs_fields.def>
#undef VMCS_FIELD

/* Fields of the guest's segments follow each other in the order of SEG_*. */
#define VMCS_GUEST_SEL(seg) (0x0800u + 2u * (seg))
#define VMCS_GUEST_LIMIT(seg) (0x4800u + 2u * (seg))
#define VMCS_GUEST_AR(seg) (0x4814u + 2u * (seg))
#define VMCS_GUEST_BASE(seg) (0x6806u + 2u * (seg))

/* The VMCS at @pa: out of this CPU into memory, or current on this CPU. */
static inline void vmcs_clear(paddr_t pa)
{
    bool ok;

    asm volatile("vmclear %[pa]" : "=@cca"(ok) : [pa] "m"(pa) : "memory");
    BUG_ON(!ok);
}

static inline void vmcs_load(paddr_t pa)
{
    bool ok;

    asm volatile("vmptrld %[pa]" : "=@cca"(ok) : [pa] "m"(pa) : "memory");
    BUG_ON(!ok);
}

/* All ten segment registers of the guest. */
void vmcs_get_segments(struct segment *seg);
void vmcs_set_segments(const struct segment *seg);

/* Print every field by name. */
void vmcs_dump(void);

/*
 * The checks that VM entry makes, SDM volume 3 "VM Entries": 0, or -EINVAL
 * with a line for each that fails.
 */
int __must_check vmcs_audit(void);

#endif /* ARCH_X86_VMX_VMCS_H */
