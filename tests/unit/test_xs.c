/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenstore by its wire protocol: the tree, permissions, quotas, watches,
 * transactions and the ring.
 * Links: dom0/xs/xs_tree.c dom0/xs/xs_view.c dom0/xs/xs_txn.c
 * Links: dom0/xs/xs_watch.c dom0/xs/xs_conn.c dom0/xs/xs_ring.c
 * Links: dom0/xs/xs_local.c core/lib/str.c tests/unit/fake_mem.c
 * Links: dom0/xs/xs_log.c core/lib/crc32.c dom0/rt/text.c
 * Links: tests/unit/fake_loop.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <core/lib/errno.h>
#include <dom0/rt/link.h>
#include <dom0/rt/mem.h>
#include <dom0/xs/xs_priv.h>
#include <tests/unit/fake_mem.h>
#include <tests/unit/unit.h>
#include <tests/unit/xs_asks.h>

TEST(tree)
{
    set_up();
    CHECK_STR(WRITE(one, "a/b/c\0hello"), "OK");
    CHECK_STR(ASK(one, XS_READ, "a/b/c"), "hello");
    CHECK_EQ(answer_size, 5);
    CHECK_STR(ASK(one, XS_READ, "/local/domain/1/a/b/c"), "hello");
    CHECK_STR(ASK(one, XS_READ, "a/b"), "");
    CHECK_STR(ASK(one, XS_READ, "a/x"), "ENOENT");
    CHECK_STR(ASK(one, XS_MKDIR, "a/a"), "OK");
    CHECK_STR(ASK(one, XS_MKDIR, "a/a"), "OK");
    ASK(one, XS_DIRECTORY, "a");
    CHECK(answer_size == 4 && memcmp(answer, "a\0b\0", 4) == 0);
    CHECK_STR(ASK(one, XS_RM, "a/b"), "OK");
    CHECK_STR(ASK(one, XS_RM, "a/b"), "OK");
    CHECK_STR(ASK(one, XS_RM, "q/b"), "ENOENT");
    CHECK_STR(ASK(one, XS_READ, "a/b/c"), "ENOENT");
    CHECK_STR(ASK(one, XS_RM, "/"), "EINVAL");
    CHECK_STR(ASK(one, XS_READ, "a//b"), "EINVAL");
    CHECK_STR(ASK(one, XS_READ, "a/"), "EINVAL");
    CHECK_STR(ASK(one, XS_READ, "a b"), "EINVAL");
    CHECK_STR(ASK(one, XS_READ, "@releaseDomain"), "EINVAL");
    CHECK_STR(ask_n(one, XS_READ, "a", 1), "EINVAL");
    CHECK_STR(ask_n(one, XS_READ, "", 0), "EINVAL");
    CHECK_STR(ASK(one, XS_GET_DOMAIN_PATH, "5"), "/local/domain/5");
    CHECK_STR(ASK(one, XS_GET_DOMAIN_PATH, "x"), "EINVAL");
    CHECK_STR(ASK(one, XS_IS_DOMAIN_INTRODUCED, "2"), "T");
    CHECK_STR(ASK(one, XS_IS_DOMAIN_INTRODUCED, "3"), "F");
    CHECK_STR(ASK(one, XS_INTRODUCE, "3\0" "1\0" "1"), "EACCES");
    CHECK_STR(ASK(one, 99, "x"), "ENOSYS");
    tear_down();
}

/* Many names come in parts that together are the list. */
TEST(directory_part)
{
    char text[64];
    char all[20000];
    size_t size = 0;
    bool is_last = false;

    set_up();
    for (unsigned int i = 0; i < 900; i++) {
        const int n = snprintf(text, sizeof(text), "d/node-%03u", i);

        CHECK_STR(ask_n(one, XS_MKDIR, text, (size_t)n + 1), "OK");
    }
    CHECK_STR(ASK(one, XS_DIRECTORY, "d"), "E2BIG");
    while (!is_last) {
        const int n = snprintf(text, sizeof(text), "d%c%zu", 0, size);
        size_t skip;

        ask_n(one, XS_DIRECTORY_PART, text, (size_t)n + 1);
        skip = strlen(answer) + 1;
        REQUIRE(answer_size > skip);
        is_last = answer[answer_size - 1] == '\0' &&
                  answer[answer_size - 2] == '\0';
        memcpy(all + size, answer + skip, answer_size - skip - is_last);
        size += answer_size - skip - is_last;
    }
    CHECK_EQ(size, 900 * 9);
    CHECK_STR(all + 899 * 9, "node-899");
    tear_down();
}

TEST(permissions)
{
    set_up();
    CHECK_STR(WRITE(one, "x\0v"), "OK");
    ASK(one, XS_GET_PERMS, "x");
    CHECK(answer_size == 6 && memcmp(answer, "n1\0r2\0", 6) == 0);
    CHECK_STR(ASK(two, XS_READ, "/local/domain/1/x"), "v");
    CHECK_STR(WRITE(two, "/local/domain/1/x\0w"), "EACCES");
    CHECK_STR(WRITE(two, "/local/domain/1/new\0w"), "EACCES");
    CHECK_STR(ASK(two, XS_RM, "/local/domain/1/x"), "EACCES");
    CHECK_STR(ASK(two, XS_SET_PERMS, "/local/domain/1/x\0n2"), "EACCES");
    CHECK_STR(ASK(one, XS_SET_PERMS, "x\0n2"), "EPERM");
    CHECK_STR(ASK(one, XS_SET_PERMS, "x\0q1"), "EINVAL");
    CHECK_STR(ASK(one, XS_SET_PERMS, "x"), "EINVAL");
    CHECK_STR(ASK(one, XS_SET_PERMS, "x\0n1"), "OK");
    CHECK_STR(ASK(two, XS_READ, "/local/domain/1/x"), "EACCES");
    CHECK_STR(ASK(one, XS_SET_PERMS, "x\0n1\0b2"), "OK");
    CHECK_STR(WRITE(two, "/local/domain/1/x/y\0w"), "OK");
    /* What the second made there is the second's. */
    ASK(two, XS_GET_PERMS, "/local/domain/1/x/y");
    CHECK(answer_size == 6 && memcmp(answer, "n2\0b2\0", 6) == 0);
    CHECK_STR(WRITE(one, "/local/domain/2/x\0w"), "EACCES");
    CHECK_STR(WRITE(one, "/tool/x\0w"), "EACCES");
    CHECK_STR(ASK(one, XS_SET_PERMS,
                  "x\0n1\0b2\0b2\0b2\0b2\0b2\0b2\0b2\0b2"), "ENOSPC");
    tear_down();
}

TEST(quota)
{
    char text[3000];
    unsigned int made = 1;

    set_up();
    do {
        const int n = snprintf(text, sizeof(text), "n%u%cv", made, 0);

        ask_n(one, XS_WRITE, text, (size_t)n);
        made++;
    } while (strcmp(answer, "OK") == 0 && made < 3000);
    CHECK_STR(answer, "ENOSPC");
    CHECK_EQ(made - 1, XS_NODES_MAX);
    CHECK_STR(WRITE(two, "x\0v"), "OK");
    CHECK_STR(WRITE(one, "n1\0other"), "OK");
    CHECK_STR(ASK(one, XS_RM, "n1"), "OK");
    CHECK_STR(WRITE(one, "again\0v"), "OK");
    CHECK_STR(WRITE(one, "more\0v"), "ENOSPC");
    memset(text, 'v', sizeof(text));
    memcpy(text, "n2", 3);
    CHECK_STR(ask_n(one, XS_WRITE, text, 3 + XS_VALUE_MAX), "OK");
    CHECK_STR(ask_n(one, XS_WRITE, text, 3 + XS_VALUE_MAX + 1), "ENOSPC");
    for (unsigned int i = 0; i <= XS_WATCHES_MAX; i++) {
        const int n = snprintf(text, sizeof(text), "w%ct%u", 0, i);

        ask_n(one, XS_WATCH, text, (size_t)n + 1);
        CHECK_STR(answer, i == XS_WATCHES_MAX ? "E2BIG" : "OK");
    }
    for (unsigned int i = 0; i <= XS_TXNS_MAX; i++) {
        ASK(one, XS_TRANSACTION_START, "");
        CHECK(i < XS_TXNS_MAX ? atoi(answer) > 0
                              : strcmp(answer, "ENOSPC") == 0);
    }
    /* Too deep. */
    memset(text, 0, sizeof(text));
    for (unsigned int i = 0; i < XS_DEPTH_MAX; i++) {
        strcat(text, i ? "/a" : "a");
    }
    CHECK_STR(ask_n(two, XS_WRITE, text, strlen(text) + 1), "EINVAL");
    tear_down();
}

TEST(watches)
{
    set_up();
    CHECK_STR(ASK(one, XS_WATCH, "a\0tok"), "OK");
    CHECK_STR(events, "a|tok ");
    CHECK_STR(ASK(one, XS_WATCH, "a\0tok"), "EEXIST");
    CHECK_STR(ASK(two, XS_WATCH, "/local/domain/1\0abs"), "OK");
    CHECK_STR(events, "/local/domain/1|abs ");
    WRITE(one, "a/b\0v");
    CHECK_STR(events, "a/b|tok ");
    take(two);
    CHECK_STR(events, "/local/domain/1/a/b|abs ");
    WRITE(one, "aa\0v");
    CHECK_STR(events, "");
    ASK(one, XS_WATCH, "a/b\0deep");
    ASK(one, XS_RM, "a");
    CHECK_STR(events, "a|tok a/b|deep ");
    take(two);
    /* What may not be read is not told. */
    WRITE(one, "secret\0v");
    ASK(one, XS_SET_PERMS, "secret\0n1");
    take(two);
    WRITE(one, "secret\0w");
    take(two);
    CHECK_STR(events, "");
    CHECK_STR(ASK(one, XS_UNWATCH, "a\0tok"), "OK");
    CHECK_STR(ASK(one, XS_UNWATCH, "a\0tok"), "ENOENT");
    WRITE(one, "a\0v");
    CHECK_STR(events, "");
    CHECK_STR(ASK(one, XS_WATCH, "@releaseDomain\0r"), "OK");
    CHECK_STR(events, "@releaseDomain|r ");
    xs_watch_fire("@releaseDomain", false);
    take(one);
    CHECK_STR(events, "");
    CHECK_STR(ASK(one, XS_RESET_WATCHES, ""), "OK");
    WRITE(one, "a/b\0v");
    CHECK_STR(events, "");
    tear_down();
}

/* Who does not take its events loses some, and is told of. */
TEST(event_flood)
{
    set_up();
    ASK(one, XS_WATCH, "/local/domain/2\0tokentokentoken");
    for (unsigned int i = 0; i < 3000; i++) {
        WRITE(two, "x\0v");
    }
    CHECK(one->has_lost);
    CHECK(one->event_bytes <= XS_EVENT_BYTES_MAX);
    take(one);
    CHECK_EQ(one->event_bytes, 0);
    tear_down();
}

static void start(struct xs_conn *c)
{
    tx = 0;
    tx = (uint32_t)atoi(ASK(c, XS_TRANSACTION_START, ""));
}

static const char *end(struct xs_conn *c, const char *how)
{
    const char *const text = ask_n(c, XS_TRANSACTION_END, how, 2);

    tx = 0;
    return text;
}

TEST(transactions)
{
    uint32_t mine;

    set_up();
    WRITE(one, "a\0old");
    ASK(one, XS_WATCH, "a\0t");
    start(one);
    WRITE(one, "a\0new");
    WRITE(one, "b/c\0new");
    CHECK_STR(events, "");
    CHECK_STR(ASK(one, XS_READ, "a"), "new");
    mine = tx;
    tx = 0;
    CHECK_STR(ASK(one, XS_READ, "a"), "old");
    tx = mine;
    CHECK_STR(end(one, "T"), "OK");
    CHECK_STR(events, "a|t ");
    CHECK_STR(ASK(one, XS_READ, "a"), "new");
    CHECK_STR(ASK(one, XS_READ, "b/c"), "new");

    /* Given up. */
    start(one);
    ASK(one, XS_RM, "a");
    CHECK_STR(end(one, "F"), "OK");
    CHECK_STR(ASK(one, XS_READ, "a"), "new");

    /* Others changed something else: done again on what there is. */
    start(one);
    CHECK_STR(ASK(one, XS_READ, "a"), "new");
    WRITE(one, "d\0mine");
    ASK(one, XS_RM, "b");
    mine = tx;
    tx = 0;
    WRITE(two, "y\0theirs");
    tx = mine;
    CHECK_STR(end(one, "T"), "OK");
    CHECK_STR(ASK(one, XS_READ, "d"), "mine");
    CHECK_STR(ASK(one, XS_READ, "b"), "ENOENT");
    CHECK_STR(ASK(two, XS_READ, "y"), "theirs");

    /* Others changed what was read. */
    start(one);
    ASK(one, XS_READ, "/local/domain/2/y");
    WRITE(one, "d\0lost");
    mine = tx;
    tx = 0;
    WRITE(two, "y\0newer");
    tx = mine;
    CHECK_STR(end(one, "T"), "EAGAIN");
    CHECK_STR(ASK(one, XS_READ, "d"), "mine");
    start(one);
    ASK(one, XS_DIRECTORY, "/local/domain/2");
    mine = tx;
    tx = 0;
    WRITE(two, "z\0new");
    tx = mine;
    CHECK_STR(end(one, "T"), "EAGAIN");

    tx = 77;
    CHECK_STR(ASK(one, XS_READ, "a"), "ENOENT");
    tx = 0;
    CHECK_STR(end(one, "T"), "ENOENT");
    tear_down();
}

/* Counts survive transactions that are done again. */
TEST(transaction_counts)
{
    uint32_t mine;

    set_up();
    start(one);
    WRITE(one, "a/b/c\0v");
    mine = tx;
    tx = 0;
    WRITE(two, "q\0v");
    tx = mine;
    CHECK_STR(end(one, "T"), "OK");
    ASK(one, XS_RM, "a");
    for (unsigned int i = 0; i < XS_DOMAINS_MAX; i++) {
        if (xs.view.owner[i].domid == 1) {
            CHECK_EQ(xs.view.owner[i].nodes, 1);
        }
    }
    tear_down();
}

static char local[200];

static void local_watch(void *ctx, const char *path)
{
    snprintf(local + strlen(local), sizeof(local) - strlen(local), "%s ",
             path);
    if (strcmp(path, "/b/x") == 0) {
        CHECK_EQ(xs_write("/b/y", "5"), 0);
    }
}

TEST(local)
{
    char text[32];
    uint64_t value;

    set_up();
    local[0] = '\0';
    CHECK_EQ(xs_watch("/b", local_watch, NULL), 0);
    xs_run(NULL);
    CHECK_STR(local, "/b ");
    local[0] = '\0';
    CHECK_EQ(xs_write("/b/x", "text"), 0);
    CHECK_EQ(xs_write("/b/x", "text"), 0);
    xs_run(NULL);
    CHECK_STR(local, "/b/x /b/y ");
    CHECK_EQ(xs_read("/b/x", text, 3), 2);
    CHECK_STR(text, "te");
    CHECK_EQ(xs_read_u64("/b/y", &value), 0);
    CHECK_EQ(value, 5);
    CHECK_EQ(xs_read_u64("/b/x", &value), -EINVAL);
    CHECK_EQ(xs_read_u64("/b/q", &value), -ENOENT);
    CHECK_STR(xs_child("/b", 0), "x");
    CHECK_STR(xs_child("/b", 1), "y");
    CHECK(xs_child("/b", 2) == NULL && xs_child("/c", 0) == NULL);
    CHECK_EQ(xs_remove("/b"), 0);
    xs_unwatch("/b", local_watch, NULL);
    local[0] = '\0';
    xs_run(NULL);
    CHECK_STR(local, "");
    tear_down();
}

/* --- the ring --- */

static struct xenstore_domain_interface page;
static struct xs_input input;

static void ring_put(const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        page.req[MASK_XENSTORE_IDX(page.req_prod)] = ((const char *)bytes)[i];
        page.req_prod++;
    }
}

static size_t ring_get(char *bytes)
{
    size_t n = 0;

    while (page.rsp_cons != page.rsp_prod) {
        bytes[n++] = page.rsp[MASK_XENSTORE_IDX(page.rsp_cons)];
        page.rsp_cons++;
    }
    return n;
}

TEST(ring)
{
    struct xsd_sockmsg head = { .type = XS_READ, .req_id = 9, .len = 2 };
    struct xs_conn *c;
    char bytes[8192];
    const char *why;
    size_t n = 0;

    set_up();
    memset(&page, 0, sizeof(page));
    c = xs_introduce(2, &page, memset(&input, 0, sizeof(input)), NULL);
    memset(bytes, 'v', 1000);
    bytes[1000] = '\0';
    REQUIRE(xs_write("/local/domain/2/x", bytes) == 0);
    /* In two pieces, and at the end of the ring. */
    for (unsigned int i = 0; i < 100; i++) {
        ring_put(&head, 10);
        CHECK_EQ(xs_ring_run(c, &why), LINK_NOTIFY);
        ring_put((char *)&head + 10, sizeof(head) - 10);
        ring_put("x", 2);
        CHECK_EQ(xs_ring_run(c, &why), LINK_NOTIFY);
        CHECK(why == NULL);
        n = ring_get(bytes);
        CHECK_EQ(xs_ring_run(c, &why), 0);
        CHECK_EQ(n, 1016);
        CHECK_EQ(((struct xsd_sockmsg *)bytes)->req_id, 9);
    }
    /* Many at once: some now, some later. */
    head.type = XS_MKDIR;
    for (unsigned int i = 0; i < 40; i++) {
        ring_put(&head, sizeof(head));
        ring_put("x", 2);
    }
    CHECK_EQ(xs_ring_run(c, &why), LINK_NOTIFY | LINK_MORE);
    ring_get(bytes);
    CHECK_EQ(xs_ring_run(c, &why), LINK_NOTIFY);
    ring_get(bytes);
    CHECK_EQ(xs_ring_run(c, &why), 0);
    xs_release(c);

    memset(&page, 0, sizeof(page));
    c = xs_introduce(2, &page, memset(&input, 0, sizeof(input)), NULL);
    page.req_prod = 2000;
    CHECK_EQ(xs_ring_run(c, &why), 0);
    CHECK(why != NULL && page.error == XENSTORE_ERROR_RINGIDX);
    CHECK_EQ(xs_ring_run(c, &why), 0);
    CHECK(why == NULL);
    xs_release(c);

    memset(&page, 0, sizeof(page));
    c = xs_introduce(2, &page, memset(&input, 0, sizeof(input)), NULL);
    head.len = 4097;
    ring_put(&head, sizeof(head));
    xs_ring_run(c, &why);
    CHECK(why != NULL && page.error == XENSTORE_ERROR_PROTO);
    xs_release(c);
    tear_down();
}

/* Whatever runs out of memory leaves a store that works. */
TEST(no_memory)
{
    for (long left = 0; left < 60; left++) {
        set_up();
        fake_mem_left = left;
        {
            const struct xsd_sockmsg head = { .type = XS_WRITE, .len = 8 };
            const struct xsd_sockmsg watch = { .type = XS_WATCH, .len = 4 };

            xs_conn_request(one, &watch, "a\0b");
            for (unsigned int i = 0; i < 5; i++) {
                xs_conn_request(one, &head, "a/b/c/d");
            }
        }
        fake_mem_left = -1;
        take(one);
        CHECK_STR(WRITE(one, "a/b\0v"), "OK");
        tear_down();
    }
}
