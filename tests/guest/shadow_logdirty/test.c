/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log-dirty mode as live migration uses it: on, bitmap of what the domain
 * has written, cleaned or only looked at, off; sizes and refusals.
 * Public header "domctl.h", shadow_op.
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>

#include <xen/errno.h>

#define A (CHILD_GFN_FREE + 3)
#define B (CHILD_GFN_FREE + 7)

static struct child c;
static struct xen_domctl op;
static uint8_t map[64];

static int64_t shadow(uint32_t what, void *bitmap, uint64_t pages)
{
    memset(&op, 0, sizeof(op));
    op.u.shadow_op.op = what;
    op.u.shadow_op.pages = pages;
    set_xen_guest_handle(op.u.shadow_op.dirty_bitmap, bitmap);
    return domctl(&op, XEN_DOMCTL_shadow_op, c.domid);
}

static bool is_dirty(unsigned int gfn)
{
    return map[gfn / 8] >> (gfn % 8) & 1;
}

static int64_t clean(void)
{
    memset(map, 0xee, sizeof(map));
    return shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, map, 128);
}

static void touch(unsigned int gfn, uint64_t val)
{
    child_poke(&c, ((uint64_t)gfn << PAGE_SHIFT) + 8, val);
}

static void logging(void)
{
    volatile uint64_t *page;

    check_eq("ENABLE_LOGDIRTY",
             shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, NULL, 0), 0);
    check_eq("CLEAN", clean(), 0);
    touch(A, 1);
    check_eq("CLEAN", clean(), 0);
    check("pages", op.u.shadow_op.pages >= CHILD_PAGES, "%lu",
          op.u.shadow_op.pages);
    CHECK("what was written is dirty", is_dirty(A));
    CHECK("the mailbox, too", is_dirty(CHILD_GFN_MAILBOX));
    CHECK("what was not is clean", !is_dirty(B));
    check("counted", op.u.shadow_op.stats.dirty_count >= 2, "%u",
          op.u.shadow_op.stats.dirty_count);
    check_eq("CLEAN", clean(), 0);
    CHECK("and clean after that", !is_dirty(A));
    touch(B, 2);
    memset(map, 0, sizeof(map));
    check_eq("PEEK", shadow(XEN_DOMCTL_SHADOW_OP_PEEK, map, 128), 0);
    CHECK("dirty", is_dirty(B));
    memset(map, 0, sizeof(map));
    check_eq("PEEK again", shadow(XEN_DOMCTL_SHADOW_OP_PEEK, map, 128), 0);
    CHECK("still dirty", is_dirty(B));
    check_eq("CLEAN", clean(), 0);
    CHECK("dirty", is_dirty(B));
    check_eq("what was written is there",
             child_peek(&c, ((uint64_t)B << PAGE_SHIFT) + 8), 2);
    check_eq("CLEAN", clean(), 0);
    page = child_map(&c, A, NULL);
    if (check("a page maps", page != NULL, "refused")) {
        page[1] = 77;
        child_unmap(&c, A);
        check_eq("CLEAN after a write from outside", clean(), 0);
    }
    check_eq("PEEK for the counts alone",
             shadow(XEN_DOMCTL_SHADOW_OP_PEEK, NULL, 0), 0);
}

static void refusals(void)
{
    check_eq("an unknown operation", shadow(77, NULL, 0), -XEN_EINVAL);
    mm_map(MM_WINDOW, 0, 0);
    check_eq("CLEAN to nowhere",
             shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, (void *)MM_WINDOW, 128),
             -XEN_EFAULT);
    check_eq("OFF", shadow(XEN_DOMCTL_SHADOW_OP_OFF, NULL, 0), 0);
    check_eq("OFF when it is", shadow(XEN_DOMCTL_SHADOW_OP_OFF, NULL, 0), 0);
    touch(A, 3);
    check_eq("it writes on",
             child_peek(&c, ((uint64_t)A << PAGE_SHIFT) + 8), 3);
    check_eq("on again",
             shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, NULL, 0), 0);
    check_eq("twice",
             shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, NULL, 0),
             -XEN_EINVAL);
    check_eq("pause", domctl_plain(XEN_DOMCTL_pausedomain, c.domid), 0);
    op.u.shadow_op.op = XEN_DOMCTL_SHADOW_OP_OFF;
    check_eq("of oneself", domctl(&op, XEN_DOMCTL_shadow_op, 0),
             -XEN_EINVAL);
    CHECK("it goes while dirty pages are logged", child_destroy(&c));
}

TEST(shadow_logdirty, "domctl: shadow_op, log-dirty mode", TEST_DOM0)
{
    if (child_boot(&c, NULL)) {
        logging();
        refusals();
    }
}
