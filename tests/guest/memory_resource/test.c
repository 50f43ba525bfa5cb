/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acquire_resource: a domain's grant frames in the map of its builder, the
 * sizes, and every refusal.
 * Public header "memory.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>
#include <xen/grant_table.h>

#define AT 0x360000ull

static struct child c;
static struct xen_mem_acquire_resource r;

static int64_t acquire(uint16_t domid, uint16_t type, uint32_t id,
                       uint64_t frame, uint32_t n)
{
    static xen_pfn_t list[8];

    for (unsigned int i = 0; i < 8; i++) {
        list[i] = AT + i;
    }
    memset(&r, 0, sizeof(r));
    r.domid = domid;
    r.type = type;
    r.id = id;
    r.frame = frame;
    r.nr_frames = n;
    if (n) {
        set_xen_guest_handle(r.frame_list, list);
    }
    return memory_op(XENMEM_acquire_resource, &r);
}

static int64_t remove(uint64_t gfn)
{
    struct xen_remove_from_physmap xrfp = { .domid = DOMID_SELF,
                                            .gpfn = gfn };

    return memory_op(XENMEM_remove_from_physmap, &xrfp);
}

#define GNT XENMEM_resource_grant_table

static void frames(void)
{
    volatile struct grant_entry_v1 *a;

    check_eq("how many frames", acquire(c.domid, GNT, 0, 0, 0), 0);
    check("as the domain's limit says", r.nr_frames >= 4, "%u",
          r.nr_frames);
    check_eq("frame 0", acquire(c.domid, GNT, 0, 0, 1), 0);
    a = mm_map(MM_WINDOW, AT << PAGE_SHIFT, PTE_RW);
    check_eq("is empty", a[9].flags, 0);
    a[0] = (struct grant_entry_v1){ GTF_permit_access, 0, 0xfefff };
    check_eq("remove", remove(AT), 0);
    check_eq("frames 0 to 3", acquire(c.domid, GNT, 0, 0, 4), 0);
    check_eq("the same frame", a[0].frame, 0xfefff);
    for (unsigned int i = 0; i < 4; i++) {
        check_quiet("remove", remove(AT + i) == 0, "fails");
    }
    mm_map(MM_WINDOW, 0, 0);
}

static void status(void)
{
    const int64_t rc = acquire(c.domid, GNT,
                               XENMEM_resource_grant_table_id_status, 0, 1);

    check_eq("status frames of version 1", rc, -XEN_EINVAL);
    if (rc == 0) {
        remove(AT);
    }
}

static void refusals(void)
{
    check_eq("an absent domain", acquire(0x7001, GNT, 0, 0, 1), -XEN_ESRCH);
    check_eq("an unknown type", acquire(c.domid, 77, 0, 0, 1),
             -XEN_EOPNOTSUPP);
    check_eq("an unknown id", acquire(c.domid, GNT, 7, 0, 1), -XEN_EINVAL);
    check_eq("a frame beyond the limit",
             acquire(c.domid, GNT, 0, 1u << 20, 1), -XEN_EINVAL);
    check_eq("a frame beyond 32 bits",
             acquire(c.domid, GNT, 0, 1ull << 40, 1), -XEN_EINVAL);
    check_eq("no ioreq server", acquire(c.domid,
             XENMEM_resource_ioreq_server, 0, 0, 1),
             on_xen() ? -XEN_ENOENT : -XEN_EOPNOTSUPP);
    check_eq("no trace buffer", acquire(c.domid,
             XENMEM_resource_vmtrace_buf, 0, 0, 1),
             on_xen() ? -XEN_EINVAL : -XEN_EOPNOTSUPP);
    memset(&r, 0, sizeof(r));
    r.domid = c.domid;
    r.type = GNT;
    r.pad = 1;
    check_eq("a pad that is not zero",
             memory_op(XENMEM_acquire_resource, &r), -XEN_EINVAL);
    r.pad = 0;
    r.nr_frames = 1;
    check_eq("a count without a list",
             memory_op(XENMEM_acquire_resource, &r), -XEN_EINVAL);
    set_xen_guest_handle(r.frame_list, (xen_pfn_t *)MM_WINDOW);
    check_eq("an unmapped list", memory_op(XENMEM_acquire_resource, &r),
             -XEN_EFAULT);
    check_eq("an unmapped argument",
             memory_op(XENMEM_acquire_resource, (void *)MM_WINDOW),
             -XEN_EFAULT);
}

/* The frame outlives its domain as long as it is mapped. */
static void held(void)
{
    struct xen_domctl_getdomaininfo info;

    check_eq("frame 0", acquire(c.domid, GNT, 0, 0, 1), 0);
    child_unmap(&c, CHILD_GFN_MAILBOX);
    child_unmap(&c, CHILD_GFN_SNIPPET);
    check_eq("destroy", domctl_plain(XEN_DOMCTL_destroydomain, c.domid), 0);
    child_relax(20000000);
    CHECK("it is dying", child_info(c.domid, &info) &&
          (info.flags & XEN_DOMINF_dying));
    check("of a dying domain", acquire(c.domid, GNT, 0, 0, 2) < 0,
          "succeeds");
    check_eq("remove", remove(AT), 0);
    CHECK("now it goes", child_wait_gone(c.domid));
}

TEST(memory_resource, "acquire_resource", TEST_DOM0)
{
    mm_map(MM_WINDOW, 0, 0);
    check_eq("create", child_create(&c, NULL), 0);
    frames();
    status();
    refusals();
    held();
}
