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
static unsigned int posts;

static void post(void)
{
    posts++;
}

static void set_up(void)
{
    REQUIRE(xs_init(post) == 0);
    REQUIRE(xs_write("/local/domain/1", "%s", "") == 0);
    REQUIRE(xs_set_perms("/local/domain/1", "n1r2") == 0);
    REQUIRE(xs_write("/local/domain/2", "%s", "") == 0);
    REQUIRE(xs_set_perms("/local/domain/2", "r2") == 0);
    one = xs_introduce(1, NULL, NULL);
    two = xs_introduce(2, NULL, NULL);
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
    struct xsd_sockmsg *m;
    uint32_t type = XS_INVALID;

    events[0] = '\0';
    while ((m = xs_conn_next(c)) != NULL) {
        const char *const text = (const char *)(m + 1);

        if (m->type == XS_WATCH_EVENT) {
            snprintf(events + strlen(events), sizeof(events) - strlen(events),
                     "%s|%s ", text, text + strlen(text) + 1);
        } else {
            type = m->type;
            answer_size = m->len;
            memcpy(answer, text, m->len);
            answer[m->len] = '\0';
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
