/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Formatted output against the host's own, for every conversion.
 * Links: core/lib/printf_core.c
 */
#include <stdio.h>
#include <string.h>

#define vsnprintf own_vsnprintf
#define snprintf own_snprintf
#include <core/lib/snprintf.c>
#undef vsnprintf
#undef snprintf

#include <tests/unit/unit.h>

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-truncation"

#define SAME(...)                                                         \
    do {                                                                  \
        char own[128], host[128];                                         \
        const int a = own_snprintf(own, sizeof(own), __VA_ARGS__);        \
        const int b = snprintf(host, sizeof(host), __VA_ARGS__);          \
        CHECK_EQ(a, b);                                                   \
        CHECK_STR(own, host);                                             \
    } while (0)

TEST(integers)
{
    static const char *const flags[] = {
        "", "-", "0", "#", "+", " ", "-#", "0#", "+0", " 0", "-0", "+ ",
    };
    static const char *const widths[] = {
        "", "1", "5", "12", "25", ".0", ".1", ".7", "9.4", "4.9", "12.12",
    };
    static const char *const kinds[] = {
        "d", "i", "u", "x", "X", "o", "hhd", "hhu", "hd", "hx", "ld", "lu",
        "lx", "llx", "lld", "llo", "zu", "zx", "jd", "td",
    };
    static const long long values[] = {
        0, 1, -1, 9, 10, 255, 256, -128, 65535, 0x7fffffff, -0x80000000LL,
        0x100000000LL, INT64_MAX, INT64_MIN, 0x123456789abcdefLL,
    };
    char fmt[32];

    for (unsigned int f = 0; f < sizeof(flags) / sizeof(*flags); f++) {
        for (unsigned int w = 0; w < sizeof(widths) / sizeof(*widths); w++) {
            for (unsigned int k = 0; k < sizeof(kinds) / sizeof(*kinds);
                 k++) {
                strcpy(fmt, "<%");
                strcat(fmt, flags[f]);
                strcat(fmt, widths[w]);
                strcat(fmt, kinds[k]);
                strcat(fmt, ">");
                for (unsigned int v = 0;
                     v < sizeof(values) / sizeof(*values); v++) {
                    SAME(fmt, values[v]);
                }
            }
        }
    }
}

static char *volatile null;

TEST(text)
{
    SAME("plain");
    SAME("%s|%10s|%-10s|%.2s|%.0s|%10.2s", "abc", "abc", "abc", "abc", "abc",
         "abc");
    SAME("%c|%5c|%-5c", 'x', 'y', 'z');
    SAME("%%|%d%%", 7);
    SAME("%*d|%-*d|%*d", 6, 1, 6, 2, -6, 3);
    SAME("%.*s|%.*s|%.*d", 2, "abc", -1, "abc", 4, 5);
    SAME("%p", (void *)0x1234);
    SAME("%s", null);
    SAME("%s:%u/%#x", "mixed", 3u, 0xbeefu);
}

TEST(buffers)
{
    char buf[8] = "unused";

    CHECK_EQ(own_snprintf(buf, 0, "hello"), 5);
    CHECK_STR(buf, "unused");
    CHECK_EQ(own_snprintf(buf, 1, "hello"), 5);
    CHECK_STR(buf, "");
    CHECK_EQ(own_snprintf(buf, sizeof(buf), "%s", "too long for it"), 15);
    CHECK_STR(buf, "too lon");
    CHECK_EQ(own_snprintf(NULL, 0, "%d", 1000), 4);
    CHECK_EQ(own_snprintf(buf, sizeof(buf), "%q%"), 3);
    CHECK_STR(buf, "%q%");
}
