/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C library's functions, under other names, against the host's own, and
 * our string helpers.
 * Links: core/lib/str.c
 */
#include <string.h>

#include <core/lib/errno.h>
#include <core/lib/util.h>

#define memcpy own_memcpy
#define memmove own_memmove
#define memset own_memset
#define memcmp own_memcmp
#define memchr own_memchr
#define strlen own_strlen
#define strnlen own_strnlen
#define strcmp own_strcmp
#define strncmp own_strncmp
#define strchr own_strchr
#define strrchr own_strrchr
#define strstr own_strstr
#include <core/lib/string.c>
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr
#undef strstr

size_t strlcpy(char *to, const char *from, size_t size);

#include <tests/unit/unit.h>

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

TEST(copying)
{
    unsigned char source[80], own[80], host[80];

    for (unsigned int n = 0; n < 40; n++) {
        for (unsigned int from = 0; from < 20; from++) {
            for (unsigned int to = 0; to < 20; to++) {
                for (unsigned int i = 0; i < 80; i++) {
                    source[i] = own[i] = host[i] = (unsigned char)i;
                }
                own_memcpy(own + to, source + from, n);
                memcpy(host + to, source + from, n);
                CHECK(memcmp(own, host, 80) == 0);
                own_memmove(own + to, own + from, n);
                memmove(host + to, host + from, n);
                CHECK(memcmp(own, host, 80) == 0);
                CHECK(own_memcmp(own, host, 80) == 0);
            }
        }
        own_memset(own + 3, 0x1a5, n);
        memset(host + 3, 0xa5, n);
        memset(own, 1, 3);
        memset(host, 1, 3);
        CHECK(memcmp(own, host, 3 + n) == 0);
    }
}

/* Long ones, which overlap by more or less. */
TEST(moving_far)
{
    static unsigned char own[6000], host[6000];

    for (unsigned int gap = 1; gap < 3000; gap += gap < 300 ? 1 : 401) {
        for (unsigned int i = 0; i < sizeof(own); i++) {
            own[i] = host[i] = (unsigned char)(i * 31 >> 3);
        }
        own_memmove(own + 5 + gap, own + 5, 2900);
        memmove(host + 5 + gap, host + 5, 2900);
        CHECK(memcmp(own, host, sizeof(own)) == 0);
        own_memmove(own + 5, own + 5 + gap, 2900);
        memmove(host + 5, host + 5 + gap, 2900);
        CHECK(memcmp(own, host, sizeof(own)) == 0);
    }
}

TEST(comparing)
{
    static const char *const words[] = {
        "", "a", "b", "ab", "abc", "abcdefgh", "abcdefghi", "abcdefgz",
        "\xff" "abcdefgh", "zzzzzzzzzzzzzzzz", "loglvl=all", "loglvl",
    };
    char a[32] = { 0 }, b[32] = { 0 };

    for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
        for (unsigned int j = 0; j < ARRAY_SIZE(words); j++) {
            memset(a, 0, sizeof(a));
            memset(b, 0, sizeof(b));
            memcpy(a, words[i], strlen(words[i]));
            memcpy(b, words[j], strlen(words[j]));
            CHECK_EQ(sign(own_strcmp(a, b)), sign(strcmp(a, b)));
            CHECK(own_strstr(a, b) == strstr(a, b));
            for (size_t n = 0; n < 20; n++) {
                CHECK_EQ(sign(own_strncmp(a, b, n)),
                         sign(strncmp(a, b, n)));
                CHECK_EQ(sign(own_memcmp(a, b, n)), sign(memcmp(a, b, n)));
            }
        }
        CHECK_EQ(own_strlen(words[i]), strlen(words[i]));
        CHECK_EQ(own_strnlen(words[i], 3), strnlen(words[i], 3));
        for (int c = 0; c < 256; c++) {
            CHECK(own_strchr(words[i], c) == strchr(words[i], c));
            CHECK(own_strrchr(words[i], c) == strrchr(words[i], c));
            CHECK(own_memchr(words[i], c, strlen(words[i])) ==
                  memchr(words[i], c, strlen(words[i])));
        }
    }
}

TEST(bounded_copy)
{
    char buf[4] = "xyz";

    CHECK_EQ(strlcpy(buf, "hello", 0), 5);
    CHECK_STR(buf, "xyz");
    CHECK_EQ(strlcpy(buf, "hello", sizeof(buf)), 5);
    CHECK_STR(buf, "hel");
    CHECK_EQ(strlcpy(buf, "", 1), 0);
    CHECK_STR(buf, "");
    CHECK(str_starts_with("dom0_mem=1", "dom0_mem"));
    CHECK(!str_starts_with("dom0", "dom0_mem"));
}

struct number {
    const char *text;
    unsigned int base;
    int rc;
    uint64_t value;
    size_t used;
};

TEST(numbers)
{
    static const struct number table[] = {
        { "0", 0, 0, 0, 1 },
        { "123", 0, 0, 123, 3 },
        { "0x1F", 0, 0, 31, 4 },
        { "0x1f", 16, 0, 31, 4 },
        { "1f", 16, 0, 31, 2 },
        { "017", 0, 0, 15, 3 },
        { "08", 0, 0, 0, 1 },
        { "0x", 0, 0, 0, 1 },
        { "0xg", 16, 0, 0, 1 },
        { "12,3", 10, 0, 12, 2 },
        { "0x10", 10, 0, 0, 1 },
        { "18446744073709551615", 10, 0, UINT64_MAX, 20 },
        { "0xffffffffffffffff", 0, 0, UINT64_MAX, 18 },
        { "18446744073709551616", 10, -ERANGE, 0, 20 },
        { "99999999999999999999999", 0, -ERANGE, 0, 23 },
        { "", 0, -EINVAL, 0, 0 },
        { "-1", 0, -EINVAL, 0, 0 },
        { "x1", 0, -EINVAL, 0, 0 },
        { " 1", 0, -EINVAL, 0, 0 },
        { "2", 2, -EINVAL, 0, 0 },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
        const struct number *n = &table[i];
        const char *end = n->text;
        uint64_t value = 0;

        CHECK_EQ(str_to_u64(n->text, n->base, &value, &end), n->rc);
        CHECK_EQ(value, n->value);
        CHECK_EQ(end - n->text, n->used);
    }
    uint64_t value = 5;

    CHECK_EQ(str_to_u64("12x", 0, &value, NULL), -EINVAL);
    CHECK_EQ(value, 5);
    CHECK_EQ(str_to_u64("12", 0, &value, NULL), 0);
    CHECK_EQ(value, 12);
}

TEST(sizes)
{
    static const struct number table[] = {
        { "1", 0, 0, 1024, 1 },        { "1b", 0, 0, 1, 2 },
        { "4k", 0, 0, 4096, 2 },       { "1024M,", 0, 0, 1 << 30, 5 },
        { "2G", 0, 0, 2ULL << 30, 2 }, { "3t", 0, 0, 3ULL << 40, 2 },
        { "0x10m", 0, 0, 16 << 20, 5 },
        { "99999999999G", 0, -ERANGE, 0, 12 },
        { "M", 0, -EINVAL, 0, 0 },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
        const struct number *n = &table[i];
        const char *end = n->text;
        uint64_t bytes = 0;

        CHECK_EQ(str_to_size(n->text, &bytes, &end), n->rc);
        CHECK_EQ(bytes, n->value);
        CHECK_EQ(end - n->text, n->used);
    }
    uint64_t bytes;

    CHECK_EQ(str_to_size("1MB", &bytes, NULL), -EINVAL);
}
