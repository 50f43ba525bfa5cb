/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenstore in another life of the control domain, by the log of the one
 * before.
 * Links: dom0/xs/xs_tree.c dom0/xs/xs_view.c dom0/xs/xs_txn.c
 * Links: dom0/xs/xs_watch.c dom0/xs/xs_conn.c dom0/xs/xs_ring.c
 * Links: dom0/xs/xs_local.c core/lib/str.c tests/unit/fake_mem.c
 * Links: dom0/xs/xs_log.c core/lib/crc32.c dom0/rt/text.c
 * Links: tests/unit/fake_loop.c
 */
#include <core/lib/crc32.h>
#include <tests/unit/fake_mem.h>
#include <tests/unit/unit.h>
#include <tests/unit/xs_asks.h>

/* Of all nodes, their permissions and values. */
static uint32_t sum_of(const struct xs_node *node, uint32_t sum)
{
    sum = crc32(sum, node->name, strlen(node->name) + 1);
    sum = crc32(sum, node->perm, node->perm_count * sizeof(node->perm[0]));
    if (node->value != NULL) {
        sum = crc32(sum, node->value->bytes, node->value->size);
    }
    for (unsigned int i = 0; i < node->child_count; i++) {
        sum = sum_of(node->child[i], sum);
    }
    return sum;
}

/* The log as a crash leaves it. */
static void *crash(size_t *size)
{
    void *copy;

    *size = ((uint64_t *)fake_keep_store)[1] << 12;
    copy = malloc(*size);
    memcpy(copy, fake_keep_store, *size);
    tear_down();
    (void)!xs_init();
    return copy;
}

static void change_much(void)
{
    char text[1100] = "d/many";

    WRITE(one, "p/q/r\0value");
    ASK(one, XS_SET_PERMS, "p/q/r\0n1\0b2");
    WRITE(one, "a/b\0v");
    ASK(one, XS_RM, "p/q/r");
    WRITE(one, "p/q/s/t\0value");
    CHECK_STR(ASK(one, XS_WATCH, "a\0token"), "OK");
    CHECK_STR(ASK(one, XS_WATCH, "b\0gone"), "OK");
    CHECK_STR(ASK(one, XS_UNWATCH, "b\0gone"), "OK");
    CHECK_STR(ASK(two, XS_WATCH, "/local/domain/2\0t2"), "OK");
    /* Set, taken away and set again in one transaction. */
    tx = (uint32_t)atoi(ASK(one, XS_TRANSACTION_START, ""));
    WRITE(one, "x/y\0old");
    ASK(one, XS_RM, "x");
    WRITE(one, "x/y\0new");
    CHECK_STR(ASK(one, XS_TRANSACTION_END, "T"), "OK");
    tx = 0;
    for (unsigned int i = 0; i < 500; i++) {
        memset(text + 7, 'a' + (int)(i % 26), sizeof(text) - 7);
        CHECK_STR(ask_n(one, XS_WRITE, text, sizeof(text)), "OK");
    }
}

TEST(revive)
{
    uint32_t sum;
    size_t size;
    void *log;

    set_up();
    xs_log_publish();
    change_much();
    tx = (uint32_t)atoi(ASK(one, XS_TRANSACTION_START, ""));
    WRITE(one, "a/b\0lost");
    sum = sum_of(xs.view.root, 0);
    log = crash(&size);
    CHECK(!xs_revive(NULL, false));
    CHECK(xs_revive(log, false));
    CHECK_EQ(sum_of(xs.view.root, 0), sum);
    one = xs_introduce(1, NULL, NULL, NULL);
    two = xs_introduce(2, NULL, NULL, NULL);
    xs_conn_revive(one, 1);
    xs_conn_revive(two, 1);
    CHECK(xs_revive(log, true));
    take(one);
    CHECK_STR(events, "a|token ");
    take(two);
    CHECK_STR(events, "/local/domain/2|t2 ");
    /* What was begun has to be done again. */
    CHECK_STR(ASK(one, XS_READ, "a/b"), "v");
    CHECK_STR(WRITE(one, "a/b\0lost"), "OK");
    CHECK_STR(ASK(one, XS_TRANSACTION_END, "T"), "EAGAIN");
    tx = 0;
    CHECK_STR(ASK(one, XS_READ, "a/b"), "v");
    CHECK_STR(ASK(one, XS_READ, "x/y"), "new");
    CHECK(atoi(ASK(one, XS_TRANSACTION_START, "")) > 1 << 24);
    /* Asked twice, because the answer was lost. */
    CHECK_STR(ASK(two, XS_WATCH, "/local/domain/2\0t2"), "OK");
    CHECK_STR(ASK(two, XS_WATCH, "/local/domain/2\0t2"), "EEXIST");
    tear_down();

    /* A log that is damaged ends there. */
    for (size_t at = 16; at < size; at += 97) {
        REQUIRE(xs_init() == 0);
        ((char *)log)[at] ^= 0x55;
        CHECK(xs_revive(log, false));
        ((char *)log)[at] ^= 0x55;
    }
    free(log);
    set_up();
    tear_down();
}
