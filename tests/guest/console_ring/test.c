/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor's log: readconsole whole, from an index on, cleared; and
 * console_io, whose output is part of it.
 * Public header "sysctl.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>

#include <xen/errno.h>

#define BUF 32768u

static struct xen_sysctl op;
static char *buf;

static int64_t read(uint32_t count, bool incremental, uint32_t index,
                    bool clear)
{
    memset(&op, 0, sizeof(op));
    op.u.readconsole.count = count;
    op.u.readconsole.incremental = incremental;
    op.u.readconsole.index = index;
    op.u.readconsole.clear = clear;
    set_xen_guest_handle(op.u.readconsole.buffer, buf);
    return sysctl(&op, XEN_SYSCTL_readconsole);
}

static bool contains(const char *what, uint32_t count)
{
    const size_t len = strlen(what);

    for (uint32_t i = 0; i + len <= count; i++) {
        if (memcmp(buf + i, what, len) == 0) {
            return true;
        }
    }
    return false;
}

static void reading(void)
{
    uint32_t all;
    uint32_t index;
    uint32_t last;

    check_eq("all of it", read(BUF, false, 0, false), 0);
    all = op.u.readconsole.count;
    check("there is something", all > 100 && all <= BUF, "%u", all);
    check_eq("ten bytes", read(10, false, 0, false), 0);
    check_eq("ten", op.u.readconsole.count, 10);
    index = op.u.readconsole.index;
    check_eq("from there on", read(BUF, true, index, false), 0);
    check("the rest", op.u.readconsole.count >= all - 10, "%u of %u",
          op.u.readconsole.count, all);
    last = op.u.readconsole.index;
    check_eq("from its end", read(BUF, true, last, false), 0);
    check("little has come", op.u.readconsole.count < 1024, "%u",
          op.u.readconsole.count);
    check_eq("no bytes", read(0, false, 0, false), 0);
    check_eq("none", op.u.readconsole.count, 0);
    buf = (char *)MM_WINDOW;
    check_eq("to nowhere", read(10, false, 0, false), -XEN_EFAULT);
}

static void clearing(char *good)
{
    buf = good;
    check_eq("read and clear", read(BUF, false, 0, true), 0);
    check_eq("what is left", read(BUF, false, 0, false), 0);
    check("is little", op.u.readconsole.count < 1024, "%u",
          op.u.readconsole.count);
}

static void input(void)
{
    static const char text[] = "console_ring: for the log\n";

    check_eq("write by console_io",
             hypercall3(__HYPERVISOR_console_io, CONSOLEIO_write,
                        sizeof(text) - 1, (uint64_t)text), 0);
    check_eq("read", read(BUF, false, 0, false), 0);
    check("dom0's output is in the log or not, but whole",
          contains("console_ring: for the log", op.u.readconsole.count) ||
          !contains("console_ring", op.u.readconsole.count), "in part");
}

TEST(console_ring, "sysctl: readconsole", TEST_DOM0)
{
    char *good = mm_alloc(BUF / PAGE_SIZE);

    mm_map(MM_WINDOW, 0, 0);
    buf = good;
    reading();
    clearing(good);
    input();
}
