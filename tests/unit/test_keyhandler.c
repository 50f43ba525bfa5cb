/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of debug keys.
 * Links: core core/kernel/keyhandler.c
 */
#include <string.h>

#include <core/kernel/keyhandler.h>
#include <core/lib/util.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/unit.h>

static unsigned int ran;

/* Handlers of rooms that are not linked here. */
#define KEY(letter, handler, what)                                       \
    __weak void handler(void);                                           \
    __weak void handler(void)                                            \
    {                                                                    \
        ran++;                                                           \
    }
#include <core/kernel/keys.def>
#undef KEY

static const char letters[] = {
#define KEY(letter, handler, what) (letter),
#include <core/kernel/keys.def>
#undef KEY
};

TEST(help_lists_all)
{
    const char *text;

    fake_init(1);
    keyhandler_run('h');
    text = fake_printed();
    for (unsigned int i = 0; i < ARRAY_SIZE(letters); i++) {
        const char line[] = { ' ', ' ', letters[i], ' ', ' ', '\0' };

        CHECK(strstr(text, line) != NULL);
    }
}

TEST(letters_are_unique)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(letters); i++) {
        for (unsigned int j = 0; j < i; j++) {
            CHECK(letters[i] != letters[j]);
        }
    }
}

TEST(unknown_and_crash)
{
    fake_init(1);
    keyhandler_run('~');
    CHECK(strstr(fake_printed(), "No such key") != NULL);
    CHECK(FAKE_PANICS(keyhandler_run('C')));
    keyhandler_run('c');
    CHECK(ran > 0);
}
