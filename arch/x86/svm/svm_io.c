/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The I/O permission map: a set bit makes the port exit.  Domains without
 * ports of their own share one map of all ones.  APM volume 2, "IOIO
 * Intercepts".
 */
#include <arch/x86/svm/svm_priv.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page_alloc.h>

/* Three pages are wanted; the buddy gives four. */
#define IOPM_ORDER 2u

static uint8_t *common_iopm;

static uint8_t *iopm_alloc(void)
{
    uint8_t *const map = xpage_alloc(IOPM_ORDER);

    if (map) {
        memset(map, 0xff, SVM_IOPM_BYTES);
    }
    return map;
}

int svm_io_init(void)
{
    common_iopm = iopm_alloc();
    return common_iopm ? 0 : -ENOMEM;
}

paddr_t svm_iopm_pa(const struct domain *d)
{
    const struct svm_domain *const sd = d->arch->svm;

    return mfn_to_paddr(page_mfn(va_page(sd->iopm ? sd->iopm : common_iopm)));
}

void svm_allow_ports(struct domain *d, uint16_t first, uint16_t last,
                     bool allow)
{
    struct svm_domain *const sd = d->arch->svm;

    if (!sd->iopm) {
        sd->iopm = iopm_alloc();
        if (!sd->iopm) {
            /* All ports go on to exit, where the range set decides. */
            return;
        }
        for (unsigned int i = 0; i < d->max_vcpus; i++) {
            if (d->vcpu[i]) {
                vmcb_set_iopm_base(d->vcpu[i]->arch->svm->vmcb,
                                   svm_iopm_pa(d));
            }
        }
    }
    for (uint32_t port = first; port <= last; port++) {
        const uint8_t bit = (uint8_t)(1u << (port % 8));

        if (allow) {
            sd->iopm[port / 8] &= (uint8_t)~bit;
        } else {
            sd->iopm[port / 8] |= bit;
        }
    }
}

void svm_io_domain_free(struct domain *d)
{
    if (d->arch->svm->iopm) {
        xpage_free(d->arch->svm->iopm, IOPM_ORDER);
    }
}
