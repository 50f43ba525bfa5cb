/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * After a crash: the guests that live get their store, consoles and devices
 * back, without knowing. Their rings are in their memory and their half of
 * each event channel waits for this domain; the store says where.
 */
#include <dom0/builder/builder.h>
#include <dom0/dom/dom.h>
#include <dom0/rt/rt.h>

static evtchn_port_t revive_port(domid_t domid, uint32_t index)
{
    struct xen_hvm_param p = { .domid = domid, .index = index };

    return hypercall_hvm(HVMOP_get_param, &p) == 0
        ? (evtchn_port_t)p.value : 0;
}

static const struct config_guest *revive_config(const struct config *c,
                                                domid_t domid)
{
    char name[CONFIG_NAME_MAX];

    if (xs_read(TEXT("/local/domain/%u/name", domid), name,
                sizeof(name)) < 0) {
        return NULL;
    }
    for (unsigned int i = 0; i < c->count; i++) {
        if (strcmp(c->guest[i]->name, name) == 0) {
            return c->guest[i];
        }
    }
    return NULL;
}

static void revive_one(const struct config *c,
                       const struct xen_domctl_getdomaininfo *info)
{
    const struct builder_domain b = {
        .domid = info->domain,
        .store_port = revive_port(info->domain, HVM_PARAM_STORE_EVTCHN),
        .console_port = revive_port(info->domain, HVM_PARAM_CONSOLE_EVTCHN),
    };
    const struct config_guest *const g = revive_config(c, b.domid);
    struct dom *const d = g != NULL ? dom_new(g, b.domid) : NULL;
    int rc;

    if (d == NULL) {
        con_printf("dom0: domain %u lives, but is not known any more: only "
                   "\"destroy %u\" is left for it\n", b.domid, b.domid);
        return;
    }
    memcpy(d->uuid, info->handle, sizeof(d->uuid));
    d->is_revived = d->is_made = true;
    rc = dom_connect(d, &b);
    if (rc == 0) {
        xs_conn_revive(d->xs, keep_lives());
        rc = dom_devices(d);
        link_served(&d->store_link, LINK_NOTIFY);
        link_served(&d->console_link, LINK_NOTIFY);
    }
    if (rc != 0) {
        dom_say(d, "it cannot be connected again (error %d)", rc);
    } else {
        con_printf("dom0: guest \"%s\" goes on\n", g->name);
    }
}

void dom_revive(const struct config *c)
{
    void *const log = keep_store();
    struct xen_domctl_getdomaininfo info = { .domain = 0 };

    con_printf("dom0: life %u\n", keep_lives() + 1);
    if (!xs_revive(log, false)) {
        con_printf("dom0: the store is lost: guests live on without it\n");
    }
    for (domid_t at = 1; dom_list_info(at, &info, 1) > 0;
         at = info.domain + 1u) {
        if ((info.flags & XEN_DOMINF_dying) ||
            !dom_store_is_made(info.domain)) {
            con_printf("dom0: domain %u was half made or half gone, and is "
                       "ended\n", info.domain);
            dom_store_remove(info.domain);
            builder_destroy(info.domain);
        } else {
            revive_one(c, &info);
        }
    }
    (void)!xs_revive(log, true);
    xs_log_publish();
    keep_settle();
    dom_look();
}
