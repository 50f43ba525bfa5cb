/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest finds in the store, as xl writes it: names and permissions
 * are those that Linux and its tools look for. Chapter: Xen,
 * "xenstore-paths".
 */
#include <core/lib/errno.h>
#include <core/lib/printf.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <dom0/dom/dom.h>
#include <dom0/rt/keep.h>

#define PATH_MAX 96u
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
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "/local/domain/%u/%s", d->domid, name);
    return xs_write(path, "%s", value);
}

static int dom_store_number(const struct dom *d, const char *name,
                            uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%lu", value);
    return dom_store_put(d, name, text);
}

static int dom_store_fill(const struct dom *d, evtchn_port_t store,
                          evtchn_port_t console)
{
    const struct config_guest *const c = &d->config;
    char name[32];
    int rc = 0;

    rc |= dom_store_put(d, "name", c->name);
    rc |= dom_store_number(d, "domid", d->domid);
    rc |= dom_store_number(d, "memory/target", (uint64_t)c->memory << 10);
    rc |= dom_store_number(d, "memory/static-max", (uint64_t)c->maxmem << 10);
    for (unsigned int i = 0; i < c->maxvcpus; i++) {
        snprintf(name, sizeof(name), "cpu/%u/availability", i);
        rc |= dom_store_put(d, name, i < c->vcpus ? "online" : "offline");
    }
    rc |= dom_store_number(d, "store/ring-ref", STORE_REF);
    rc |= dom_store_number(d, "store/port", store);
    rc |= dom_store_number(d, "console/ring-ref", CONSOLE_REF);
    rc |= dom_store_number(d, "console/port", console);
    rc |= dom_store_put(d, "console/type", "xenconsoled");
    rc |= dom_store_put(d, "control/platform-feature-xs_reset_watches", "1");
    rc |= dom_store_put(d, "device", "");
    return rc;
}

int dom_store_init(const struct dom *d, evtchn_port_t store,
                   evtchn_port_t console)
{
    char path[PATH_MAX];
    char perms[16];
    int rc;

    /* Readable by the guest, and what is made below inherits that. */
    snprintf(path, sizeof(path), "/local/domain/%u", d->domid);
    snprintf(perms, sizeof(perms), "n0r%u", d->domid);
    rc = xs_write(path, "%s", "");
    if (rc == 0) {
        rc = xs_set_perms(path, perms);
    }
    if (rc == 0) {
        rc = dom_store_fill(d, store, console);
    }
    snprintf(perms, sizeof(perms), "n%u", d->domid);
    for (size_t i = 0; i < ARRAY_SIZE(dom_writable) && rc == 0; i++) {
        snprintf(path, sizeof(path), "/local/domain/%u/%s", d->domid,
                 dom_writable[i]);
        rc = xs_write(path, "%s", "");
        if (rc == 0) {
            rc = xs_set_perms(path, perms);
        }
    }
    return rc != 0 ? -ENOMEM : 0;
}

void *dom_keep(const struct dom *d, const char *name, size_t pages,
               bool *is_old)
{
    char path[PATH_MAX];
    uint64_t at;
    void *p;

    snprintf(path, sizeof(path), DOM_STORE_GUEST "/%s", d->domid, name);
    *is_old = d->is_revived && xs_read_u64(path, &at) == 0 &&
              keep_adopt((void *)at, pages);
    if (*is_old) {
        return (void *)at;
    }
    p = keep_alloc(pages);
    if (p != NULL && xs_write(path, "%lu", (uint64_t)p) != 0) {
        keep_free(p, pages);
        p = NULL;
    }
    return p;
}

int dom_store_made(const struct dom *d)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), DOM_STORE_GUEST, d->domid);
    return xs_write(path, "%lu", d->started);
}

bool dom_store_is_made(domid_t domid)
{
    char path[PATH_MAX];
    uint64_t started;

    snprintf(path, sizeof(path), DOM_STORE_GUEST, domid);
    return xs_read_u64(path, &started) == 0;
}

void dom_store_remove(domid_t domid)
{
    static const char *const node[] = {
        "/local/domain/%u", "/local/domain/0/backend/vbd/%u",
        "/local/domain/0/backend/vif/%u", DOM_STORE_GUEST,
    };
    char path[PATH_MAX];

    for (size_t i = 0; i < ARRAY_SIZE(node); i++) {
        snprintf(path, sizeof(path), node[i], domid);
        xs_remove(path);
    }
}
