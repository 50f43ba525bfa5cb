/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's device and the conversation about it in the store: what xenbus
 * calls the back end. The guest's half is below its home, this domain's
 * below /local/domain/0/backend.
 */
#ifndef DOM0_DOM_DEVICE_H
#define DOM0_DOM_DEVICE_H

#include <dom0/dom/dom.h>

struct device;

struct device_ops {
    const char *kind;           /* "vbd", "vif". */
    const char *type;           /* The front end's device-type, or NULL. */
    const char *ring[LINK_PAGES];   /* Keys of the pages it grants. */
    /* What the guest is to know before it connects. 0, or an error. */
    int (*announce)(struct device *dev);
    /* The link is open; and undo it, harmless if it was not done. */
    void (*connect)(struct device *dev);
    void (*disconnect)(struct device *dev);
    /* Serves the rings: LINK_NOTIFY, LINK_MORE; or they end, with *why. */
    int (*serve)(struct device *dev, const char **why);
    void (*free)(struct device *dev);
};

struct device {
    struct list_head link;
    struct dom *dom;
    const struct device_ops *ops;
    uint32_t id;
    enum xenbus_state state;
    struct link rings;
    bool is_connected;
    unsigned int failures;      /* After DEVICE_FAILURES it stays closed. */
};

#define DEVICE_FAILURES 3u

/* Makes it known to the guest. The device is the caller's to free if not 0. */
int __must_check device_add(struct device *dev, struct dom *d,
                            const struct device_ops *ops, uint32_t id,
                            struct list_head *list);

/* Disconnects and frees. */
void device_remove(struct device *dev);

/* To be served soon, if it is connected. */
void device_wake(struct device *dev);

/* Nodes of this domain's half and of the guest's. */
int __must_check device_write(const struct device *dev, const char *key,
                              const char *value);
int __must_check device_read_u64(const struct device *dev, const char *key,
                                 uint64_t *value);
int __must_check device_read(const struct device *dev, const char *key,
                             char *value, size_t size);

/* --- vbd.c, vif.c: devices of a configuration. 0, or an error. --- */

int __must_check vbd_add(struct dom *d, const struct config_disk *disk);
int __must_check vif_add(struct dom *d, const struct config_vif *vif,
                         unsigned int index);

#endif
