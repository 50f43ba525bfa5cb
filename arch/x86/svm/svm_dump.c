/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VMCB by name, for the panic, the debug key and a failed entry.
 */
#include <arch/x86/svm/vmcb.h>
#include <core/console/printk.h>

struct field_name {
    const char *name;
    uint16_t offset;
    uint8_t size;
    bool is_segment;
};

static const struct field_name fields[] = {
#define VMCB_FIELD(name, type, offset, clean_bit)                            \
    { #name, (offset), sizeof(type), false },
#define VMCB_SEGMENT(name, index, offset) { #name, (offset), 16, true },
#include <arch/x86/svm/vmcb_fields.def>
#undef VMCB_FIELD
#undef VMCB_SEGMENT
};

static uint64_t field_value(const struct vmcb *b, const struct field_name *f)
{
    const uint8_t *const p = &b->raw[f->offset];

    switch (f->size) {
    case 1: return *p;
    case 2: return *(const uint16_t *)p;
    case 4: return *(const uint32_t *)p;
    default: return *(const uint64_t *)p;
    }
}

void vmcb_dump(const struct vmcb *b)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++) {
        const struct field_name *const f = &fields[i];

        if (f->is_segment) {
            const struct segment *const s =
                (const struct segment *)&b->raw[f->offset];

            printk(LOG_ERR, "  %-16s sel %04x attr %04x limit %08x base %016lx\n",
                   f->name, s->sel, s->attr, s->limit, s->base);
        } else {
            printk(LOG_ERR, "  %-16s %0*lx\n", f->name, f->size * 2,
                   field_value(b, f));
        }
    }
}
