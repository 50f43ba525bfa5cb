/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line.
 * Links: core/kernel/param_parse.c core/lib/str.c
 */
#include <string.h>

#include <core/kernel/param.h>
#include <tests/unit/unit.h>

static char store[PARAM_LINE_MAX];
static char unknown[256];
static char bad[256];
static struct param p;

static void note(const char *option, bool known)
{
    char *const to = known ? bad : unknown;

    strncat(to, option, 200 - strlen(to));
    strncat(to, ";", 2);
}

static void parse(const char *line)
{
    memset(&p, 0, sizeof(p));
    unknown[0] = bad[0] = '\0';
    param_parse(&p, line, store, note);
}

TEST(kinds)
{
    parse("dom0_max_vcpus=4  console=com1,vga\tnoreboot maxcpus=0x10 ");
    CHECK_EQ(p.dom0_max_vcpus, 4);
    CHECK_STR(p.console, "com1,vga");
    CHECK(p.noreboot);
    CHECK_EQ(p.maxcpus, 16);
    CHECK_STR(unknown, "");
    CHECK_STR(bad, "");
}

TEST(booleans)
{
    parse("noreboot=yes");
    CHECK(p.noreboot);
    parse("noreboot noreboot=off");
    CHECK(!p.noreboot);
    parse("xsave no-xsave");
    CHECK(!p.xsave);
    parse("noreboot=maybe");
    CHECK(!p.noreboot);
    CHECK_STR(bad, "noreboot=maybe;");
    /* Only booleans can be denied. */
    parse("no-console");
    CHECK_STR(unknown, "no-console;");
}

TEST(memory)
{
    parse("dom0_mem=1G");
    CHECK(p.dom0_mem.is_set);
    CHECK_EQ(p.dom0_mem.size, 1LL << 30);
    CHECK_EQ(p.dom0_mem.max, INT64_MAX);
    parse("dom0_mem=512M,min:256M,max:-128M");
    CHECK_EQ(p.dom0_mem.size, 512LL << 20);
    CHECK_EQ(p.dom0_mem.min, 256LL << 20);
    CHECK_EQ(p.dom0_mem.max, -(128LL << 20));
    parse("dom0_mem=max:2G");
    CHECK_EQ(p.dom0_mem.size, 0);
    CHECK_EQ(p.dom0_mem.max, 2LL << 30);
    parse("dom0_mem=1G,");
    CHECK(!p.dom0_mem.is_set);
    CHECK_STR(bad, "dom0_mem=1G,;");
    parse("dom0_mem");
    CHECK_STR(bad, "dom0_mem;");
    parse("dom0_mem=1Q");
    CHECK_STR(bad, "dom0_mem=1Q;");
}

TEST(mistakes)
{
    parse("foo bar=1 maxcpus=x maxcpus= conso=1 consolex=1 =1 maxcpus");
    CHECK_STR(unknown, "foo;bar=1;conso=1;consolex=1;=1;");
    CHECK_STR(bad, "maxcpus=x;maxcpus=;maxcpus;");
    parse("");
    CHECK_STR(unknown, "");
}

TEST(too_long)
{
    static char line[PARAM_LINE_MAX + 100];

    memset(line, ' ', sizeof(line) - 1);
    memcpy(line, "noreboot", 8);
    parse(line);
    CHECK(p.noreboot);
    CHECK(strlen(bad) > 0);
}
