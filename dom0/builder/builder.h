/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a PVH domain out of a kernel's file, an initrd and a configuration,
 * up to the point where it can run.
 */
#ifndef DOM0_BUILDER_BUILDER_H
#define DOM0_BUILDER_BUILDER_H

#include <core/abi/event_channel.h>
#include <core/lib/types.h>

struct builder_guest {
    const void *kernel;         /* Its file: ELF or bzImage.               */
    size_t kernel_size;
    const void *initrd;         /* NULL: none.                             */
    size_t initrd_size;
    const char *cmdline;
    uint32_t memory;            /* MiB.                                    */
    uint32_t maxmem;            /* MiB.                                    */
    uint32_t vcpus;             /* That exist.                             */
    uint8_t handle[16];         /* Its UUID.                               */
};

struct builder_domain {
    domid_t domid;
    evtchn_port_t store_port;   /* In the guest.                           */
    evtchn_port_t console_port;
};

/* Once, when nothing but evtchn_init() has used the window. */
void builder_init(void);

/*
 * Makes the domain; it is paused. 0, or a negative error with *why, what was
 * made is gone then.
 */
int __must_check builder_create(const struct builder_guest *g,
                                struct builder_domain *d, const char **why);

/* Ends a domain and gives back its memory. */
void builder_destroy(domid_t domid);

#endif
