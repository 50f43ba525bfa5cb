/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks of guests: disks of the machine, copies of files that came along, or
 * empty memory. Chapter: io/blkif.h of the public headers, "Backend XenBus
 * Nodes".
 */
#include <dom0/back/vblk.h>
#include <dom0/dom/device.h>
#include <dom0/rt/rt.h>

#define RAM_PREFIX "ram:"
#define RAM_MAX GIB(1)
#define DISK_PREFIX "/dev/"
#define BUFFERS_PAGES (VBLK_DEPTH * DISK_BYTES_MAX / PAGE_SIZE)

struct vbd {
    struct device dev;
    struct vblk blk;
    struct config_disk config;
    struct disk ram; /* If it is no disk of the machine. */
    char *memory;    /* The disk in memory, or buffers. */
    size_t pages;    /* Of memory. */
    bool is_gone;    /* To be freed when no request is left. */
};

static int vbd_serve(struct device *dev, const char **why)
{
    return vblk_run(&container_of(dev, struct vbd, dev)->blk, why);
}

static void vbd_release(struct vbd *v)
{
    if (v->blk.count == 0) {
        if (v->ram.sectors != 0 && !v->config.read_only) {
            keep_free(v->memory, v->pages);
        } else {
            mem_pages_free(v->memory, v->pages);
        }
        mem_free(v);
    }
}

static void vbd_wake(struct vblk *blk)
{
    struct vbd *const v = container_of(blk, struct vbd, blk);

    if (v->is_gone) {
        vbd_release(v);
    } else {
        device_wake(&v->dev);
    }
}

static int vbd_announce(struct device *dev)
{
    struct vbd *const v = container_of(dev, struct vbd, dev);
    int rc = 0;

    rc |= device_write(dev, "params", v->config.target);
    rc |= device_write(dev, "dev", v->config.vdev);
    rc |= device_write(dev, "mode", v->config.read_only ? "r" : "w");
    rc |= device_write(dev, "device-type", "disk");
    rc |= device_write(dev, "feature-flush-cache", "1");
    rc |= device_write(dev, "feature-max-indirect-segments",
                       TEXT("%u", VBLK_SEGMENTS_MAX));
    rc |= device_write(dev, "sectors", TEXT("%lu", v->blk.disk->sectors));
    rc |= device_write(dev, "sector-size", TEXT("%u", DISK_SECTOR));
    rc |= device_write(dev, "physical-sector-size",
                       TEXT("%u", DISK_SECTOR));
    rc |= device_write(dev, "info",
                       TEXT("%u", v->config.read_only ? VDISK_READONLY : 0));
    return rc;
}

static void vbd_connect(struct device *dev)
{
    struct vbd *const v = container_of(dev, struct vbd, dev);
    char protocol[sizeof(XEN_IO_PROTO_ABI_X86_32)];
    const bool is_32 =
        device_read(dev, "protocol", protocol, sizeof(protocol)) > 0 &&
        strcmp(protocol, XEN_IO_PROTO_ABI_X86_32) == 0;

    ring_init(&v->blk.ring, dev->rings.page[0].page,
              is_32 ? VBLK_ENTRY_32 : VBLK_ENTRY);
}

static void vbd_disconnect(struct device *dev)
{
    vblk_forget(&container_of(dev, struct vbd, dev)->blk);
}

static void vbd_free(struct device *dev)
{
    struct vbd *const v = container_of(dev, struct vbd, dev);

    if (v->blk.disk != NULL) {
        v->blk.disk->guests += v->config.read_only ? -1 : 1;
    }
    v->is_gone = true;
    vbd_release(v);
}

static const struct device_ops vbd_ops = {
    .kind = "vbd",
    .type = "disk",
    .ring = { "ring-ref" },
    .announce = vbd_announce,
    .connect = vbd_connect,
    .disconnect = vbd_disconnect,
    .serve = vbd_serve,
    .free = vbd_free,
};

/* A disk is one guest's that writes, or that of many that read. */
static int vbd_open_disk(struct vbd *v, struct dom *d)
{
    struct disk *const disk = disk_find(v->config.target + strlen(DISK_PREFIX));

    if (disk == NULL || (disk->is_read_only && !v->config.read_only)) {
        dom_say(d, "there is no disk \"%s\", or it is read only: "
                "\"block-list\" shows all", v->config.target);
        return -ENOENT;
    }
    if (disk->guests < 0 || (disk->guests > 0 && !v->config.read_only)) {
        dom_say(d, "another guest has disk \"%s\"", v->config.target);
        return -EBUSY;
    }
    v->blk.disk = disk;
    return 0;
}

static int vbd_open_memory(struct vbd *v, struct dom *d, const void **file,
                           size_t *size)
{
    const char *const target = v->config.target;
    uint64_t bytes;

    if (!str_starts_with(target, RAM_PREFIX)) {
        if (!dom_file(target, file, size)) {
            dom_say(d, "there is no file \"%s\": put the disk into dom0's "
                    "archive, or write ram:SIZE", target);
            return -ENOENT;
        }
    } else if (str_to_size(target + strlen(RAM_PREFIX), &bytes, NULL) != 0 ||
               bytes < PAGE_SIZE || bytes > RAM_MAX) {
        dom_say(d, "\"%s\" is no disk: write ram:64M, at most ram:1G",
                target);
        return -EINVAL;
    } else {
        *size = bytes;
    }
    v->pages = bytes_to_pages(*size);
    v->ram.sectors = *size / DISK_SECTOR;
    v->blk.disk = &v->ram;
    return 0;
}

static int vbd_open(struct vbd *v, struct dom *d)
{
    const void *file = NULL;
    bool is_old = false;
    size_t size = 0;
    int rc;

    v->pages = BUFFERS_PAGES;
    rc = str_starts_with(v->config.target, DISK_PREFIX)
        ? vbd_open_disk(v, d) : vbd_open_memory(v, d, &file, &size);
    if (rc != 0) {
        return rc;
    }
    v->blk.disk->guests += v->config.read_only ? 1 : -1;
    /* What can be written outlives a crash of this domain. */
    v->memory = v->blk.disk == &v->ram && !v->config.read_only
        ? dom_keep(d, v->config.vdev, v->pages, &is_old)
        : mem_pages_alloc(v->pages);
    if (v->memory == NULL) {
        dom_say(d, "no memory for disk %s: give dom0 %zu MiB more",
                v->config.vdev, (v->pages >> 8) + 1);
        return -ENOMEM;
    }
    if (v->blk.disk == &v->ram) {
        v->ram.memory = v->memory;
    }
    if (file != NULL && !is_old) {
        memcpy(v->memory, file, size);
    }
    for (unsigned int i = 0; i < VBLK_DEPTH; i++) {
        v->blk.io[i].disk.data = v->memory + i * DISK_BYTES_MAX;
    }
    v->blk.read_only = v->config.read_only;
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
    v->blk.domid = d->domid;
    v->blk.wake = vbd_wake;
    rc = vbd_open(v, d) ?:
         device_add(&v->dev, d, &vbd_ops, disk->number, &d->vbds);
    if (rc != 0) {
        vbd_free(&v->dev);
    }
    return rc;
}
