/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network cards of guests, each on the switch of a card of the machine.
 * Chapter: io/netif.h of the public headers.
 */
#include <core/lib/errno.h>
#include <core/lib/printf.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <dom0/back/vnet.h>
#include <dom0/dom/device.h>
#include <dom0/drv/nic.h>
#include <dom0/rt/evtchn.h>
#include <dom0/rt/mem.h>

struct vif {
    struct device dev;
    struct vnet net;
    struct grant_map tx, rx;
    int port;
    struct loop_work work;
    uint8_t mac[CONFIG_MAC_LEN];
};

static void vif_run(struct loop_work *work)
{
    struct vif *const v = container_of(work, struct vif, work);
    const char *why;
    const int todo = vnet_run(&v->net, &why);

    if (todo < 0) {
        device_fail(&v->dev, why);
        return;
    }
    if (todo & VNET_NOTIFY) {
        evtchn_notify((evtchn_port_t)v->port);
    }
    if (todo & VNET_MORE) {
        loop_post(work);
    }
}

static void vif_event(void *ctx)
{
    struct vif *const v = ctx;

    loop_post(&v->work);
}

static void vif_wake(struct vnet *net)
{
    loop_post(&container_of(net, struct vif, net)->work);
}

static int vif_announce(struct device *dev)
{
    const struct vif *const v = container_of(dev, struct vif, dev);
    char mac[CONFIG_MAC_LEN * 3];
    char path[64];
    int rc = 0;

    for (unsigned int i = 0; i < CONFIG_MAC_LEN; i++) {
        snprintf(mac + i * 3, 4, i + 1 < CONFIG_MAC_LEN ? "%02x:" : "%02x",
                 v->mac[i]);
    }
    rc |= device_write(dev, "handle", "%u", dev->id);
    rc |= device_write(dev, "mac", "%s", mac);
    rc |= device_write(dev, "bridge", "switch");
    rc |= device_write(dev, "feature-sg", "1");
    rc |= device_write(dev, "feature-gso-tcpv4", "1");
    rc |= device_write(dev, "feature-rx-copy", "1");
    snprintf(path, sizeof(path), "/local/domain/%u/device/vif/%u/mac",
             dev->dom->domid, dev->id);
    rc |= xs_write(path, "%s", mac);
    return rc;
}

static void vif_disconnect(struct device *dev)
{
    struct vif *const v = container_of(dev, struct vif, dev);

    loop_cancel(&v->work);
    vnet_disconnect(&v->net);
    if (v->port >= 0) {
        evtchn_close((evtchn_port_t)v->port);
        v->port = -1;
    }
    grant_unmap(&v->tx);
    grant_unmap(&v->rx);
}

static bool vif_has(const struct device *dev, const char *feature)
{
    uint64_t value;

    return device_read_u64(dev, feature, &value) == 0 && value != 0;
}

static int vif_connect(struct device *dev)
{
    struct vif *const v = container_of(dev, struct vif, dev);
    uint64_t tx, rx, port;
    int rc;

    if (device_read_u64(dev, "tx-ring-ref", &tx) != 0 ||
        device_read_u64(dev, "rx-ring-ref", &rx) != 0 ||
        device_read_u64(dev, "event-channel", &port) != 0) {
        return -EAGAIN;
    }
    rc = grant_map(&v->tx, dev->dom->domid, (grant_ref_t)tx);
    if (rc == 0) {
        rc = grant_map(&v->rx, dev->dom->domid, (grant_ref_t)rx);
    }
    if (rc != 0) {
        return rc;
    }
    v->net.has_sg = vif_has(dev, "feature-sg");
    v->net.has_gso_tcp4 = vif_has(dev, "feature-gso-tcpv4");
    v->net.has_csum = !vif_has(dev, "feature-no-csum-offload");
    v->port = evtchn_bind_interdomain(dev->dom->domid, (evtchn_port_t)port,
                                      vif_event, v);
    vnet_connect(&v->net, v->tx.page, v->rx.page);
    if (v->port < 0) {
        return v->port;
    }
    evtchn_notify((evtchn_port_t)v->port);
    loop_post(&v->work);
    return 0;
}

static void vif_free(struct device *dev)
{
    struct vif *const v = container_of(dev, struct vif, dev);

    if (v->net.port.index != 0) {
        net_switch_remove(v->net.net, &v->net.port);
    }
    mem_free(v);
}

static const struct device_ops vif_ops = {
    .kind = "vif",
    .announce = vif_announce,
    .connect = vif_connect,
    .disconnect = vif_disconnect,
    .free = vif_free,
};

/* Xen's prefix, then what is the guest's own. */
static void vif_choose_mac(struct vif *v, const struct dom *d,
                           unsigned int index)
{
    const uint8_t mac[CONFIG_MAC_LEN] = {
        0x00, 0x16, 0x3e, (uint8_t)(d->domid >> 8), (uint8_t)d->domid,
        (uint8_t)index,
    };

    memcpy(v->mac, mac, sizeof(mac));
}

int vif_add(struct dom *d, const struct config_vif *vif, unsigned int index)
{
    static const uint8_t none[CONFIG_MAC_LEN];
    struct vif *const v = mem_alloc(sizeof(*v));
    int rc;

    if (v == NULL) {
        return -ENOMEM;
    }
    v->port = -1;
    memcpy(v->mac, vif->mac, sizeof(v->mac));
    if (memcmp(v->mac, none, sizeof(none)) == 0) {
        vif_choose_mac(v, d, index);
    }
    loop_work_init(&v->work, vif_run);
    vnet_init(&v->net, d->domid, nic_switch(vif->bridge), vif_wake);
    rc = net_switch_add(v->net.net, &v->net.port);
    if (rc == 0) {
        rc = device_add(&v->dev, d, &vif_ops, index, &d->vifs);
    }
    if (rc != 0) {
        vif_free(&v->dev);
    }
    return rc;
}
