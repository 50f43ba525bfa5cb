/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpio archives, sound and damaged.
 * Links: dom0/cfg/archive.c core/lib/str.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dom0/cfg/archive.h>
#include <tests/unit/unit.h>

static char cpio[4096];
static size_t cpio_size;

static void add(const char *name, unsigned int mode, const char *data)
{
    const size_t size = strlen(data);

    cpio_size += (size_t)sprintf(
        cpio + cpio_size, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x"
        "%08x%08zx%08x%s", 1, mode, 0, 0, 1, 0, size, 0, 0, 0, 0,
        strlen(name) + 1, 0, name) + 1;
    cpio_size = (cpio_size + 3) & ~3ul;
    memcpy(cpio + cpio_size, data, size);
    cpio_size = (cpio_size + size + 3) & ~3ul;
}

static void set_up(void)
{
    memset(cpio, 0, sizeof(cpio));
    cpio_size = 0;
    add(".", 040755, "");
    add("./one", 0100644, "first");
    add("dir/two", 0100755, "");
    add("link", 0120777, "one");
    add("three", 0100644, "thirds!!");
    add("TRAILER!!!", 0, "");
}

TEST(sound)
{
    struct archive_file f;
    const char *why = NULL;
    size_t at = 0;

    set_up();
    CHECK(archive_is(cpio, cpio_size));
    CHECK(archive_next(cpio, cpio_size, &at, &f, &why));
    CHECK_STR(f.name, "one");
    CHECK(f.size == 5 && memcmp(f.data, "first", 5) == 0);
    CHECK(archive_next(cpio, cpio_size, &at, &f, &why));
    CHECK_STR(f.name, "dir/two");
    CHECK_EQ(f.size, 0);
    CHECK(archive_next(cpio, cpio_size, &at, &f, &why));
    CHECK_STR(f.name, "three");
    CHECK(!archive_next(cpio, cpio_size, &at, &f, &why));
    CHECK(why == NULL);
    CHECK(archive_find(cpio, cpio_size, "three", &f, NULL));
    CHECK_EQ(f.size, 8);
    CHECK(!archive_find(cpio, cpio_size, "four", &f, NULL));
    CHECK(!archive_is("070701", 6));
}

/* Cut at each length, and with a byte changed, in a block of its own. */
TEST(damaged)
{
    for (size_t cut = 0; cut < cpio_size; cut++) {
        char *const copy = malloc(cut + !cut);
        struct archive_file f;

        set_up();
        memcpy(copy, cpio, cut);
        CHECK(!archive_find(copy, cut, "four", &f, NULL));
        free(copy);
    }
    for (unsigned int i = 0; i < 20000; i++) {
        char *const copy = malloc(cpio_size);
        struct archive_file f;
        size_t at = 0;

        memcpy(copy, cpio, cpio_size);
        copy[unit_random() % cpio_size] = (char)unit_random();
        while (archive_next(copy, cpio_size, &at, &f, NULL)) {
            CHECK((const char *)f.data + f.size <= copy + cpio_size);
        }
        free(copy);
    }
}
