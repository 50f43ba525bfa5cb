/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest finds in the store, as xl writes it: names and permissions
 * are those that Linux and its tools look for. Chapter: Xen,
 * "xenstore-paths".
 */
#include <dom0/dom/dom.h>
#include <dom0/rt/rt.h>

#define CONSOLE_REF 0u
#define STORE_REF 1u

/* Below the guest's home: nodes the guest may write. */
static const char *const dom_writable[] = {
    "control/shutdown", "control/feature-poweroff", "control/feature-reboot",
    "control/feature-suspend", "control/sysrq", "data", "drivers", "feature",
    "attr", "error", "device/suspend/event-channel",
};

static int dom_store_put(const struct dom *d, const char *name,
                         const char *value)
{
    return xs_write(TEXT("/local/domain/%u/%s", d->domid, name), value);
}

static int dom_store_fill(const struct dom *d, evtchn_port_t store,
                          evtchn_port_t console)
{
    const struct config_guest *const c = &d->config;
    int rc = 0;

    rc |= dom_store_put(d, "name", c->name);
    rc |= dom_store_put(d, "domid", TEXT("%u", d->domid));
    rc |= dom_store_put(d, "memory/target",
                        TEXT("%lu", (uint64_t)c->memory << 10));
    rc |= dom_store_put(d, "memory/static-max",
                        TEXT("%lu", (uint64_t)c->maxmem << 10));
    for (unsigned int i = 0; i < c->maxvcpus; i++) {
        rc |= dom_store_put(d, TEXT("cpu/%u/availability", i),
                            i < c->vcpus ? "online" : "offline");
    }
    rc |= dom_store_put(d, "store/ring-ref", TEXT("%u", STORE_REF));
    rc |= dom_store_put(d, "store/port", TEXT("%u", store));
    rc |= dom_store_put(d, "console/ring-ref", TEXT("%u", CONSOLE_REF));
    rc |= dom_store_put(d, "console/port", TEXT("%u", console));
    rc |= dom_store_put(d, "console/type", "xenconsoled");
    rc |= dom_store_put(d, "control/platform-feature-xs_reset_watches", "1");
    rc |= dom_store_put(d, "device", "");
    return rc;
}

int dom_store_init(const struct dom *d, evtchn_port_t store,
                   evtchn_port_t console)
{
    /* Readable by the guest, and what is made below inherits that. */
    int rc = xs_make(TEXT("/local/domain/%u", d->domid), 0, d->domid) ?:
             dom_store_fill(d, store, console);

    for (size_t i = 0; i < ARRAY_SIZE(dom_writable) && rc == 0; i++) {
        rc = xs_make(TEXT("/local/domain/%u/%s", d->domid,
                             dom_writable[i]), d->domid, d->domid);
    }
    return rc != 0 ? -ENOMEM : 0;
}

void *dom_keep(const struct dom *d, const char *name, size_t pages,
               bool *is_old)
{
    const struct text path =
        text_make(DOM_STORE_GUEST "/%s", d->domid, name);
    uint64_t at;
    void *p;

    *is_old = d->is_revived && xs_read_u64(path.chars, &at) == 0 &&
              keep_adopt((void *)at, pages);
    if (*is_old) {
        return (void *)at;
    }
    p = keep_alloc(pages);
    if (p != NULL && xs_write(path.chars, TEXT("%lu", (uint64_t)p)) != 0) {
        keep_free(p, pages);
        p = NULL;
    }
    return p;
}

int dom_store_made(const struct dom *d)
{
    return xs_write(TEXT(DOM_STORE_GUEST, d->domid),
                    TEXT("%lu", d->started));
}

bool dom_store_is_made(domid_t domid)
{
    uint64_t started;

    return xs_read_u64(TEXT(DOM_STORE_GUEST, domid), &started) == 0;
}

void dom_store_remove(domid_t domid)
{
    xs_remove(TEXT("/local/domain/%u", domid));
    xs_remove(TEXT("/local/domain/0/backend/vbd/%u", domid));
    xs_remove(TEXT("/local/domain/0/backend/vif/%u", domid));
    xs_remove(TEXT(DOM_STORE_GUEST, domid));
}
