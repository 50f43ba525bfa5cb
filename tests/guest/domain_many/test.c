/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many domains: ten at once, a hundred one after the other, each destroyed at
 * another moment of its life; memory is back to the page each time, and the
 * hypervisor's own audit finds nothing.
 * Public headers "domctl.h", "sysctl.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>

#define AT_ONCE 10u
#define ROUNDS 9u
#define SECOND 1000000000ull

static struct child c[AT_ONCE];
static struct xen_sysctl op;

static uint64_t free_pages(void)
{
    memset(&op, 0, sizeof(op));
    return sysctl(&op, XEN_SYSCTL_physinfo) ? 0 : op.u.physinfo.free_pages;
}

/*
 * The last of a domain goes some time after it is not seen any more.  Xen's
 * heap of small objects keeps a page here and there, 17 were seen.
 */
static void check_free(const char *name, uint64_t want)
{
    const uint64_t slack = on_xen() ? 64 : 0;
    const uint64_t end = shared_now_ns() + SECOND;

    while (free_pages() + slack < want && shared_now_ns() < end) {
        child_relax(SECOND / 100);
    }
    check(name, free_pages() + slack >= want && free_pages() <= want,
          "%lu of %lu", free_pages(), want);
}

static bool find(const char *text, size_t size, const char *what)
{
    const size_t n = strlen(what);

    for (size_t i = 0; i + n <= size; i++) {
        if (memcmp(text + i, what, n) == 0) {
            return true;
        }
    }
    return false;
}

/* Hospes only: Xen has another key a. */
static void audit(const char *name)
{
    static char text[16384];
    static const char key = 'a';

    if (on_xen()) {
        return;
    }
    memset(&op, 0, sizeof(op));
    op.u.readconsole.clear = 1;
    op.u.readconsole.count = sizeof(text);
    set_xen_guest_handle(op.u.readconsole.buffer, text);
    while (sysctl(&op, XEN_SYSCTL_readconsole) == 0 &&
           op.u.readconsole.count != 0) {
        op.u.readconsole.count = sizeof(text);
    }
    memset(&op, 0, sizeof(op));
    set_xen_guest_handle(op.u.debug_keys.keys, (char *)&key);
    op.u.debug_keys.nr_keys = 1;
    check_eq("key a", sysctl(&op, XEN_SYSCTL_debug_keys), 0);
    child_relax(SECOND / 100);
    memset(&op, 0, sizeof(op));
    op.u.readconsole.count = sizeof(text);
    set_xen_guest_handle(op.u.readconsole.buffer, text);
    check_eq("its answer", sysctl(&op, XEN_SYSCTL_readconsole), 0);
    check(name, find(text, op.u.readconsole.count, "audit: 0 faults"),
          "see the log");
}

/* As far as @stage of a life; false when it did not get there. */
static bool live(struct child *d, unsigned int stage)
{
    static const struct child_config cfg = { .vcpus = 2 };

    switch (stage) {
    case 0:
        return child_create_bare(d, &cfg) == 0;
    case 1:
        return child_create_bare(d, &cfg) == 0 &&
               child_set_sizes(d, &cfg) == 0;
    case 2:
        return child_create(d, &cfg) == 0;
    case 3:
        return child_create(d, &cfg) == 0 && child_start(d, 2) == 0;
    case 4:
        return child_create(d, &cfg) == 0 && child_start(d, 2) == 0 &&
               domctl_plain(XEN_DOMCTL_unpausedomain, d->domid) == 0;
    default:
        return child_boot(d, &cfg);
    }
}

/* They never sleep: one at a time may run, for the sake of slow machines. */
static bool set_paused(struct child *d, bool on)
{
    return domctl_plain(on ? XEN_DOMCTL_pausedomain
                           : XEN_DOMCTL_unpausedomain, d->domid) == 0;
}

static void at_once(void)
{
    bool ok = true;

    for (unsigned int i = 0; i < AT_ONCE; i++) {
        ok &= child_boot(&c[i], NULL) && set_paused(&c[i], true);
    }
    CHECK("ten at once", ok);
    for (unsigned int i = 0; ok && i < AT_ONCE; i++) {
        ok &= set_paused(&c[i], false) && child_is_alive(&c[i]) &&
              set_paused(&c[i], true);
    }
    CHECK("all of them run", ok);
    audit("nothing dangles while they do");
    /* Every other one first. */
    for (unsigned int i = 0; i < AT_ONCE; i++) {
        ok &= child_destroy(&c[(i * 2) % AT_ONCE + i / (AT_ONCE / 2)]);
    }
    CHECK("and go", ok);
}

static void one_by_one(void)
{
    bool ok = true;

    for (unsigned int i = 0; ok && i < ROUNDS * AT_ONCE; i++) {
        struct child *d = &c[i % AT_ONCE];

        ok = live(d, i % 6);
        check_quiet("a life", ok, "stage %u of round %u", i % 6, i);
        if (ok) {
            ok = child_destroy(d);
        }
    }
    CHECK("ninety lives and deaths", ok);
}

TEST(domain_many, "Many domains, and what they leave", TEST_DOM0)
{
    uint64_t before;

    /* The first round makes tables of our own map, which stay. */
    at_once();
    child_relax(SECOND / 10);
    before = free_pages();
    at_once();
    check_free("all memory is back", before);
    one_by_one();
    check_free("and again", before);
    audit("nothing is left of them");
}
