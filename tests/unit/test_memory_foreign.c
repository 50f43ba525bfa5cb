/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory_op: pages of other domains in one's own physical map, and when they
 * are given up.
 * Links: core tests/unit/fake_domain.c tests/unit/fake_p2m.c
 * Links: core/domain/access.c core/domain/domain_pages.c
 * Links: core/domain/pod.c
 * Links: core/domain/physmap.c
 * Links: core/evtchn/evtchn.c core/evtchn/evtchn_2l.c
 * Links: core/evtchn/evtchn_bind.c core/evtchn/evtchn_fifo.c
 * Links: core/evtchn/evtchn_op.c core/evtchn/evtchn_send.c
 * Links: core/gnttab/gnttab.c core/gnttab/gnttab_copy.c
 * Links: core/gnttab/gnttab_entry.c core/gnttab/gnttab_map.c
 * Links: core/gnttab/gnttab_pin.c core/gnttab/maptrack.c
 * Links: core/hypercall/memory_op.c core/hypercall/memory_map.c
 * Links: core/hypercall/memory_reservation.c
 * Links: core/hypercall/layout.c
 */
#include <core/domain/domain_pages.h>
#include <core/domain/physmap.h>
#include <core/hypercall/memory_priv.h>
#include <core/kernel/timer.h>
#include <core/lib/errno.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/fake_domain.h>
#include <tests/unit/memory_asks.h>
#include <tests/unit/unit.h>

TEST(foreign_pages)
{
    xen_ulong_t idx[70];
    xen_pfn_t gfn[70];
    int err[70];
    struct xen_add_to_physmap_batch b = {
        .domid = DOMID_SELF, .space = XENMAPSPACE_gmfn_foreign, .size = 70,
        .u.foreign_domid = 1 };
    struct xen_remove_from_physmap rm = { .domid = DOMID_SELF };

    setup();
    set_xen_guest_handle(b.idxs, idx);
    set_xen_guest_handle(b.gpfns, gfn);
    set_xen_guest_handle(b.errs, err);
    for (unsigned int i = 0; i < 70; i++) {
        idx[i] = 10 + i;
        gfn[i] = 0x1000 + i;
        err[i] = 99;
        if (i != 5) {
            fake_ram(domu, 10 + i);
        }
    }
    fake_ram(dom0, 0x1007);
    CHECK_EQ(op(dom0, XENMEM_add_to_physmap_batch, &b), 0);
    CHECK_EQ(err[0], 0);
    CHECK_EQ(err[5], -EINVAL);
    CHECK_EQ(err[69], 0);
    CHECK(fake_see(dom0, 0x1007) == fake_see(domu, 17));
    CHECK_EQ(p2m_lookup(dom0, GFN(0x1007)).type, P2M_FOREIGN_RW);
    CHECK_EQ(dom0->tot_pages, 0);
    CHECK_EQ(domu->refs, 70);
    /* Neither again nor away as if it were one's own. */
    b.size = 1;
    CHECK_EQ(op(dom0, XENMEM_add_to_physmap_batch, &b), 0);
    CHECK_EQ(err[0], -ENXIO);
    b.u.foreign_domid = 0;
    CHECK_EQ(op(dom0, XENMEM_add_to_physmap_batch, &b), 0);
    CHECK_EQ(err[0], -EPERM);
    b.u.foreign_domid = 5;
    CHECK_EQ(op(dom0, XENMEM_add_to_physmap_batch, &b), 0);
    CHECK_EQ(err[0], -ESRCH);
    b.u.foreign_domid = 0;
    CHECK_EQ(op(domu, XENMEM_add_to_physmap_batch, &b), 0);
    CHECK_EQ(err[0], -EPERM);
    b.space = XENMAPSPACE_gmfn_range;
    CHECK_EQ(op(dom0, XENMEM_add_to_physmap_batch, &b), -EOPNOTSUPP);
    CHECK_EQ(op(dom0, XENMEM_add_to_physmap_batch | 1ull << 30, &b), -EDOM);

    /* The domain dies; its pages stay until dom0 lets go. */
    fake_domain_kill(domu);
    CHECK(!fake_domain_reap(domu));
    for (unsigned int i = 0; i < 70; i++) {
        rm.gpfn = gfn[i];
        CHECK_EQ(op(dom0, XENMEM_remove_from_physmap, &rm),
                 i == 5 ? -ENOENT : 0);
    }
    CHECK(fake_domain_reap(domu));
}

/* Map pages @first .. @first + @nr of domu at dom0's 0x1000 and up. */
static void map_foreign(unsigned int first, unsigned int nr)
{
    for (unsigned int i = first; i < first + nr; i++) {
        CHECK_EQ(memory_map_one(dom0, XENMAPSPACE_gmfn_foreign, domu, 10 + i,
                                GFN(0x1000 + i)), 0);
    }
}

static void remove_foreign(unsigned int first, unsigned int nr)
{
    for (unsigned int i = first; i < first + nr; i++) {
        CHECK_EQ(physmap_remove(dom0, GFN(0x1000 + i)), 0);
        CHECK(fake_see(dom0, 0x1000 + i) == NULL);
    }
}

TEST(foreign_pages_go_later)
{
    setup();
    CHECK_EQ(physmap_later_init(dom0), 0);
    for (unsigned int i = 0; i < 70; i++) {
        fake_ram(domu, 10 + i);
    }
    map_foreign(0, 70);
    remove_foreign(0, 10);
    CHECK_EQ(domu->refs, 71);
    /* What is not foreign goes at once, and those before it. */
    CHECK_EQ(physmap_remove(dom0, GFN(0x1000)), -ENOENT);
    CHECK_EQ(domu->refs, 61);
    remove_foreign(10, 5);
    CHECK_EQ(domu->refs, 61);
    /* A new mapping first makes everybody forget the old ones. */
    map_foreign(0, 1);
    CHECK_EQ(domu->refs, 57);
    remove_foreign(0, 1);
    map_foreign(0, 15);
    CHECK_EQ(domu->refs, 71);
    /* As many as there is room for. */
    remove_foreign(0, PHYSMAP_BATCH);
    CHECK_EQ(domu->refs, 71);
    remove_foreign(PHYSMAP_BATCH, 1);
    CHECK_EQ(domu->refs, 70 - PHYSMAP_BATCH);
    /* A millisecond is the longest. */
    remove_foreign(PHYSMAP_BATCH + 1, 5);
    CHECK_EQ(domu->refs, 70 - PHYSMAP_BATCH);
    fake_domain_kill(domu);
    CHECK(!fake_domain_reap(domu));
    fake_cycles += NSEC_PER_MSEC;
    timer_interrupt();
    fake_run_softirqs();
    CHECK(fake_domain_reap(domu));
}

TEST(touched_frames_give_way)
{
    setup();
    fake_ram(domu, 10);
    CHECK_EQ(p2m_map(dom0, GFN(0x1000), MFN(0x1000), 0, P2M_MMIO_TOUCHED), 0);
    map_foreign(0, 1);
    CHECK(fake_see(dom0, 0x1000) == fake_see(domu, 10));
    remove_foreign(0, 1);
    CHECK_EQ(p2m_map(dom0, GFN(0x1000), MFN(0x1000), 0, P2M_MMIO_TOUCHED), 0);
    CHECK_EQ(physmap_remove(dom0, GFN(0x1000)), -ENOENT);
    CHECK_EQ(p2m_map(dom0, GFN(0x1000), MFN(0x1000), 0, P2M_MMIO_DIRECT), 0);
    CHECK_EQ(memory_map_one(dom0, XENMAPSPACE_gmfn_foreign, domu, 10,
                            GFN(0x1000)), -EPERM);
    CHECK_EQ(domu->refs, 1);
}
