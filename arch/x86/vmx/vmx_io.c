/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The I/O bitmaps: a set bit makes the port exit.  Two pages in a row, the
 * ports below 0x8000 and the others.  Domains without ports of their own share
 * one map of all ones.  SDM volume 3, "I/O-Bitmap Addresses".
 */
#include <arch/x86/vmx/vmx_priv.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page_alloc.h>

#define IO_BITMAP_ORDER 1u
#define IO_BITMAP_BYTES (PAGE_SIZE << IO_BITMAP_ORDER)

static uint8_t *common_bitmap;

static uint8_t *io_bitmap_alloc(void)
{
    uint8_t *const map = xpage_alloc(IO_BITMAP_ORDER);

    if (map) {
        memset(map, 0xff, IO_BITMAP_BYTES);
    }
    return map;
}

int vmx_io_init(void)
{
    common_bitmap = io_bitmap_alloc();
    return common_bitmap ? 0 : -ENOMEM;
}

paddr_t vmx_io_bitmap_pa(const struct domain *d)
{
    const struct vmx_domain *const vd = d->arch->vmx;

    return mfn_to_paddr(
        page_mfn(va_page(vd->io_bitmap ? vd->io_bitmap : common_bitmap)));
}

void vmx_allow_ports(struct domain *d, uint16_t first, uint16_t last,
                     bool allow)
{
    struct vmx_domain *const vd = d->arch->vmx;

    if (!vd->io_bitmap) {
        vd->io_bitmap = io_bitmap_alloc();
        if (!vd->io_bitmap) {
            /* All ports go on to exit, where the range set decides. */
            return;
        }
        for (unsigned int i = 0; i < d->max_vcpus; i++) {
            if (d->vcpu[i]) {
                d->vcpu[i]->arch->vmx->want.io_bitmap = vmx_io_bitmap_pa(d);
                d->vcpu[i]->arch->vmx->due |= VMX_DUE_WORDS;
            }
        }
    }
    for (uint32_t port = first; port <= last; port++) {
        const uint8_t bit = (uint8_t)(1u << (port % 8));

        if (allow) {
            vd->io_bitmap[port / 8] &= (uint8_t)~bit;
        } else {
            vd->io_bitmap[port / 8] |= bit;
        }
    }
}

void vmx_io_domain_free(struct domain *d)
{
    if (d->arch->vmx->io_bitmap) {
        xpage_free(d->arch->vmx->io_bitmap, IO_BITMAP_ORDER);
    }
}
