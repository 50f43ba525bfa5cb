/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Populate on demand: a domain with more frames than memory.  What it, its
 * tools and its balloon touch or give back, and what the counts say.
 * Public header "memory.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>

#include <xen/errno.h>

#define FRAMES 256u
#define TARGET 128u
#define FIRST 0x200u

static struct child c;
static xen_pfn_t list[FRAMES];
static struct xen_pod_target pod;

static int64_t reserve(unsigned int cmd, uint16_t domid, uint64_t gfn,
                       unsigned int n, unsigned int flags)
{
    struct xen_memory_reservation r = {
        .nr_extents = n, .domid = domid, .mem_flags = flags,
    };

    for (unsigned int i = 0; i < n; i++) {
        list[i] = gfn + i;
    }
    set_xen_guest_handle(r.extent_start, list);
    return memory_op(cmd, &r);
}

static int64_t target(unsigned int cmd, uint64_t pages)
{
    memset(&pod, 0, sizeof(pod));
    pod.domid = c.domid;
    pod.target_pages = pages;
    return memory_op(cmd, &pod);
}

static void counts(const char *name, uint64_t cache, uint64_t entries)
{
    check_eq(name, target(XENMEM_get_pod_target, 0), 0);
    check_eq("pages in reserve", (int64_t)pod.pod_cache_pages,
             (int64_t)cache);
    check_eq("frames to populate", (int64_t)pod.pod_entries,
             (int64_t)entries);
}

/* A domain of FRAMES frames that may have TARGET pages of them. */
static bool create(void)
{
    static const struct child_config cfg = {
        .max_kb = (CHILD_PAGES + FRAMES) * 4 + 1024,
    };

    if (child_create_bare(&c, &cfg) != 0) {
        return false;
    }
    check_eq("target", target(XENMEM_set_pod_target, TARGET), -XEN_EINVAL);
    return child_set_sizes(&c, &cfg) == 0 && child_fill(&c) == 0 &&
           child_start(&c, 1) == 0;
}

static void touch(void)
{
    uint64_t *page;

    counts("all of it is to be populated", TARGET, FRAMES);
    child_poke(&c, (uint64_t)FIRST << 12, 0x1234);
    check_eq("the guest writes", (int64_t)child_peek(&c, FIRST << 12),
             0x1234);
    counts("that took a page", TARGET - 1, FRAMES - 1);
    check_eq("what was not written is zero",
             (int64_t)child_peek(&c, (FIRST + 1) << 12), 0);
    page = child_map(&c, FIRST + 2, NULL);
    CHECK("the tools map a frame", page != NULL && page[5] == 0);
    check_eq("and let it go", child_unmap(&c, FIRST + 2), 0);
    counts("three pages in all", TARGET - 3, FRAMES - 3);
}

static void balloon(void)
{
    struct xen_memory_reservation r = { .domid = DOMID_SELF };
    const uint64_t gfns = (uint64_t)(CHILD_GFN_SCRATCH << 12) + 2048;

    r.nr_extents = 1;
    set_xen_guest_handle(r.extent_start, (xen_pfn_t *)gfns);
    child_poke(&c, gfns, FIRST);
    check_eq("give back a page that was written",
             child_op(&c, __HYPERVISOR_memory_op,
                      XENMEM_decrease_reservation, &r, sizeof(r)), 1);
    counts("it goes to the reserve", TARGET - 2, FRAMES - 3);
    child_poke(&c, gfns, FIRST + 10);
    check_eq("give back one that was not",
             child_op(&c, __HYPERVISOR_memory_op,
                      XENMEM_decrease_reservation, &r, sizeof(r)), 1);
    counts("there is one less to come", TARGET - 2, FRAMES - 4);
}

TEST(memory_on_demand, "Populate on demand", TEST_DOM0)
{
    check_eq("not for oneself",
             reserve(XENMEM_populate_physmap, DOMID_SELF, 0x100000, 1,
                     XENMEMF_populate_on_demand), 0);
    if (!create()) {
        check("create", false, "no child");
        return;
    }
    check_eq("target without marks",
             target(XENMEM_set_pod_target, CHILD_PAGES + TARGET), 0);
    check_eq("mark",
             reserve(XENMEM_populate_physmap, c.domid, FIRST, FRAMES,
                     XENMEMF_populate_on_demand), FRAMES);
    check_eq("target", target(XENMEM_set_pod_target, CHILD_PAGES + TARGET),
             0);
    check_eq("a frame that is populated",
             reserve(XENMEM_populate_physmap, c.domid, 1, 1,
                     XENMEMF_populate_on_demand), 0);
    check_eq("unpause", domctl_plain(XEN_DOMCTL_unpausedomain, c.domid), 0);
    CHECK("it runs", child_is_alive(&c));
    touch();
    balloon();
    CHECK("it goes", child_destroy(&c));
}
