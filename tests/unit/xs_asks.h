/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two guests and what they ask of xenstore, for the tests of it.
 */
#ifndef TESTS_UNIT_XS_ASKS_H
#define TESTS_UNIT_XS_ASKS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dom0/rt/mem.h>
#include <dom0/xs/xs_priv.h>
#include <tests/unit/unit.h>

static struct xs_conn *one, *two;
static uint32_t tx;
static char answer[5000];
static size_t answer_size;
static char events[2000];
static void set_up(void)
{
    const struct xs_perm all_read = { .domid = 2, .flags = XS_PERM_READ };
    struct xs_ctx c = { .view = &xs.view };

    REQUIRE(xs_init() == 0);
    REQUIRE(xs_make("/local/domain/1", 1, 2) == 0);
    REQUIRE(xs_make("/local/domain/2", 2, 2) == 0);
    REQUIRE(xs_view_set_perms(&c, "/local/domain/2", &all_read, 1) == 0);
    one = xs_introduce(1, NULL, NULL, NULL);
    two = xs_introduce(2, NULL, NULL, NULL);
    tx = 0;
}

static void tear_down(void)
{
    xs_release(one);
    xs_release(two);
    xs_node_put(xs.view.root);
    xs.view.root = NULL;
}

/* Takes all output; answers one answer, events as "path|token ". */
static uint32_t take(struct xs_conn *c)
{
    struct xs_msg *m;
    uint32_t type = XS_INVALID;

    events[0] = '\0';
    while ((m = xs_conn_next(c)) != NULL) {
        const char *const text = m->payload;

        if (m->head.type == XS_WATCH_EVENT) {
            snprintf(events + strlen(events), sizeof(events) - strlen(events),
                     "%s|%s ", text, text + strlen(text) + 1);
        } else {
            type = m->head.type;
            answer_size = m->head.len;
            memcpy(answer, text, m->head.len);
            answer[m->head.len] = '\0';
        }
        mem_free(m);
    }
    return type;
}

static const char *ask_n(struct xs_conn *c, uint32_t type, const char *text,
                         size_t size)
{
    const struct xsd_sockmsg head = { .type = type, .req_id = 7, .tx_id = tx,
                                      .len = (uint32_t)size };
    char *const copy = malloc(size + !size);

    memcpy(copy, text, size);
    xs_conn_request(c, &head, copy);
    free(copy);
    CHECK(take(c) != XS_INVALID);
    return answer;
}

#define ASK(conn, type, text) ask_n(conn, type, text, sizeof(text))
/* A value has no end of its own. */
#define WRITE(conn, text) ask_n(conn, XS_WRITE, text, sizeof(text) - 1)

#endif
