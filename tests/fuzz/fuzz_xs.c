/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenstore with a hostile guest: requests of random words, and rings with
 * random indices.
 * Links: dom0/xs/xs_tree.c dom0/xs/xs_view.c dom0/xs/xs_txn.c
 * Links: dom0/xs/xs_watch.c dom0/xs/xs_conn.c dom0/xs/xs_ring.c
 * Links: dom0/xs/xs_local.c core/lib/str.c tests/unit/fake_mem.c
 * Links: dom0/xs/xs_log.c core/lib/crc32.c dom0/rt/text.c
 * Links: tests/unit/fake_loop.c
 */
#include <stdlib.h>
#include <string.h>

#include <dom0/rt/mem.h>
#include <dom0/xs/xs_priv.h>
#include <tests/fuzz/fuzz.h>

static const char *const words[] = {
    "a", "b", "a/b", "/", "/local/domain/1", "/local/domain/2/x", "a/b/c/d",
    "0", "1", "T", "F", "n1", "b2", "r0", "@releaseDomain", "", "token",
    "/local/domain/1/a", "99999999999", "-1",
};

size_t fuzz_shape(uint8_t *noise, size_t n)
{
    return n % 513;
}

/* One request made of four bytes of the input. */
static void request(struct xs_conn *c, const uint8_t *data)
{
    struct xsd_sockmsg head = {
        .type = data[0] % (XS_TYPE_COUNT + 1u),
        .tx_id = data[1] & 1 ? data[1] >> 4 : 0,
    };
    const char *const first = words[data[2] % 20];
    const char *const second = words[data[3] % 20];
    char text[64];
    size_t n = strlen(first) + 1;

    memcpy(text, first, n);
    if (data[3] & 0x80) {
        memcpy(text + n, second, strlen(second) + 1);
        n += strlen(second) + 1;
    }
    head.len = (uint32_t)(n - (data[1] & 2 ? 1 : 0));

    char *const exact = malloc(head.len + !head.len);

    memcpy(exact, text, head.len);
    xs_conn_request(c, &head, exact);
    free(exact);
}

static void drain(struct xs_conn *c)
{
    struct xs_msg *m;

    while ((m = xs_conn_next(c)) != NULL) {
        mem_free(m);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct xenstore_domain_interface ring;
    static struct xs_input input;
    static const struct xs_perm shared[] = {
        { .domid = 2, .flags = XS_PERM_READ },
        { .domid = 1, .flags = XS_PERM_READ | XS_PERM_WRITE },
    };
    struct xs_conn *one, *two;
    const char *why;

    (void)!xs_init();
    (void)!xs_make("/local/domain/1", 1, 1);
    (void)!xs_make("/local/domain/2", 2, 2);
    (void)!xs_view_set_perms(&(struct xs_ctx){ .view = &xs.view },
                             "/local/domain/2", shared, 2);
    one = xs_introduce(1, NULL, NULL, NULL);
    memset(&ring, 0, sizeof(ring));
    two = xs_introduce(2, &ring, memset(&input, 0, sizeof(input)), NULL);
    for (size_t i = 0; i + 4 <= size; i += 4) {
        if (data[i] & 0x80 && size > 64) {
            memcpy(ring.req + data[i + 1] * 4, data + i, 4);
            ring.req_prod += data[i + 2] & 0x40 ? data[i + 3] : 4;
            ring.rsp_cons += data[i + 2] & 0x20 ? data[i + 3]
                                                : ring.rsp_prod -
                                                  ring.rsp_cons;
            xs_ring_run(two, &why);
        } else {
            request(one, data + i);
        }
    }
    drain(one);
    xs_release(one);
    xs_release(two);
    xs_run(NULL);
    xs_node_put(xs.view.root);
    xs.view.root = NULL;
    return 0;
}
