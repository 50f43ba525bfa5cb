/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conversation about devices: a state machine that follows the guest's
 * state. Chapter: Xen, "xenbus" states, io/xenbus.h of the public headers.
 */
#include <stdarg.h>

#include <core/lib/errno.h>
#include <core/lib/printf.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <dom0/dom/device.h>

#define PATH_MAX 96u
#define PERMS_MAX 24u

static void device_front_path(const struct device *dev, const char *key,
                              char *path)
{
    snprintf(path, PATH_MAX, "/local/domain/%u/device/%s/%u%s%s",
             dev->dom->domid, dev->ops->kind, dev->id, *key ? "/" : "", key);
}

static void device_back_path(const struct device *dev, const char *key,
                             char *path)
{
    snprintf(path, PATH_MAX, "/local/domain/0/backend/%s/%u/%u%s%s",
             dev->ops->kind, dev->dom->domid, dev->id, *key ? "/" : "", key);
}

int device_write(const struct device *dev, const char *key, const char *fmt,
                 ...)
{
    char path[PATH_MAX];
    char value[200];
    va_list args;

    va_start(args, fmt);
    vsnprintf(value, sizeof(value), fmt, args);
    va_end(args);
    device_back_path(dev, key, path);
    return xs_write(path, "%s", value);
}

int device_read_u64(const struct device *dev, const char *key,
                    uint64_t *value)
{
    char path[PATH_MAX];

    device_front_path(dev, key, path);
    return xs_read_u64(path, value);
}

static int device_front_write(const struct device *dev, const char *key,
                              const char *value)
{
    char path[PATH_MAX];

    device_front_path(dev, key, path);
    return xs_write(path, "%s", value);
}

static void device_set_state(struct device *dev, enum device_state state)
{
    if (dev->state != state) {
        dev->state = state;
        if (device_write(dev, "state", "%u", state) != 0) {
            dom_say(dev->dom, "no memory for the store");
        }
    }
}

static void device_disconnect(struct device *dev)
{
    if (dev->is_connected) {
        dev->is_connected = false;
        dev->ops->disconnect(dev);
    }
}

void device_fail(struct device *dev, const char *why)
{
    dom_say(dev->dom, "%s %u is cut off: %s", dev->ops->kind, dev->id, why);
    dev->failures++;
    device_disconnect(dev);
    device_set_state(dev, DEVICE_CLOSING);
}

static void device_connect(struct device *dev)
{
    int rc;

    if (dev->is_connected || dev->state == DEVICE_CLOSING) {
        return;
    }
    rc = dev->ops->connect(dev);
    if (rc == -EAGAIN) {
        return;                 /* The guest has not written everything. */
    }
    dev->is_connected = true;
    if (rc != 0) {
        device_fail(dev, "its ring or event channel is not to be had");
        return;
    }
    device_set_state(dev, DEVICE_CONNECTED);
}

static void device_follow(void *ctx, const char *path)
{
    struct device *const dev = ctx;
    uint64_t state;

    if (device_read_u64(dev, "state", &state) != 0 ||
        dev->failures >= DEVICE_FAILURES) {
        return;
    }
    switch (state) {
    case DEVICE_INITIALISING:
        device_disconnect(dev);
        device_set_state(dev, DEVICE_INIT_WAIT);
        break;
    case DEVICE_INITIALISED:
    case DEVICE_CONNECTED:
        device_connect(dev);
        break;
    case DEVICE_CLOSING:
        device_disconnect(dev);
        device_set_state(dev, DEVICE_CLOSING);
        break;
    case DEVICE_CLOSED:
        device_disconnect(dev);
        device_set_state(dev, DEVICE_CLOSED);
        break;
    default:
        break;
    }
}

/* Both halves, each with the permissions that the other side needs. */
static int device_nodes(struct device *dev)
{
    char front[PATH_MAX], back[PATH_MAX], perms[PERMS_MAX], id[12];
    int rc;

    device_front_path(dev, "", front);
    device_back_path(dev, "", back);
    snprintf(id, sizeof(id), "%u", dev->id);
    rc = xs_write(front, "%s", "");
    snprintf(perms, sizeof(perms), "n%ur0", dev->dom->domid);
    rc |= xs_set_perms(front, perms);
    rc |= xs_write(back, "%s", "");
    snprintf(perms, sizeof(perms), "n0r%u", dev->dom->domid);
    rc |= xs_set_perms(back, perms);
    rc |= device_write(dev, "frontend", "%s", front);
    rc |= device_write(dev, "frontend-id", "%u", dev->dom->domid);
    rc |= device_write(dev, "online", "1");
    rc |= dev->ops->announce(dev);
    rc |= device_write(dev, "state", "%u", dev->state);
    rc |= device_front_write(dev, "backend", back);
    rc |= device_front_write(dev, "backend-id", "0");
    rc |= device_front_write(dev, "handle", id);
    if (dev->ops->type != NULL) {
        rc |= device_front_write(dev, "virtual-device", id);
        rc |= device_front_write(dev, "device-type", dev->ops->type);
    }
    rc |= device_front_write(dev, "state", "1");
    return rc != 0 ? -ENOMEM : 0;
}

int device_add(struct device *dev, struct dom *d,
               const struct device_ops *ops, uint32_t id,
               struct list_head *list)
{
    char path[PATH_MAX];
    uint64_t state;
    int rc;

    dev->dom = d;
    dev->ops = ops;
    dev->id = id;
    dev->state = DEVICE_INIT_WAIT;
    device_back_path(dev, "state", path);
    if (d->is_revived && xs_read_u64(path, &state) == 0) {
        dev->state = (enum device_state)state;
        rc = 0;
    } else {
        rc = device_nodes(dev);
    }
    if (rc == 0) {
        device_front_path(dev, "state", path);
        rc = xs_watch(path, device_follow, dev);
    }
    if (rc == 0) {
        list_add_tail(&dev->link, list);
    }
    return rc;
}

void device_remove(struct device *dev)
{
    char path[PATH_MAX];

    device_front_path(dev, "state", path);
    xs_unwatch(path, device_follow, dev);
    device_disconnect(dev);
    list_del(&dev->link);
    dev->ops->free(dev);
}
