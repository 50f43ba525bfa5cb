/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VMCB and its accessors, generated from vmcb_fields.def: a setter
 * clears the clean bit that its field belongs to, so that forgetting one is
 * impossible.  A setter that would not change the field does nothing.
 *
 * Locking: the CPU whose current the vCPU is, or anyone while it is unloaded.
 */
#ifndef ARCH_X86_SVM_VMCB_H
#define ARCH_X86_SVM_VMCB_H

#include <arch/x86/hvm/vcpu_state.h>
#include <arch/x86/hw/svm_bits.h>
#include <core/lib/types.h>
#include <core/lib/util.h>

#define VMCB_INSN_BYTES 0x0d1u

struct vmcb {
    uint8_t raw[PAGE_SIZE];
};

#define VMCB_FIELD(name, type, offset, clean_bit)                            \
    static_assert((offset) % sizeof(type) == 0, #name);                      \
    static inline type vmcb_get_##name(const struct vmcb *b)                 \
    {                                                                        \
        return *(const type *)&b->raw[offset];                               \
    }                                                                        \
    static inline void vmcb_set_##name(struct vmcb *b, type val)             \
    {                                                                        \
        type *const field = (type *)&b->raw[offset];                         \
                                                                             \
        if ((clean_bit) == SVM_CLEAN_NONE) {                                 \
            *field = val;                                                    \
        } else if (*field != val) {                                          \
            *field = val;                                                    \
            *(uint32_t *)&b->raw[0x0c0] &= ~(uint32_t)(clean_bit);           \
        }                                                                    \
    }
#define VMCB_SEGMENT(name, index, offset)
#include <arch/x86/svm/vmcb_fields.def>
#undef VMCB_FIELD
#undef VMCB_SEGMENT

/* The VMCB's form of a segment is the one of struct segment. */
static_assert(sizeof(struct segment) == 16, "segment");
static_assert(offsetof(struct segment, attr) == 2, "segment");
static_assert(offsetof(struct segment, limit) == 4, "segment");
static_assert(offsetof(struct segment, base) == 8, "segment");

/* All ten segment registers, between the VMCB and @seg[SEG_COUNT]. */
void vmcb_get_segments(const struct vmcb *b, struct segment *seg);
void vmcb_set_segments(struct vmcb *b, const struct segment *seg);

/* Print every field by name. */
void vmcb_dump(const struct vmcb *b);

/*
 * The consistency checks of VMRUN, APM volume 2 "Canonicalization and
 * Consistency Checks": 0, or -EINVAL with a line for each that fails.
 */
int __must_check vmcb_audit(const struct vmcb *b, uint32_t max_asid);

#endif /* ARCH_X86_SVM_VMCB_H */
