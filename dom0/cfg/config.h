/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration of guests: one file with the syntax and the keys of
 * xl.cfg, in which each "name" begins another guest. Pure.
 */
#ifndef DOM0_CFG_CONFIG_H
#define DOM0_CFG_CONFIG_H

#include <core/lib/types.h>

#define CONFIG_FILE "guests.cfg"
#define CONFIG_NAME_MAX 64u
#define CONFIG_FILE_MAX 128u
#define CONFIG_CMDLINE_MAX 1024u
#define CONFIG_CPUS_MAX 64u
#define CONFIG_DISKS_MAX 8u
#define CONFIG_VIFS_MAX 4u
#define CONFIG_GUESTS_MAX 32u
#define CONFIG_MAC_LEN 6u
#define CONFIG_WEIGHT 256u      /* cpu_weight, if nothing is said. */

enum config_action {
    CONFIG_DESTROY,
    CONFIG_RESTART,
    CONFIG_PRESERVE,
};

struct config_disk {
    char target[CONFIG_FILE_MAX];   /* /dev/DISK, ram:SIZE, or a file      */
    char vdev[16];                  /* xvda, sdb1, hdc ...                 */
    uint32_t number;                /* The vdev's, of Linux's device name  */
    bool read_only;
};

struct config_vif {
    uint8_t mac[CONFIG_MAC_LEN];    /* Zero: choose one                    */
    char bridge[16];                /* The card to the outside; "": any    */
};

struct config_guest {
    char name[CONFIG_NAME_MAX];
    char kernel[CONFIG_FILE_MAX];
    char ramdisk[CONFIG_FILE_MAX];
    char cmdline[CONFIG_CMDLINE_MAX];   /* root= and extra are joined in   */
    char extra[CONFIG_CMDLINE_MAX];
    char root[CONFIG_FILE_MAX];
    char cpus[CONFIG_CPUS_MAX];         /* As config_cpus() reads it       */
    uint32_t memory;                    /* MiB                             */
    uint32_t maxmem;                    /* MiB                             */
    uint32_t vcpus;
    uint32_t maxvcpus;
    uint32_t cpu_weight;
    uint32_t cap;                       /* Per cent of a CPU; 0: no limit  */
    uint32_t autostart;                 /* 0: waits for "create"           */
    enum config_action on_poweroff;
    enum config_action on_reboot;
    enum config_action on_crash;
    struct config_disk disk[CONFIG_DISKS_MAX];
    unsigned int disk_count;
    struct config_vif vif[CONFIG_VIFS_MAX];
    unsigned int vif_count;
    unsigned int line;                  /* Of its name, from 1             */
    bool is_bad;                        /* Something of it was reported    */
};

struct config {
    struct config_guest *guest[CONFIG_GUESTS_MAX];
    unsigned int count;
};

/* One finding: "file:line: what: what to do". */
typedef void config_report_fn(void *ctx, const char *text);

/*
 * Reads size bytes of text; file is its name in reports. All that is wrong
 * is reported, and the guest it belongs to is marked bad; the others are
 * good. Returns the number of findings. c is to be freed whatever it is.
 */
unsigned int config_parse(struct config *c, const char *file,
                          const char *text, size_t size,
                          config_report_fn *report, void *ctx);
void config_free(struct config *c);

/*
 * A list of CPUs as xl has it, "all", "0-3,5,^2", to a bitmap of nbits.
 * 0; -EINVAL: no such list; -ERANGE: a CPU that is not there.
 */
int __must_check config_cpus(const char *text, uint64_t *map,
                             unsigned int nbits);

/* "00:16:3e:00:00:01" to bytes. 0, -EINVAL. */
int __must_check config_mac(const char *text, uint8_t *mac);

/* A name such as xvda1 to the number in xenstore. 0, -EINVAL. */
int __must_check config_vdev(const char *name, uint32_t *number);

#endif
