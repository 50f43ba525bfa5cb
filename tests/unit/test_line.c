/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The line editor, by the keys that a terminal sends.
 * Links: dom0/shell/line.c core/lib/str.c dom0/rt/text.c
 */
#include <string.h>

#include <core/lib/string.h>
#include <dom0/shell/line.h>
#include <tests/unit/unit.h>

static struct line l;
static char shown[20000];
static char ran[LINE_MAX];
static unsigned int runs;

static void show(const char *text, size_t n)
{
    if (strlen(shown) + n < sizeof(shown)) {
        strncat(shown, text, n);
    }
}

static void run(char *text)
{
    strcpy(ran, text);
    runs++;
}

static void complete(const char *text, const char *word, line_add_fn *add,
                     void *ctx)
{
    if (word == text) {
        add(ctx, "console");
        add(ctx, "create");
        add(ctx, "list");
    } else {
        add(ctx, "guest-one");
        add(ctx, "guest-two");
    }
}

static const char *keys(const char *text)
{
    shown[0] = '\0';
    for (; *text; text++) {
        line_key(&l, *text);
    }
    return l.text;
}

static void set_up(void)
{
    l = (struct line){
        .prompt = "> ", .show = show, .run = run, .complete = complete,
    };
    ran[0] = '\0';
    runs = 0;
}

TEST(editing)
{
    set_up();
    CHECK_STR(keys("hello"), "hello");
    CHECK_STR(shown, "hello");
    CHECK_STR(keys("\x7f\x7f"), "hel");
    CHECK_STR(keys("\x01X\x05Y"), "XhelY");
    CHECK_STR(keys("\x1b[D\x1b[DZ"), "XheZlY");
    CHECK_STR(keys("\x1b[3~"), "XheZY");
    CHECK_STR(keys("\x02\x0b"), "Xhe");
    CHECK_STR(keys(" two  words\x17"), "Xhe two  ");
    CHECK_STR(keys("\x15"), "");
    CHECK_STR(keys("\x1b[D\x1b[C\x7f\x04\x01\x05"), "");
    CHECK_STR(keys("a\x1b[5~b"), "ab");
    CHECK_STR(keys("\x03"), "");
    keys("run me\r\n");
    CHECK_STR(ran, "run me");
    keys("\r\n\r");
    CHECK_EQ(runs, 3);
    CHECK_STR(ran, "");
}

TEST(length)
{
    set_up();
    for (unsigned int i = 0; i < 1000; i++) {
        line_key(&l, 'x');
    }
    CHECK_EQ(strlen(l.text), LINE_MAX - 1);
    keys("\x01y");
    CHECK_EQ(strlen(l.text), LINE_MAX - 1);
}

TEST(history)
{
    set_up();
    keys("one\rtwo\rtwo\r");
    CHECK_STR(keys("typed\x1b[A"), "two");
    CHECK_STR(keys("\x1b[A"), "one");
    CHECK_STR(keys("\x1b[A"), "one");
    CHECK_STR(keys("\x1b[B"), "two");
    CHECK_STR(keys("\x1b[B"), "typed");
    CHECK_STR(keys("\x1b[B"), "typed");
    keys("\x10!\r");
    CHECK_STR(ran, "two!");
    for (unsigned int i = 0; i < 40; i++) {
        const char text[] = { (char)('a' + i % 26), '\r', '\0' };

        keys(text);
    }
    for (unsigned int i = 0; i < 40; i++) {
        keys("\x10");
    }
    CHECK_STR(l.text, "y");
}

TEST(completion)
{
    set_up();
    CHECK_STR(keys("l\t"), "list ");
    CHECK_STR(keys("\x15" "c\t"), "c");
    CHECK_STR(keys("\t"), "c");
    CHECK(strstr(shown, "console  create  ") != NULL);
    CHECK_STR(keys("o\tg\t"), "console guest-");
    CHECK_STR(keys("t\t"), "console guest-two ");
    CHECK_STR(keys("\x15zz\t"), "zz");
}
