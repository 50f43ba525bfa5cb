/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's console: its ring, what it printed last, and who looks at it.
 * Pure.
 */
#ifndef DOM0_BACK_VCON_H
#define DOM0_BACK_VCON_H

#include <core/abi/io_console.h>
#include <core/lib/types.h>

#define VCON_SCROLL 16384u      /* Bytes of output kept. */
#define VCON_INPUT 512u         /* Bytes typed and not yet taken. */

/* Who looks: gets the output as it comes. */
typedef void vcon_sink_fn(const char *text, size_t n);

struct vcon {
    struct xencons_interface *ring;
    char scroll[VCON_SCROLL];
    uint64_t scroll_end;        /* Bytes ever printed. */
    char input[VCON_INPUT];
    unsigned int input_len;
    vcon_sink_fn *sink;         /* NULL: nobody. */
    bool is_dead;
};

void vcon_init(struct vcon *c, struct xencons_interface *ring);

/*
 * Takes output and gives input. Returns whether the guest is to be notified;
 * a ring that makes no sense is given up for good, with *why.
 */
bool vcon_run(struct vcon *c, const char **why);

/* Text typed; what there is no room for is dropped. Then vcon_run(). */
void vcon_type(struct vcon *c, const char *text, size_t n);

/* Someone looks: gets the lines last printed first. NULL: nobody. */
void vcon_attach(struct vcon *c, vcon_sink_fn *sink, unsigned int lines);

#endif
