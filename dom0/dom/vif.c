/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network cards of guests, each on the switch of a card of the machine.
 * Chapter: io/netif.h of the public headers.
 */
#include <dom0/back/vnet.h>
#include <dom0/dom/device.h>
#include <dom0/drv/nic.h>
#include <dom0/rt/rt.h>

struct vif {
    struct device dev;
    struct vnet net;
    uint8_t mac[CONFIG_MAC_LEN];
};

static int vif_serve(struct device *dev, const char **why)
{
    return vnet_run(&container_of(dev, struct vif, dev)->net, why);
}

static int vif_announce(struct device *dev)
{
    const struct vif *const v = container_of(dev, struct vif, dev);
    const struct text mac = text_make("%02x:%02x:%02x:%02x:%02x:%02x",
                                      v->mac[0], v->mac[1], v->mac[2],
                                      v->mac[3], v->mac[4], v->mac[5]);
    int rc = 0;

    rc |= device_write(dev, "handle", TEXT("%u", dev->id));
    rc |= device_write(dev, "mac", mac.chars);
    rc |= device_write(dev, "bridge", "switch");
    rc |= device_write(dev, "feature-sg", "1");
    rc |= device_write(dev, "feature-gso-tcpv4", "1");
    rc |= device_write(dev, "feature-rx-copy", "1");
    rc |= xs_write(TEXT("/local/domain/%u/device/vif/%u/mac",
                           dev->dom->domid, dev->id), mac.chars);
    return rc;
}

static void vif_disconnect(struct device *dev)
{
    vnet_disconnect(&container_of(dev, struct vif, dev)->net);
}

static bool vif_has(const struct device *dev, const char *feature)
{
    uint64_t value;

    return device_read_u64(dev, feature, &value) == 0 && value != 0;
}

static void vif_connect(struct device *dev)
{
    struct vif *const v = container_of(dev, struct vif, dev);

    v->net.has_sg = vif_has(dev, "feature-sg");
    v->net.has_gso_tcp4 = vif_has(dev, "feature-gso-tcpv4");
    v->net.has_csum = !vif_has(dev, "feature-no-csum-offload");
    vnet_connect(&v->net, dev->rings.page[0].page, dev->rings.page[1].page);
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
    .ring = { "tx-ring-ref", "rx-ring-ref" },
    .announce = vif_announce,
    .connect = vif_connect,
    .disconnect = vif_disconnect,
    .serve = vif_serve,
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
    memcpy(v->mac, vif->mac, sizeof(v->mac));
    if (memcmp(v->mac, none, sizeof(none)) == 0) {
        vif_choose_mac(v, d, index);
    }
    vnet_init(&v->net, d->domid, nic_switch(vif->bridge),
              &v->dev.rings.work);
    rc = net_switch_add(v->net.net, &v->net.port) ?:
         device_add(&v->dev, d, &vif_ops, index, &d->vifs);
    if (rc != 0) {
        vif_free(&v->dev);
    }
    return rc;
}
