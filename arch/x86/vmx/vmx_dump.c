/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VMCS by name, for the panic, the debug key and a failed entry.
 */
#include <arch/x86/vmx/vmcs.h>
#include <core/console/printk.h>

struct field_name {
    const char *name;
    uint16_t encoding;
    uint8_t size;
};

static const struct field_name fields[] = {
#define VMCS_FIELD(name, type, encoding) { #name, (encoding), sizeof(type) },
#include <arch/x86/vmx/vmcs_fields.def>
#undef VMCS_FIELD
};

void vmcs_dump(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++) {
        const struct field_name *const f = &fields[i];
        uint64_t val;

        if (vmcs_read_safe(f->encoding, &val)) {
            printk(LOG_ERR, "  %-22s %0*lx\n", f->name, f->size * 2, val);
        }
    }
}
