/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conversation about devices: a state machine that follows the guest's
 * state. Chapter: Xen, "xenbus" states, io/xenbus.h of the public headers.
 */
#include <dom0/dom/device.h>
#include <dom0/rt/rt.h>

static struct text device_front(const struct device *dev, const char *key)
{
    return text_make("/local/domain/%u/device/%s/%u%s%s", dev->dom->domid,
                   dev->ops->kind, dev->id, *key ? "/" : "", key);
}

static struct text device_back(const struct device *dev, const char *key)
{
    return text_make("/local/domain/0/backend/%s/%u/%u%s%s", dev->ops->kind,
                   dev->dom->domid, dev->id, *key ? "/" : "", key);
}

int device_write(const struct device *dev, const char *key,
                 const char *value)
{
    return xs_write(device_back(dev, key).chars, value);
}

int device_read_u64(const struct device *dev, const char *key,
                    uint64_t *value)
{
    return xs_read_u64(device_front(dev, key).chars, value);
}

int device_read(const struct device *dev, const char *key, char *value,
                size_t size)
{
    return xs_read(device_front(dev, key).chars, value, size);
}

static int device_front_write(const struct device *dev, const char *key,
                              const char *value)
{
    return xs_write(device_front(dev, key).chars, value);
}

static void device_set_state(struct device *dev, enum xenbus_state state)
{
    if (dev->state != state) {
        dev->state = state;
        if (device_write(dev, "state", TEXT("%u", state)) != 0) {
            dom_say(dev->dom, "no memory for the store");
        }
    }
}

static void device_disconnect(struct device *dev)
{
    if (dev->is_connected) {
        dev->is_connected = false;
        dev->ops->disconnect(dev);
        link_close(&dev->rings);
    }
}

/* A line about a guest's device that is given up, and closing it. */
static void device_fail(struct device *dev, const char *why)
{
    dom_say(dev->dom, "%s %u is cut off: %s", dev->ops->kind, dev->id, why);
    dev->failures++;
    device_disconnect(dev);
    device_set_state(dev, XenbusStateClosing);
}

static void device_serve(struct loop_work *work)
{
    struct device *const dev = container_of(work, struct device, rings.work);
    const char *why = NULL;
    const int todo = dev->ops->serve(dev, &why);

    if (todo < 0) {
        device_fail(dev, why);
    } else {
        link_served(&dev->rings, (unsigned int)todo);
    }
}

void device_wake(struct device *dev)
{
    if (dev->is_connected) {
        loop_post(&dev->rings.work);
    }
}

/* Nothing happens before the guest has written everything. */
static void device_connect(struct device *dev)
{
    uint64_t ref[LINK_PAGES], port;
    unsigned int n = 0;

    if (dev->is_connected || dev->state == XenbusStateClosing) {
        return;
    }
    for (; n < LINK_PAGES && dev->ops->ring[n] != NULL; n++) {
        if (device_read_u64(dev, dev->ops->ring[n], &ref[n]) != 0) {
            return;
        }
    }
    if (device_read_u64(dev, "event-channel", &port) != 0) {
        return;
    }
    dev->is_connected = true;
    if (link_open(&dev->rings, dev->dom->domid, ref, n,
                  (evtchn_port_t)port) != 0) {
        device_fail(dev, "its ring or event channel is not to be had");
        return;
    }
    dev->ops->connect(dev);
    /* An answer of an earlier life may have come without its event. */
    link_served(&dev->rings, LINK_NOTIFY | LINK_MORE);
    device_set_state(dev, XenbusStateConnected);
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
    case XenbusStateInitialising:
        device_disconnect(dev);
        device_set_state(dev, XenbusStateInitWait);
        break;
    case XenbusStateInitialised:
    case XenbusStateConnected:
        device_connect(dev);
        break;
    case XenbusStateClosing:
        device_disconnect(dev);
        device_set_state(dev, XenbusStateClosing);
        break;
    case XenbusStateClosed:
        device_disconnect(dev);
        device_set_state(dev, XenbusStateClosed);
        break;
    default:
        break;
    }
}

/* Both halves, each with the permissions that the other side needs. */
static int device_nodes(struct device *dev)
{
    const struct text front = device_front(dev, "");
    const struct text back = device_back(dev, "");
    const domid_t domid = dev->dom->domid;
    const struct text id = text_make("%u", dev->id);
    int rc = xs_make(front.chars, domid, 0);

    rc |= xs_make(back.chars, 0, domid);
    rc |= device_write(dev, "frontend", front.chars);
    rc |= device_write(dev, "frontend-id", TEXT("%u", domid));
    rc |= device_write(dev, "online", "1");
    rc |= dev->ops->announce(dev);
    rc |= device_write(dev, "state", TEXT("%u", dev->state));
    rc |= device_front_write(dev, "backend", back.chars);
    rc |= device_front_write(dev, "backend-id", "0");
    rc |= device_front_write(dev, "handle", id.chars);
    if (dev->ops->type != NULL) {
        rc |= device_front_write(dev, "virtual-device", id.chars);
        rc |= device_front_write(dev, "device-type", dev->ops->type);
    }
    rc |= device_front_write(dev, "state", "1");
    return rc != 0 ? -ENOMEM : 0;
}

int device_add(struct device *dev, struct dom *d,
               const struct device_ops *ops, uint32_t id,
               struct list_head *list)
{
    uint64_t state;
    int rc = 0;

    dev->dom = d;
    dev->ops = ops;
    dev->id = id;
    dev->state = XenbusStateInitWait;
    link_init(&dev->rings, device_serve);
    if (d->is_revived &&
        xs_read_u64(device_back(dev, "state").chars, &state) == 0) {
        dev->state = (enum xenbus_state)state;
    } else {
        rc = device_nodes(dev);
    }
    rc = rc ?: xs_watch(device_front(dev, "state").chars, device_follow, dev);
    if (rc == 0) {
        list_add_tail(&dev->link, list);
    }
    return rc;
}

void device_remove(struct device *dev)
{
    xs_unwatch(device_front(dev, "state").chars, device_follow, dev);
    device_disconnect(dev);
    list_del(&dev->link);
    dev->ops->free(dev);
}
