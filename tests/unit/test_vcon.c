/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's console: output, input, scroll-back, and rings that lie.
 * Links: dom0/back/vcon.c
 */
#include <string.h>

#include <dom0/back/vcon.h>
#include <tests/unit/unit.h>

static struct xencons_interface ring;
static struct vcon con;
static char seen[40000];
static size_t seen_len;

static void sink(const char *text, size_t n)
{
    memcpy(seen + seen_len, text, n);
    seen_len += n;
    seen[seen_len] = '\0';
}

static void set_up(void)
{
    memset(&ring, 0, sizeof(ring));
    vcon_init(&con, &ring);
    seen_len = 0;
    seen[0] = '\0';
}

static void print(const char *text)
{
    const char *why;

    for (; *text; text++) {
        ring.out[MASK_XENCONS_IDX(ring.out_prod, ring.out)] = *text;
        ring.out_prod++;
    }
    CHECK(vcon_run(&con, &why));
    CHECK(why == NULL);
    CHECK_EQ(ring.out_cons, ring.out_prod);
}

TEST(output)
{
    const char *why;

    set_up();
    print("one\ntwo\n");
    vcon_attach(&con, sink, 1);
    CHECK_STR(seen, "two\n");
    print("three\n");
    CHECK_STR(seen, "two\nthree\n");
    vcon_attach(&con, NULL, 0);
    print("four\nfi");
    CHECK_STR(seen, "two\nthree\n");
    seen_len = 0;
    vcon_attach(&con, sink, 100);
    CHECK_STR(seen, "one\ntwo\nthree\nfour\nfi");
    CHECK(!vcon_run(&con, &why));
}

TEST(scroll)
{
    char line[102];

    set_up();
    memset(line, 'x', 100);
    line[100] = '\n';
    line[101] = '\0';
    for (unsigned int i = 0; i < 1000; i++) {
        line[0] = (char)('a' + i % 26);
        print(line);
    }
    vcon_attach(&con, sink, 5000);
    CHECK_EQ(seen_len, VCON_SCROLL);
    seen_len = 0;
    vcon_attach(&con, sink, 3);
    CHECK_EQ(seen_len, 303);
    CHECK_EQ(seen[0], 'a' + 997 % 26);
}

TEST(input)
{
    char text[1500];
    const char *why;

    set_up();
    memset(text, 'i', sizeof(text));
    vcon_type(&con, "ab", 2);
    CHECK(vcon_run(&con, &why));
    CHECK_EQ(ring.in_prod, 2);
    CHECK(memcmp(ring.in, "ab", 2) == 0);
    /* No more than there is room for. */
    for (unsigned int i = 0; i < 4; i++) {
        vcon_type(&con, text, sizeof(text));
        vcon_run(&con, &why);
    }
    CHECK_EQ(ring.in_prod - ring.in_cons, sizeof(ring.in));
    CHECK_EQ(con.input_len, VCON_INPUT);
    CHECK(!vcon_run(&con, &why));
    ring.in_cons += 10;
    CHECK(vcon_run(&con, &why));
    CHECK_EQ(ring.in_prod - ring.in_cons, sizeof(ring.in));
}

TEST(lies)
{
    const char *why;

    set_up();
    ring.out_prod = sizeof(ring.out) + 1;
    CHECK(!vcon_run(&con, &why));
    CHECK(why != NULL);
    CHECK(!vcon_run(&con, &why));
    CHECK(why == NULL);
    set_up();
    ring.in_cons = 1;
    vcon_run(&con, &why);
    CHECK(why != NULL);
    set_up();
    ring.out_prod = ring.out_cons = UINT32_MAX - 1;
    print("wraps\n");
}
