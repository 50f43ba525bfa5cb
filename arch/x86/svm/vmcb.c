/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the VMCB that are not one scalar field.  APM volume 2,
 * appendix "Layout of VMCB".
 */
#include <arch/x86/cpu/identify.h>
#include <arch/x86/svm/vmcb.h>
#include <core/lib/string.h>

/* Of the type of a task state segment. */
#define TSS_BUSY BIT(1)

static const uint16_t segment_offset[SEG_COUNT] = {
#define VMCB_FIELD(name, type, offset, clean_bit)
#define VMCB_SEGMENT(name, index, offset) [index] = (offset),
#include <arch/x86/svm/vmcb_fields.def>
#undef VMCB_FIELD
#undef VMCB_SEGMENT
};

void vmcb_get_segments(const struct vmcb *b, struct segment *seg)
{
    for (unsigned int i = 0; i < SEG_COUNT; i++) {
        memcpy(&seg[i], &b->raw[segment_offset[i]], sizeof(seg[i]));
    }
}

void vmcb_set_segments(struct vmcb *b, const struct segment *seg)
{
    for (unsigned int i = 0; i < SEG_COUNT; i++) {
        struct segment s = seg[i];

        /* QEMU ends when a 32-bit guest that has it leaves user mode. */
        if (i == SEG_TR && cpu_info.is_tcg) {
            s.attr &= (uint16_t)~TSS_BUSY;
        }
        memcpy(&b->raw[segment_offset[i]], &s, sizeof(s));
    }
    vmcb_set_clean(b, vmcb_get_clean(b) &
                      ~(uint32_t)(SVM_CLEAN_SEG | SVM_CLEAN_DT));
}
