/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's console. The guest may write anything into the ring at any time:
 * an index is read once and checked. Chapter: io/console.h of the public
 * headers.
 */
#include <dom0/back/vcon.h>
#include <dom0/rt/rt.h>

void vcon_init(struct vcon *c, struct xencons_interface *ring)
{
    memset(c, 0, sizeof(*c));
    c->ring = ring;
}

static void vcon_keep(struct vcon *c, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        c->scroll[c->scroll_end++ % VCON_SCROLL] = text[i];
    }
    if (c->sink != NULL && n != 0) {
        c->sink(text, n);
    }
}

/* false: the indices make no sense. */
static bool vcon_take(struct vcon *c, bool *moved)
{
    struct xencons_interface *const ring = c->ring;
    uint32_t cons = READ_ONCE(ring->out_cons);
    const uint32_t prod = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);

    if (prod - cons > sizeof(ring->out)) {
        return false;
    }
    while (cons != prod) {
        const size_t at = MASK_XENCONS_IDX(cons, ring->out);
        const size_t n = min_t(size_t, prod - cons, sizeof(ring->out) - at);

        vcon_keep(c, ring->out + at, n);
        cons += (uint32_t)n;
        *moved = true;
    }
    __atomic_store_n(&ring->out_cons, cons, __ATOMIC_RELEASE);
    return true;
}

static bool vcon_give(struct vcon *c, bool *moved)
{
    struct xencons_interface *const ring = c->ring;
    const uint32_t cons = __atomic_load_n(&ring->in_cons, __ATOMIC_ACQUIRE);
    uint32_t prod = READ_ONCE(ring->in_prod);
    unsigned int n = 0;

    if (prod - cons > sizeof(ring->in)) {
        return false;
    }
    while (n < c->input_len && prod - cons < sizeof(ring->in)) {
        ring->in[MASK_XENCONS_IDX(prod, ring->in)] = c->input[n++];
        prod++;
    }
    __atomic_store_n(&ring->in_prod, prod, __ATOMIC_RELEASE);
    c->input_len -= n;
    memmove(c->input, c->input + n, c->input_len);
    *moved |= n != 0;
    return true;
}

bool vcon_run(struct vcon *c, const char **why)
{
    bool moved = false;

    *why = NULL;
    if (!c->is_dead && (!vcon_take(c, &moved) || !vcon_give(c, &moved))) {
        c->is_dead = true;
        *why = "its console ring's indices make no sense";
    }
    return moved;
}

void vcon_type(struct vcon *c, const char *text, size_t n)
{
    const size_t room = VCON_INPUT - c->input_len;

    n = min(n, room);
    memcpy(c->input + c->input_len, text, n);
    c->input_len += (unsigned int)n;
}

void vcon_attach(struct vcon *c, vcon_sink_fn *sink, unsigned int lines)
{
    const uint64_t oldest = c->scroll_end > VCON_SCROLL
        ? c->scroll_end - VCON_SCROLL : 0;
    uint64_t at = c->scroll_end;

    c->sink = sink;
    if (sink == NULL) {
        return;
    }
    while (at > oldest) {
        if (c->scroll[(at - 1) % VCON_SCROLL] == '\n' && lines-- == 0) {
            break;
        }
        at--;
    }
    while (at < c->scroll_end) {
        const size_t start = at % VCON_SCROLL;
        const size_t n = min_t(size_t, c->scroll_end - at,
                               VCON_SCROLL - start);

        sink(c->scroll + start, n);
        at += n;
    }
}
