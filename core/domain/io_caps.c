/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's rights to ports and device memory.
 * Locking: io_caps.h.
 */
#include <core/domain/io_caps.h>

#include <core/arch/arch_domain.h>
#include <core/lib/errno.h>
#include <core/lib/rangeset.h>
#include <core/mm/slab.h>

static struct range *node_alloc(void *ctx)
{
    return xalloc(sizeof(struct range));
}

static void node_free(void *ctx, struct range *r)
{
    xfree(r);
}

static const struct rangeset_ops node_ops = {
    .alloc = node_alloc, .free = node_free,
};

static struct rangeset *set_create(void)
{
    struct rangeset *const set = xzalloc_type(struct rangeset);

    if (set != NULL) {
        rangeset_init(set, &node_ops, NULL);
    }
    return set;
}

static void set_destroy(struct rangeset *set)
{
    if (set != NULL) {
        rangeset_clear(set);
        xfree(set);
    }
}

int io_caps_init(struct domain *d)
{
    if (d->port_ok == NULL) {
        d->port_ok = set_create();
    }
    if (d->mmio_ok == NULL) {
        d->mmio_ok = set_create();
    }
    return d->port_ok != NULL && d->mmio_ok != NULL ? 0 : -ENOMEM;
}

void io_caps_free(struct domain *d)
{
    set_destroy(d->port_ok);
    set_destroy(d->mmio_ok);
    d->port_ok = NULL;
    d->mmio_ok = NULL;
}

bool io_caps_has(const struct rangeset *set, uint64_t first, uint64_t last)
{
    return set != NULL && rangeset_contains(set, first, last);
}

static int set_change(struct rangeset *set, uint64_t first, uint64_t last,
                      bool allow)
{
    return allow ? rangeset_add(set, first, last)
                 : rangeset_remove(set, first, last);
}

int io_caps_set_ports(struct domain *d, const struct domain *from,
                      uint16_t first, uint16_t last, bool allow)
{
    int rc;

    if (d->is_hardware || !io_caps_has(from->port_ok, first, last)) {
        return -EPERM;
    }
    rc = io_caps_init(d);
    if (rc == 0) {
        rc = set_change(d->port_ok, first, last, allow);
    }
    if (rc == 0) {
        arch_domain_update_ports(d);
    }
    return rc;
}

int io_caps_set_mmio(struct domain *d, const struct domain *from,
                     uint64_t first, uint64_t last, bool allow)
{
    int rc;

    if (d->is_hardware || !io_caps_has(from->mmio_ok, first, last)) {
        return -EPERM;
    }
    rc = io_caps_init(d);
    return rc == 0 ? set_change(d->mmio_ok, first, last, allow) : rc;
}
