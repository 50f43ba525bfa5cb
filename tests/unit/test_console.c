/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages, the ring, input and its switch.
 * Links: core
 */
#include <string.h>

#include <core/console/con_ring.h>
#include <core/console/console.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/lib/errno.h>
#include <core/lib/types.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/unit.h>

TEST(levels)
{
    fake_init(1);
    pr_info("one %d\ntwo\n", 1);
    CHECK_STR(fake_printed(), "(hospes) one 1\n(hospes) two\n");
    pr_debug("no\n");
    CHECK_STR(fake_printed(), "");
    CHECK_EQ(printk_set_level("warning"), 0);
    pr_info("no\n");
    pr_warn("yes\n");
    CHECK_STR(fake_printed(), "(hospes) yes\n");
    CHECK_EQ(printk_set_level("none"), 0);
    pr_err("no\n");
    printk_raw("raw\n");
    CHECK_STR(fake_printed(), "(hospes) raw\n");
    CHECK_EQ(printk_set_level("loud"), -EINVAL);
    CHECK_EQ(printk_set_level("all/loud"), -EINVAL);
    CHECK_EQ(printk_set_level(""), -EINVAL);
    CHECK_EQ(printk_set_level("all"), 0);
    pr_debug("yes\n");
    CHECK_STR(fake_printed(), "(hospes) yes\n");
    CHECK_EQ(printk_set_level("info"), 0);
}

static unsigned int count_lines(const char *s, const char *with)
{
    unsigned int n = 0;

    while ((s = strstr(s, with)) != NULL) {
        n++;
        s++;
    }
    return n;
}

TEST(guests_are_limited)
{
    fake_init(1);
    fake_cycles = 100 * NSEC_PER_SEC;
    for (int i = 0; i < 100; i++) {
        printk_guest(LOG_WARN, 3, "message\n");
    }
    CHECK_EQ(count_lines(fake_printed(), "d3: message\n"), 30);
    fake_cycles += NSEC_PER_SEC / 2;
    printk_guest(LOG_INFO, 3, "below the threshold\n");
    for (int i = 0; i < 100; i++) {
        printk_guest(LOG_ERR, 3, "message\n");
    }
    CHECK(count_lines(fake_printed(), "message") <= 6);
    CHECK_EQ(printk_set_guest_level("none"), 0);
    printk_guest(LOG_ERR, 3, "no\n");
    CHECK_STR(fake_printed(), "");
    CHECK_EQ(printk_set_guest_level("all"), 0);
    for (int i = 0; i < 100; i++) {
        printk_guest(LOG_DEBUG, 3, "message\n");
    }
    CHECK_EQ(count_lines(fake_printed(), "message"), 100);
}

TEST(guest_text_keeps_its_lines)
{
    fake_init(1);
    console_guest_write(0, true, "login: ", 7);
    pr_info("hello\n");
    console_guest_write(0, true, "root\n", 5);
    CHECK_STR(fake_printed(), "login: \n(hospes) hello\nroot\n");
    console_guest_write(5, false, "a\nb", 3);
    CHECK_STR(fake_printed(), "(hospes) d5: a\n(hospes) d5: b\n");
}

TEST(ring_keeps_what_is_ours)
{
    char buf[64] = "";
    uint32_t index = 0;

    fake_init(1);
    (void)con_ring_read(buf, 0, &index, false, false);
    while (con_ring_read(buf, sizeof(buf), &index, true, false) != 0) {
    }
    console_guest_write(0, true, "login: ", 7);
    pr_info("hello\n");
    console_guest_write(0, true, "root\n", 5);
    memset(buf, 0, sizeof(buf));
    CHECK_EQ(con_ring_read(buf, sizeof(buf) - 1, &index, true, false), 15);
    CHECK_STR(buf, "(hospes) hello\n");
    console_to_ring = true;
    console_guest_write(0, true, "root\n", 5);
    console_to_ring = false;
    memset(buf, 0, sizeof(buf));
    CHECK_EQ(con_ring_read(buf, sizeof(buf) - 1, &index, true, false), 5);
    CHECK_STR(buf, "root\n");
}

TEST(ring)
{
    static struct con_ring r;
    char buf[16];
    uint32_t index = 0;

    for (unsigned int i = 0; i < CON_RING_BYTES + 10; i++) {
        con_ring_put(&r, (char)('a' + i % 26));
    }
    CHECK_EQ(con_ring_get(&r, buf, 4, &index, false, false), 4);
    CHECK_EQ(buf[0], 'a' + 10);
    CHECK_EQ(index, 14);
    CHECK_EQ(con_ring_get(&r, buf, 4, &index, false, true), 4);
    CHECK_EQ(buf[0], 'a' + 14);
    index = 3;
    CHECK_EQ(con_ring_get(&r, buf, 4, &index, true, true), 4);
    CHECK_EQ(buf[0], 'a' + 10);
    /* Clearing takes what was read only: the tool comes for the rest. */
    CHECK_EQ(con_ring_get(&r, buf, 4, &index, true, false), 4);
    CHECK_EQ(buf[0], 'a' + 14);
    index = r.prod;
    CHECK_EQ(con_ring_get(&r, buf, 0, &index, true, true), 0);
    CHECK_EQ(con_ring_get(&r, buf, 4, &index, false, false), 0);
    con_ring_put(&r, 'x');
    CHECK_EQ(con_ring_get(&r, buf, 4, &index, false, true), 1);
    CHECK_EQ(buf[0], 'x');
    CHECK_EQ(con_ring_get(&r, buf, 4, &index, false, true), 0);
}

static unsigned int notified;

static void on_input(void)
{
    notified++;
}

static void type(const char *s)
{
    for (; *s; s++) {
        con_in_char(*s);
    }
    fake_run_softirqs();
}

TEST(input)
{
    char buf[8] = "";

    fake_init(1);
    type("h");
    CHECK_EQ(fake_key, 'h');
    con_in_set_hook(on_input);
    con_in_start_guest();
    type("ab");
    CHECK_EQ(notified, 1);
    CHECK_EQ(con_in_read(buf, sizeof(buf)), 2);
    CHECK_EQ(memcmp(buf, "ab", 2), 0);
    type("\1\1");
    CHECK_EQ(con_in_read(buf, sizeof(buf)), 0);
    type("c");
    CHECK_EQ(con_in_read(buf, sizeof(buf)), 3);
    CHECK_EQ(memcmp(buf, "\1\1c", 3), 0);
    fake_printed();
    type("\1\1\1q");
    CHECK_EQ(fake_key, 'q');
    CHECK(strstr(fake_printed(), "goes to the hypervisor") != NULL);
    CHECK_EQ(con_in_read(buf, sizeof(buf)), 0);
    type("\1\1\1d");
    CHECK_EQ(con_in_read(buf, sizeof(buf)), 1);
    CHECK_EQ(con_in_set_switch("b"), 0);
    CHECK_EQ(con_in_set_switch("bx"), 0);
    CHECK_EQ(con_in_set_switch("B"), -EINVAL);
    CHECK_EQ(con_in_set_switch("bxx"), -EINVAL);
    CHECK_EQ(con_in_set_switch("a"), 0);
}

static char second[64];
static const char *typed = "";

static int second_init(struct console *con)
{
    return 0;
}

static void second_putc(struct console *con, char c)
{
    const size_t n = strlen(second);

    if (n + 1 < sizeof(second)) {
        second[n] = c;
    }
}

static int second_getc(struct console *con)
{
    return *typed ? *typed++ : -1;
}

TEST(choosing)
{
    static const struct console_ops ops = {
        .init = second_init,
        .putc = second_putc,
        .getc = second_getc,
    };
    static struct console con = { .name = "com1", .ops = &ops,
                                  .has_seen = true };

    fake_init(1);
    console_register(&con);
    CHECK(!con.is_active);
    console_select("com1,com9");
    CHECK(con.is_active);
    CHECK(strstr(second, "com9: there is no such console") != NULL);
    /* The early console was left. */
    CHECK_STR(fake_printed(), "");
    typed = "z";
    console_poll();
    fake_run_softirqs();
}

TEST(panics)
{
    fake_init(1);
    second[0] = '\0';
    memset(second, 0, sizeof(second));
    CHECK(FAKE_PANICS(panic("text %d\n", 7)));
    CHECK(strstr(second, "Panic on CPU 0: text 7\n") != NULL);
    memset(second, 0, sizeof(second));
    CHECK(FAKE_PANICS(BUG_ON(1 + 1 == 2)));
    CHECK(strstr(second, "1 + 1 == 2") != NULL);
    CHECK(!panic_is_on());
}
