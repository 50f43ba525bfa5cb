/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guests that this control domain runs: made from a configuration, with
 * console, store and devices, until they end.
 */
#ifndef DOM0_DOM_DOM_H
#define DOM0_DOM_DOM_H

#include <core/abi/domctl.h>
#include <dom0/back/vcon.h>
#include <dom0/cfg/config.h>
#include <dom0/rt/link.h>
#include <dom0/rt/text.h>
#include <dom0/xs/xs.h>

#define DOM_UUID_LEN 16u
/* What this domain notes about a guest for its own next life. */
#define DOM_STORE_GUEST "/local/domain/0/guest/%u"

struct builder_domain;

struct dom {
    struct list_head link;
    domid_t domid;
    struct config_guest config;
    uint8_t uuid[DOM_UUID_LEN];
    nsec_t started;

    struct link store_link, console_link;
    struct xs_conn *xs;
    struct xs_input *xs_input;
    struct vcon console;
    bool is_preserved;          /* It ended, and was told to stay. */
    bool is_made;               /* Till then the configuration is wrong. */
    bool is_revived;            /* Made by an earlier life of this domain. */
    struct list_head vbds;
    struct list_head vifs;
};

extern struct list_head dom_list;

#define for_each_dom(d) list_for_each_entry(d, &dom_list, link)

/* Starts the store and listens for domains that end. */
void dom_init(void);

/* 0, or a negative error after a line on the console. */
int dom_create(const struct config_guest *config, bool is_paused);
void dom_destroy(struct dom *d);

/* NULL: none. By name, or by number in digits. */
struct dom *dom_find(const char *name);
struct dom *dom_by_id(domid_t domid);

/* What the hypervisor says of domains, of max at most, whose numbers are first
 * or more; how many there are, or an error. */
long __must_check dom_list_info(domid_t first,
                                struct xen_domctl_getdomaininfo *info,
                                unsigned int max);

/* Asks the guest to "poweroff", "reboot". -EINVAL if it does not listen. */
int __must_check dom_shutdown(struct dom *d, const char *how);

/* Gives what was typed to the guest's console. */
void dom_console_type(struct dom *d, const char *text, size_t n);

/* Where a vCPU may run; cmd: XEN_DOMCTL_getvcpuaffinity or _set. */
#define DOM_CPUS_MAX 256u
long __must_check dom_affinity(unsigned int cmd, domid_t domid,
                               unsigned int vcpu, uint64_t *map);

/*
 * Weight and cap, read or set by cmd,
 * XEN_DOMCTL_SCHEDOP_getinfo or _putinfo. 0, or an error: the scheduler may
 * have neither.
 */
int __must_check dom_sched(domid_t domid, unsigned int cmd,
                           uint16_t *weight, uint16_t *cap);

/* Who uses the console sets these, before there are guests. */
extern struct dom_hooks {
    void (*gone)(struct dom *d);    /* It went. */
    void (*said)(void);             /* A line of dom_say() was printed. */
} dom_hooks;

/* A line for the console that begins with the guest's name. */
void dom_say(const struct dom *d, const char *fmt, ...) __printf_like(2, 3);

/* --- dom_revive.c --- */

/* Takes up the guests of the life before, see keep.h. */
void dom_revive(const struct config *c);

/* What it needs of dom.c: one on the list; NULL, after a line: no memory. */
struct dom *dom_new(const struct config_guest *config, domid_t domid);
int __must_check dom_connect(struct dom *d, const struct builder_domain *b);
int __must_check dom_devices(struct dom *d);

/* Looks soon whether one has ended. */
void dom_look(void);

/* --- dom_store.c --- */

/* Writes what a guest finds in the store. 0, -ENOMEM. */
int __must_check dom_store_init(const struct dom *d, evtchn_port_t store,
                                evtchn_port_t console);
void dom_store_remove(domid_t domid);

/*
 * Memory of the guest's that is kept, under a name: what an earlier life had
 * there, or new and cleared. NULL: no memory.
 */
void *dom_keep(const struct dom *d, const char *name, size_t pages,
               bool *is_old);

/* Notes that it is made and connected, for a next life; and asks. */
int __must_check dom_store_made(const struct dom *d);
bool dom_store_is_made(domid_t domid);

/* --- files that came along --- */

/* Finds the file by its name; false: none. */
bool dom_file(const char *name, const void **data, size_t *size);

#endif
