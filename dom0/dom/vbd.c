/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks of guests: files that came along, which are read only or copied, or
 * empty memory. Chapter: io/blkif.h of the public headers, "Backend XenBus
 * Nodes".
 */
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <dom0/back/vblk.h>
#include <dom0/dom/device.h>
#include <dom0/rt/evtchn.h>
#include <dom0/rt/keep.h>
#include <dom0/rt/mem.h>

#define RAM_PREFIX "ram:"
#define RAM_MAX GIB(1)

struct vbd {
    struct device dev;
    struct vblk blk;
    struct grant_map ring;
    int port;
    struct loop_work work;
    struct config_disk config;
    size_t pages;               /* Of blk.disk.data. */
};

static void vbd_run(struct loop_work *work)
{
    struct vbd *const v = container_of(work, struct vbd, work);
    const char *why;
    const int todo = vblk_run(&v->blk, &why);

    if (todo < 0) {
        device_fail(&v->dev, why);
        return;
    }
    if (todo & VBLK_NOTIFY) {
        evtchn_notify((evtchn_port_t)v->port);
    }
    if (todo & VBLK_MORE) {
        loop_post(work);
    }
}

static void vbd_event(void *ctx)
{
    struct vbd *const v = ctx;

    loop_post(&v->work);
}

static int vbd_announce(struct device *dev)
{
    struct vbd *const v = container_of(dev, struct vbd, dev);
    int rc = 0;

    rc |= device_write(dev, "params", "%s", v->config.target);
    rc |= device_write(dev, "dev", "%s", v->config.vdev);
    rc |= device_write(dev, "mode", "%s",
                       v->config.read_only ? "r" : "w");
    rc |= device_write(dev, "device-type", "disk");
    rc |= device_write(dev, "feature-flush-cache", "1");
    rc |= device_write(dev, "feature-max-indirect-segments", "%u",
                       VBLK_SEGMENTS_MAX);
    rc |= device_write(dev, "sectors", "%lu", v->blk.disk.sectors);
    rc |= device_write(dev, "sector-size", "%u", VBLK_SECTOR);
    rc |= device_write(dev, "physical-sector-size", "%u", VBLK_SECTOR);
    rc |= device_write(dev, "info", "%u",
                       v->config.read_only ? VDISK_READONLY : 0);
    return rc;
}

static void vbd_disconnect(struct device *dev)
{
    struct vbd *const v = container_of(dev, struct vbd, dev);

    loop_cancel(&v->work);
    if (v->port >= 0) {
        evtchn_close((evtchn_port_t)v->port);
        v->port = -1;
    }
    grant_unmap(&v->ring);
}

static int vbd_connect(struct device *dev)
{
    struct vbd *const v = container_of(dev, struct vbd, dev);
    uint64_t ref, port;
    int rc;

    if (device_read_u64(dev, "ring-ref", &ref) != 0 ||
        device_read_u64(dev, "event-channel", &port) != 0) {
        return -EAGAIN;
    }
    rc = grant_map(&v->ring, dev->dom->domid, (grant_ref_t)ref);
    if (rc != 0) {
        return rc;
    }
    ring_init(&v->blk.ring, v->ring.page, sizeof(union blkif_sring_entry));
    v->port = evtchn_bind_interdomain(dev->dom->domid, (evtchn_port_t)port,
                                      vbd_event, v);
    if (v->port < 0) {
        return v->port;
    }
    /* An answer of an earlier life may have come without its event. */
    evtchn_notify((evtchn_port_t)v->port);
    loop_post(&v->work);
    return 0;
}

static void vbd_free(struct device *dev)
{
    struct vbd *const v = container_of(dev, struct vbd, dev);

    if (v->config.read_only) {
        mem_pages_free(v->blk.disk.data, v->pages);
    } else {
        keep_free(v->blk.disk.data, v->pages);
    }
    mem_pages_free(v->blk.indirect, 1);
    mem_free(v);
}

static const struct device_ops vbd_ops = {
    .kind = "vbd",
    .type = "disk",
    .announce = vbd_announce,
    .connect = vbd_connect,
    .disconnect = vbd_disconnect,
    .free = vbd_free,
};

/* A disk that can be written outlives a crash of this domain. */
static void vbd_memory(struct vbd *v, const struct dom *d, const void *file,
                       size_t size)
{
    bool is_old = false;

    v->blk.disk.data = v->config.read_only
        ? mem_pages_alloc(v->pages)
        : dom_keep(d, v->config.vdev, v->pages, &is_old);
    if (v->blk.disk.data != NULL && file != NULL && !is_old) {
        memcpy(v->blk.disk.data, file, size);
    }
}

/* Memory for the disk, with the file in it if there is one. */
static int vbd_open(struct vbd *v, struct dom *d)
{
    const char *const target = v->config.target;
    const void *file = NULL;
    size_t size = 0;
    uint64_t bytes;

    if (str_starts_with(target, RAM_PREFIX)) {
        if (str_to_size(target + strlen(RAM_PREFIX), &bytes, NULL) != 0 ||
            bytes < PAGE_SIZE || bytes > RAM_MAX) {
            dom_say(d, "\"%s\" is no disk: write ram:64M", target);
            return -EINVAL;
        }
        size = bytes;
    } else if (!dom_file(target, &file, &size)) {
        dom_say(d, "there is no file \"%s\": put the disk into dom0's "
                "archive, or write ram:SIZE", target);
        return -ENOENT;
    }
    v->pages = bytes_to_pages(size);
    vbd_memory(v, d, file, size);
    v->blk.indirect = mem_pages_alloc(1);
    if (v->blk.disk.data == NULL || v->blk.indirect == NULL) {
        dom_say(d, "no memory for disk %s: give dom0 %zu MiB more",
                v->config.vdev, (size >> 20) + 1);
        return -ENOMEM;
    }
    v->blk.disk.sectors = size / VBLK_SECTOR;
    v->blk.disk.read_only = v->config.read_only;
    return 0;
}

int vbd_add(struct dom *d, const struct config_disk *disk)
{
    struct vbd *const v = mem_alloc(sizeof(*v));
    int rc;

    if (v == NULL) {
        return -ENOMEM;
    }
    v->config = *disk;
    v->port = -1;
    v->blk.domid = d->domid;
    loop_work_init(&v->work, vbd_run);
    rc = vbd_open(v, d);
    if (rc == 0) {
        rc = device_add(&v->dev, d, &vbd_ops, disk->number, &d->vbds);
    }
    if (rc != 0) {
        vbd_free(&v->dev);
    }
    return rc;
}
